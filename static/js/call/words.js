/** What the pages of the call say, in French. Pure. */

const NBSP = "\u00a0";

/** « 12:41 », « 1:02:03 » of a duration in milliseconds. */
export function clockWords(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number) => String(number).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/** « 3 h 17 », « 9 min », « 45 s » of a duration in milliseconds. */
export function durationWords(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  if (seconds < 60) return `${seconds}${NBSP}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}${NBSP}min`;
  return `${Math.floor(minutes / 60)}${NBSP}h${NBSP}${String(minutes % 60).padStart(2, "0")}`;
}

/** « 12:41 · reste 3 h 17 ». */
export function timeWords({ startedAt, endsAt, now }) {
  if (!startedAt) return "";
  return `${clockWords(now - startedAt)} · reste${NBSP}${durationWords(endsAt - now)}`;
}

/** One line and, where there is something to do, a second: what is happening now. `name` is the other person. */
export function statusWords(view, { name, role, online = true }) {
  const back = view.missing ? longWords(role) : "L’appel reprendra tout seul.";
  switch (view.phase) {
    case "connecting":
      return online
        ? { title: view.socketLost ? "Le service ne répond pas." : "Connexion à la salle…", detail: view.socketLost ? "Nous réessayons sans arrêt, vous n’avez rien à faire." : "" }
        : { title: "Votre connexion à internet est coupée.", detail: "Vérifiez le Wi-Fi ou les données mobiles." };
    case "waiting":
      return waitingWords(view, { name, role });
    case "calling":
      return { title: `${name} est là.`, detail: "Mise en relation…" };
    case "live":
      return { title: `En communication avec ${name}.`, detail: "" };
    case "interrupted":
      if (!online) return { title: "Votre connexion à internet est coupée.", detail: `Vérifiez le Wi-Fi ou les données mobiles. ${back}` };
      if (view.socketLost) return { title: "Votre connexion est coupée.", detail: `Nous la rétablissons. ${back}` };
      if (view.peerLeft) return missingWords(view, { name, role }) ?? { title: `La connexion de ${name} est coupée.`, detail: back };
      return {
        title: "L’image et le son sont coupés.",
        detail: `Nous rétablissons la connexion avec ${name}.${view.missing ? " Si cela dure, rechargez cette page." : ""}`,
      };
    case "left":
      return { title: "Vous avez raccroché.", detail: "La consultation reste ouverte\u00a0: vous pouvez y revenir." };
    case "replaced":
      return { title: "Cette consultation est ouverte dans un autre onglet.", detail: "" };
    case "refused":
      return { title: "Votre accès a expiré.", detail: "" };
    case "ended":
      return endWords(view.end);
    default:
      return { title: "", detail: "" };
  }
}

/** After a minute nobody should wait without knowing whether to. */
function longWords(role) {
  const call = role === "patient" ? " On peut aussi vous téléphoner." : "";
  return `Gardez cette page ouverte${NBSP}: l’appel reprendra tout seul.${call}`;
}

/** Whoever was there before and has not come back for a minute; else null. */
function missingWords({ missing, startedAt }, { name, role }) {
  return missing && startedAt ? { title: `${name} n’est pas de retour.`, detail: longWords(role) } : null;
}

function waitingWords(view, { name, role }) {
  if (view.socketLost) return { title: "Le service ne répond pas.", detail: "Nous réessayons sans arrêt, vous n’avez rien à faire." };
  const missing = missingWords(view, { name, role });
  if (missing) return missing;
  const detail = "L’appel reprendra tout seul à son retour.";
  if (view.peerLeft === "gone") return { title: `${name} a quitté l’appel.`, detail };
  if (view.peerLeft === "lost") return { title: `La connexion de ${name} est perdue.`, detail };
  if (role === "patient") return { title: "", detail: "L’appel commencera tout seul." };
  return { title: `${name} n’est pas encore là.`, detail: "L’appel commencera tout seul à son arrivée." };
}

