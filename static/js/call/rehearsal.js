/** What a rehearsal concludes from what it measured: reasons, colours, words. Pure. */

import { t } from "../lib/language.js";
import { advisedBrowser } from "./browser.js";
import { inAppHelp, obstacleHelp } from "./help.js";

/** The colour of each reason; the same codes as REASONS in patients/rehearsal.py. No reason at all is green. */
export const RESULT_OF = {
  "browser-in-app": "red",
  "browser-unsupported": "red",
  "browser-old": "orange",
  "browser-unknown": "orange",
  "page-insecure": "red",
  "camera-refused": "red",
  "camera-missing": "orange",
  "camera-busy": "orange",
  "camera-unknown": "orange",
  "microphone-refused": "red",
  "microphone-missing": "red",
  "microphone-busy": "red",
  "microphone-unknown": "red",
  "microphone-silent": "orange",
  "loudspeaker-unheard": "orange",
  "service-unreachable": "red",
  "connection-blocked": "red",
  "relay-unreachable": "orange",
};

const SEVERITY = ["green", "orange", "red"];

/** The worst colour of these reasons. */
export function resultOf(reasons) {
  return SEVERITY[Math.max(0, ...reasons.map((reason) => SEVERITY.indexOf(RESULT_OF[reason])))];
}

/** What is wrong with the browser: a reason, or null. `browser` as call/browser.js, `obstacle` as call/media.js gives it. */
export function browserReason({ name, inApp, isOld }, obstacle) {
  if (inApp !== null) return "browser-in-app";
  if (obstacle === "unsupported") return "browser-unsupported";
  if (!name) return "browser-unknown";
  return isOld ? "browser-old" : null;
}

/** The line of the browser: `{title, detail}`, or a Help. */
export function browserWords(reason, browser) {
  switch (reason) {
    case "browser-in-app":
      return inAppHelp(browser);
    case "browser-unsupported":
      return obstacleHelp("unsupported", browser);
    case "browser-old":
      return { title: t("Votre navigateur date un peu."), detail: t("Mettez {name} à jour avant le rendez-vous.", { name: browser.name }) };
    case "browser-unknown":
      return { title: t("Nous ne connaissons pas ce navigateur."), detail: t("Si quelque chose ne marche pas, ouvrez ce lien dans {advised}.", { advised: advisedBrowser(browser) }) };
    default:
      return { title: browser.name ? t("Votre navigateur convient ({name}).", { name: browser.name }) : t("Votre navigateur convient."), detail: "" };
  }
}

// Where the refusal came from is for the person to read, not for the practitioner.
const REFUSALS = new Set(["dismissed", "system"]);

/** The code of a device that could not be had: `lacks` is one of "camera", "microphone". */
export function deviceReason({ reason }, lacks) {
  if (REFUSALS.has(reason)) return `${lacks}-refused`;
  return reason === "lost" ? `${lacks}-unknown` : `${lacks}-${reason}`;
}

/** The lines whose words depend on nothing but the reason. */
export const WORDS = {
  "page-secure": { title: t("La page est sécurisée."), detail: "" },
  "page-insecure": obstacleHelp("insecure"),
  camera: { title: t("Votre caméra marche."), detail: t("Vous voyez votre image.") },
  "microphone-listening": { title: t("Dites quelques mots…"), detail: t("La barre doit bouger quand vous parlez.") },
  microphone: { title: t("Votre micro marche."), detail: "" },
  "microphone-silent": {
    title: t("Votre micro ne capte rien."),
    detail: t("Parlez plus près. Vérifiez qu’il n’est pas coupé (bouton du casque, touche du clavier, réglages du son), ou choisissez-en un autre. Cette ligne change dès qu’on vous entend."),
  },
  loudspeaker: { title: t("Vous entendez le son."), detail: "" },
  "loudspeaker-unheard": {
    title: t("Vous n’entendez pas le son."),
    detail: t("Montez le volume, quittez le mode silencieux, vérifiez le casque ou l’enceinte Bluetooth, choisissez-en un autre, puis testez encore."),
  },
  "service-unreachable": {
    title: t("Le service de visio ne répond pas."),
    detail: t("Vérifiez votre connexion à internet. Un réseau d’entreprise ou un VPN peut bloquer\u00a0: essayez en 4G ou en Wi-Fi."),
  },
  "connection-blocked": {
    title: t("Ce navigateur bloque l’appel vidéo."),
    detail: t("Désactivez les extensions de confidentialité ou le VPN pour cette page, ou essayez un autre navigateur."),
  },
  "relay-unreachable": {
    title: t("Votre réseau bloque le relais."),
    detail: t("L’appel peut échouer. Essayez un autre réseau\u00a0: 4G, ou Wi-Fi de la maison, sans VPN."),
  },
  connection: { title: t("Votre connexion convient."), detail: "" },
};

/** The summary: `{title, detail}`. */
export function verdictWords(result, { told } = {}) {
  const detail = told ? t("Votre praticien voit ce résultat.") : "";
  switch (result) {
    case "red":
      return { title: t("Il y a quelque chose à régler avant le rendez-vous."), detail: `${t("Suivez les conseils des lignes en rouge, puis recommencez.")} ${detail}`.trim() };
    case "orange":
      return { title: t("Vous pouvez consulter, mais ce serait mieux sans ces défauts."), detail: `${t("Voyez les lignes en orange.")} ${detail}`.trim() };
    default:
      return { title: t("Tout va bien\u00a0: vous êtes prêt pour la visio."), detail };
  }
}
