/** The connection in words: how good, whose fault, what to do about it. Pure. */

import { t } from "../lib/language.js";

const PILL = { good: t("bonne connexion"), fair: t("connexion moyenne"), poor: t("mauvaise connexion") };

/**
 * @param {{grade: string, cause: ?string}} found by `diagnose`
 * @param {{name: string, camera: boolean, phone: boolean}} who the other person's name, and what we sit at
 * @returns {{pill: string, detail: string}}
 */
export function qualityWords({ grade, cause }, { name, camera, phone }) {
  const pill = cause === "computer" ? t(phone ? "téléphone surchargé" : "ordinateur surchargé") : PILL[grade];
  return { pill, detail: adviceWords(cause, { name, camera, phone }) };
}

function adviceWords(cause, { name, camera, phone }) {
  switch (cause) {
    case "own":
      return t(camera ? "Votre connexion est faible\u00a0: rapprochez-vous du Wi-Fi ou coupez la caméra." : "Votre connexion est faible\u00a0: rapprochez-vous du Wi-Fi.");
    case "other":
      return t("La connexion de {name} est faible. Proposez-lui de se rapprocher du Wi-Fi ou de couper sa caméra.", { name });
    case "delay":
      return t("Le son met du temps à arriver\u00a0: laissez un court silence avant de répondre.");
    case "computer":
      return t(phone ? "Votre téléphone est surchargé\u00a0: fermez d’autres applications." : "Votre ordinateur est surchargé\u00a0: fermez d’autres programmes.");
    default:
      return t("L’image et le son passent bien dans les deux sens.");
  }
}

/** « Aller-retour 84 ms · perdu : 0 % à l’envoi, 2 % à l’arrivée », for whoever is asked on the telephone. */
export function figuresWords({ rtt, loss, up }) {
  const percent = (share) => t("{share}\u00a0%", { share: Math.round(share * 100) });
  const figures = { trip: Math.round(rtt * 1000), up: percent(up.loss), down: percent(loss) };
  return t("Aller-retour {trip}\u00a0ms · perdu\u00a0: {up} à l’envoi, {down} à l’arrivée", figures);
}
