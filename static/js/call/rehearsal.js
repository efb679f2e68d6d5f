/** What a rehearsal concludes from what it measured: reasons, colours, words. Pure. */

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
      return { title: "Votre navigateur date un peu.", detail: `Mettez ${browser.name} à jour avant le rendez-vous.` };
    case "browser-unknown":
      return { title: "Nous ne connaissons pas ce navigateur.", detail: `Si quelque chose ne marche pas, ouvrez ce lien dans ${advisedBrowser(browser)}.` };
    default:
      return { title: `Votre navigateur convient${browser.name ? ` (${browser.name})` : ""}.`, detail: "" };
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
  "page-secure": { title: "La page est sécurisée.", detail: "" },
  "page-insecure": obstacleHelp("insecure"),
  camera: { title: "Votre caméra marche.", detail: "Vous voyez votre image." },
  "microphone-listening": { title: "Dites quelques mots…", detail: "La barre doit bouger quand vous parlez." },
  microphone: { title: "Votre micro marche.", detail: "" },
  "microphone-silent": {
    title: "Votre micro ne capte rien.",
    detail: "Parlez plus près. Vérifiez qu’il n’est pas coupé (bouton du casque, touche du clavier, réglages du son), ou choisissez-en un autre. Cette ligne change dès qu’on vous entend.",
  },
  loudspeaker: { title: "Vous entendez le son.", detail: "" },
  "loudspeaker-unheard": {
    title: "Vous n’entendez pas le son.",
    detail: "Montez le volume, quittez le mode silencieux, vérifiez le casque ou l’enceinte Bluetooth, choisissez-en un autre, puis testez encore.",
  },
  "service-unreachable": {
    title: "Le service de visio ne répond pas.",
    detail: "Vérifiez votre connexion à internet. Un réseau d’entreprise ou un VPN peut bloquer\u00a0: essayez en 4G ou en Wi-Fi.",
  },
  "connection-blocked": {
    title: "Ce navigateur bloque l’appel vidéo.",
    detail: "Désactivez les extensions de confidentialité ou le VPN pour cette page, ou essayez un autre navigateur.",
  },
  "relay-unreachable": {
    title: "Votre réseau bloque le relais.",
    detail: "L’appel peut échouer. Essayez un autre réseau\u00a0: 4G, ou Wi-Fi de la maison, sans VPN.",
  },
  connection: { title: "Votre connexion convient.", detail: "" },
};

/** The summary: `{title, detail}`. */
export function verdictWords(result, { told } = {}) {
  const detail = told ? "Votre médecin voit ce résultat." : "";
  switch (result) {
    case "red":
      return { title: "Il y a quelque chose à régler avant le rendez-vous.", detail: `Suivez les conseils des lignes en rouge, puis recommencez. ${detail}`.trim() };
    case "orange":
      return { title: "Vous pouvez consulter, mais ce serait mieux sans ces défauts.", detail: `Voyez les lignes en orange. ${detail}`.trim() };
    default:
      return { title: "Tout va bien\u00a0: vous êtes prêt pour la visio.", detail };
  }
}
