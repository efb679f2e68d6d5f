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
  if (["gone", "refused"].includes(view.peerLeft)) return { title: `${name} a quitté l’appel.`, detail };
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
