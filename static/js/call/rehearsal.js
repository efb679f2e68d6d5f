/** What a rehearsal concludes from what it measured: reasons, colours, words. Pure. */

const NBSP = "\u00a0";

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

// Windows inside other applications: they refuse the camera, or lose the page when one goes back to the messages.
const IN_APP = [
  [/FBAN|FBAV|FB_IAB|FBIOS/, "Facebook"],
  [/Instagram/, "Instagram"],
  [/GSA\//, "Google ou Gmail"],
  [/Gmail/i, "Gmail"],
  [/LinkedInApp/, "LinkedIn"],
  [/Snapchat/, "Snapchat"],
  [/musical_ly|BytedanceWebview|TikTok/i, "TikTok"],
  [/Twitter for/, "X"],
  [/MicroMessenger/, "WeChat"],
  [/\bLine\//, "Line"],
  // An iPhone's web view lacks « Safari », Android's says « wv ».
  [/\(i(?:Phone|Pad|Pod).*AppleWebKit(?!.*Safari\/)/, ""],
  [/; wv\)/, ""],
];

// Name, version in the user agent, oldest version in which the call was tried or is known to work whole.
const BROWSERS = [
  ["Safari", /\b(?:CriOS|FxiOS|EdgiOS)\/.*|\((?:iPhone|iPad|iPod)/, 0],
  ["Edge", /\bEdgA?\/(\d+)/, 100],
  ["Firefox", /\bFirefox\/(\d+)/, 102],
  ["Chrome", /\b(?:Headless)?Chrom(?:e|ium)\/(\d+)/, 100],
  ["Safari", /\bVersion\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari\//, 15],
];
const OLDEST_IOS = 15;

/** @returns {{app: ?string, name: string, isOld: boolean}} `app` is the name of the application around the page, "" if it has none */
export function browserOf(userAgent) {
  const inApp = IN_APP.find(([pattern]) => pattern.test(userAgent));
  const app = inApp ? inApp[1] : null;
  for (const [name, pattern, oldest] of BROWSERS) {
    const found = userAgent.match(pattern);
    if (!found) continue;
    // Every browser of an iPhone is the system's own.
    const isOld = oldest ? Number(found[1]) < oldest : Number(userAgent.match(/OS (\d+)_/)?.[1] ?? OLDEST_IOS) < OLDEST_IOS;
    return { app, name, isOld };
  }
  return { app, name: "", isOld: false };
}

/** The browser to open the page in, on this device. */
export function advisedBrowser(userAgent) {
  return /iPhone|iPad|iPod/.test(userAgent) ? "Safari" : "Chrome";
}

/** What is wrong with the browser: a reason, or null. `obstacle` as call/media.js gives it. */
export function browserReason(userAgent, obstacle) {
  const { app, name, isOld } = browserOf(userAgent);
  if (app !== null) return "browser-in-app";
  if (obstacle === "unsupported") return "browser-unsupported";
  if (!name) return "browser-unknown";
  return isOld ? "browser-old" : null;
}

/** The line of the browser: `{title, detail}`. */
export function browserWords(reason, userAgent) {
  const { app, name } = browserOf(userAgent);
  const advised = advisedBrowser(userAgent);
  switch (reason) {
    case "browser-in-app":
      return {
        title: app ? `Cette page est ouverte dans l’application ${app}.` : "Cette page est ouverte dans une autre application.",
        detail: `La visio n’y marche pas bien. Touchez le menu (${advised === "Safari" ? "l’icône de partage ou «\u00a0…\u00a0»" : "les trois points"}), puis «\u00a0Ouvrir dans ${advised}\u00a0»${NBSP}; ou copiez le lien dans ${advised}.`,
      };
    case "browser-unsupported":
      return { title: "Ce navigateur ne permet pas la téléconsultation.", detail: `Ouvrez ce lien dans une version récente de ${advised} ou de Firefox.` };
    case "browser-old":
      return { title: "Votre navigateur date un peu.", detail: `Mettez ${name} à jour avant le rendez-vous.` };
    case "browser-unknown":
      return { title: "Nous ne connaissons pas ce navigateur.", detail: `Si quelque chose ne marche pas, ouvrez ce lien dans ${advised}.` };
    default:
      return { title: `Votre navigateur convient${name ? ` (${name})` : ""}.`, detail: "" };
  }
}

/** The lines whose words depend on nothing but the reason. */
export const WORDS = {
  "page-secure": { title: "La page est sécurisée.", detail: "" },
  "page-insecure": {
    title: "Cette page n’est pas sécurisée.",
    detail: "Le navigateur n’y permet ni la caméra ni le micro. Ouvrez l’adresse qui commence par https://.",
  },
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
    detail: "Montez le volume, quittez le mode silencieux, vérifiez le casque ou l’enceinte Bluetooth, puis écoutez encore.",
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

// The meter's scale: 0.02 is an RMS amplitude of 0.002. A muted microphone gives 0, a quiet room some 0.005.
const HEARD = 0.02;
const HEARD_TIMES = 3;
const SILENT_AFTER_MS = 6000;

/** Tells a microphone that hears from a silent one, from levels (0 to 1) measured several times a second. */
export class SilenceDetector {
  #since = null;
  #heard = 0;

  /** @returns {"listening" | "heard" | "silent"} after this level at `now` (ms); once heard it stays so. */
  add(level, now) {
    this.#since ??= now;
    if (level >= HEARD) this.#heard += 1;
    if (this.#heard >= HEARD_TIMES) return "heard";
    return now - this.#since >= SILENT_AFTER_MS ? "silent" : "listening";
  }
}
