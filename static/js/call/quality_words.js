/** The connection in words: how good, whose fault, what to do about it. Pure. */

const NBSP = "\u00a0";

const PILL = { good: "bonne connexion", fair: "connexion moyenne", poor: "mauvaise connexion" };

/**
 * @param {{grade: string, cause: ?string}} found by `diagnose`
 * @param {{name: string, camera: boolean, phone: boolean}} who the other person's name, and what we sit at
 * @returns {{pill: string, detail: string}}
 */
export function qualityWords({ grade, cause }, { name, camera, phone }) {
  const pill = cause === "computer" ? `${phone ? "téléphone" : "ordinateur"} surchargé` : PILL[grade];
  return { pill, detail: adviceWords(cause, { name, camera, phone }) };
}

function adviceWords(cause, { name, camera, phone }) {
  switch (cause) {
    case "own":
      return `Votre connexion est faible${NBSP}: rapprochez-vous du Wi-Fi${camera ? " ou coupez la caméra" : ""}.`;
    case "other":
      return `La connexion de ${name} est faible. Proposez-lui de se rapprocher du Wi-Fi ou de couper sa caméra.`;
    case "delay":
      return `Le son met du temps à arriver${NBSP}: laissez un court silence avant de répondre.`;
    case "computer":
      return phone
        ? `Votre téléphone est surchargé${NBSP}: fermez d’autres applications.`
        : `Votre ordinateur est surchargé${NBSP}: fermez d’autres programmes.`;
    default:
      return "L’image et le son passent bien dans les deux sens.";
  }
}

/** « Aller-retour 84 ms · perdu : 0 % à l’envoi, 2 % à l’arrivée », for whoever is asked on the telephone. */
export function figuresWords({ rtt, loss, up }) {
  const percent = (share) => `${Math.round(share * 100)}${NBSP}%`;
  return `Aller-retour ${Math.round(rtt * 1000)}${NBSP}ms · perdu${NBSP}: ${percent(up.loss)} à l’envoi, ${percent(loss)} à l’arrivée`;
}