/** « L’image de Sophie Carpentier est arrêtée. », of what doesn't arrive (`view.silent`) while the rest goes on. */
export function silentWords(silent, name) {
  if (silent === "video") return `L’image de ${name} est arrêtée.`;
  return silent === "audio" ? `Le son de ${name} n’arrive plus, nous le rétablissons.` : "";
}

function endWords(end) {
  if (end?.reason === "cancelled") return { title: "La consultation est annulée.", detail: "" };
  const detail = end?.reason === "time-limit" ? "La durée maximale est atteinte." : "";
  return { title: "La consultation est terminée", detail };
}

/** « La consultation se termine dans 10 minutes. », for a `time-left` frame. */
export function warningWords(seconds) {
  return `La consultation se termine dans ${Math.round(seconds / 60)}${NBSP}minutes.`;
}

const LACKING = { camera: "La caméra", microphone: "Le micro", both: "La caméra et le micro" };

/** What is wrong with camera and microphone, what it changes and what to do: `{title, detail}`. */
export function problemWords({ reason, lacks }, browser = "") {
  const plural = lacks === "both";
  const goesOn = {
    camera: "La consultation a lieu avec le son seul.",
    microphone: "On vous voit, mais on ne vous entend pas.",
    both: "Vous voyez et entendez l’autre personne, mais elle ne vous voit ni ne vous entend.",
  }[lacks];
  const title = {
    refused: `${LACKING[lacks]} ${plural ? "ne sont pas autorisés" : lacks === "camera" ? "n’est pas autorisée" : "n’est pas autorisé"}.`,
    missing: plural ? "Aucune caméra ni micro trouvés." : lacks === "camera" ? "Aucune caméra trouvée." : "Aucun micro trouvé.",
    busy: `${LACKING[lacks]} ${plural ? "sont déjà utilisés" : lacks === "camera" ? "est déjà utilisée" : "est déjà utilisé"} par un autre logiciel.`,
    lost: `${LACKING[lacks]} ${plural ? "ne répondent plus" : "ne répond plus"}.`,
    unknown: `${LACKING[lacks]} ${plural ? "n’ont pas pu s’ouvrir" : "n’a pas pu s’ouvrir"}.`,
  }[reason];
  const remedy = {
    refused: permissionWords(browser),
    missing: "Branchez l’appareil, puis réessayez.",
    busy: "Fermez les autres logiciels de visioconférence (Teams, Zoom, WhatsApp…), puis réessayez.",
    lost: "Rebranchez l’appareil, puis réessayez.",
    unknown: "Réessayez ; si cela dure, redémarrez le navigateur.".replace(" ;", `${NBSP};`),
  }[reason];
  return { title, detail: `${remedy} ${goesOn}` };
}

/** Where to allow camera and microphone in this browser, from its user agent. */
function permissionWords(browser) {
  if (/Firefox/.test(browser)) {
    return "Cliquez sur l’icône de caméra barrée à gauche de l’adresse, supprimez le blocage, puis réessayez.";
  }
  if (/iPhone|iPad/.test(browser)) {
    return "Touchez «\u00a0aA\u00a0» dans la barre d’adresse, puis «\u00a0Réglages du site web\u00a0», autorisez l’appareil photo et le micro, puis réessayez.";
  }
  if (/Android/.test(browser)) {
    return "Touchez l’icône à gauche de l’adresse, puis «\u00a0Autorisations\u00a0», autorisez la caméra et le micro, puis réessayez.";
  }
  return "Cliquez sur l’icône à gauche de l’adresse, autorisez la caméra et le micro, puis réessayez.";
}

export const OBSTACLE = {
  insecure: {
    title: "Cette page n’est pas sécurisée.",
    detail: "Le navigateur n’y permet ni la caméra ni le micro. Ouvrez l’adresse qui commence par https://.",
  },
  unsupported: {
    title: "Ce navigateur ne permet pas la téléconsultation.",
    detail: "Ouvrez ce lien dans une version récente de Chrome, Firefox, Edge ou Safari.",
  },
};
