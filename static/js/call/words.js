/** What the pages of the call say. Pure. */

import { t } from "../lib/language.js";

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
  return t("{time} · reste\u00a0{left}", { time: clockWords(now - startedAt), left: durationWords(endsAt - now) });
}

/** One line and, where there is something to do, a second: what is happening now. `name` is the other person. */
export function statusWords(view, { name, role, online = true }) {
  const back = view.missing ? longWords(role) : t("L’appel reprendra tout seul.");
  switch (view.phase) {
    case "connecting":
      return online
        ? { title: view.socketLost ? t("Le service ne répond pas.") : t("Connexion à la salle…"), detail: view.socketLost ? t("Nous réessayons sans arrêt, vous n’avez rien à faire.") : "" }
        : { title: t("Votre connexion à internet est coupée."), detail: t("Vérifiez le Wi-Fi ou les données mobiles.") };
    case "waiting":
      return waitingWords(view, { name, role });
    case "calling":
      return { title: t("{name} est là.", { name }), detail: t("Mise en relation…") };
    case "live":
      return { title: t("En communication avec {name}.", { name }), detail: "" };
    case "interrupted":
      if (!online) return { title: t("Votre connexion à internet est coupée."), detail: `${t("Vérifiez le Wi-Fi ou les données mobiles.")} ${back}` };
      if (view.socketLost) return { title: t("Votre connexion est coupée."), detail: `${t("Nous la rétablissons.")} ${back}` };
      if (view.peerLeft) return missingWords(view, { name, role }) ?? { title: t("La connexion de {name} est coupée.", { name }), detail: back };
      return {
        title: t("L’image et le son sont coupés."),
        detail: [t("Nous rétablissons la connexion avec {name}.", { name }), view.missing && t("Si cela dure, rechargez cette page.")].filter(Boolean).join(" "),
      };
    case "left":
      return { title: t("Vous avez raccroché."), detail: t("La consultation reste ouverte\u00a0: vous pouvez y revenir.") };
    case "replaced":
      return { title: t("Cette consultation est ouverte dans un autre onglet ou sur un autre appareil."), detail: "" };
    case "refused":
      return { title: role === "patient" ? t("Votre rendez-vous ou votre code a changé.") : t("Votre accès a expiré."), detail: "" };
    case "ended":
      return endWords(view, role);
    default:
      return { title: "", detail: "" };
  }
}

/** After a minute nobody should wait without knowing whether to. */
function longWords(role) {
  const wait = t("Gardez cette page ouverte\u00a0: l’appel reprendra tout seul.");
  return role === "patient" ? `${wait} ${t("On peut aussi vous téléphoner.")}` : wait;
}

/** Whoever was there before and has not come back for a minute; else null. */
function missingWords({ missing, startedAt }, { name, role }) {
  return missing && startedAt ? { title: t("{name} n’est pas de retour.", { name }), detail: longWords(role) } : null;
}

function waitingWords(view, { name, role }) {
  if (view.socketLost) return { title: t("Le service ne répond pas."), detail: t("Nous réessayons sans arrêt, vous n’avez rien à faire.") };
  const missing = missingWords(view, { name, role });
  if (missing) return missing;
  const detail = t("L’appel reprendra tout seul à son retour.");
  if (["gone", "refused"].includes(view.peerLeft)) return { title: t("{name} a quitté l’appel.", { name }), detail };
  if (view.peerLeft === "lost") return { title: t("La connexion de {name} est perdue.", { name }), detail };
  if (role === "patient") return { title: "", detail: t("L’appel commencera tout seul.") };
  return { title: t("{name} n’est pas encore là.", { name }), detail: t("L’appel commencera tout seul à son arrivée.") };
}

/** « L’image de Sophie Carpentier est arrêtée. », of what doesn't arrive (`view.silent`) while the rest goes on. */
export function silentWords(silent, name) {
  if (silent === "video") return t("L’image de {name} est arrêtée.", { name });
  return silent === "audio" ? t("Le son de {name} n’arrive plus, nous le rétablissons.", { name }) : "";
}

function endWords({ end, startedAt }, role) {
  const again = role === "patient" ? t("Pour un autre rendez-vous, contactez votre praticien.") : "";
  if (end?.reason === "cancelled") return { title: t("La consultation est annulée."), detail: again };
  // The door shut before both were ever there.
  if (end?.reason === "time-limit" && !startedAt) return { title: t("La consultation n’a pas eu lieu."), detail: again };
  const detail = end?.reason === "time-limit" ? t("La durée maximale est atteinte.") : "";
  return { title: t("La consultation est terminée"), detail };
}

/** « La consultation se termine dans 10 minutes. », for a `time-left` frame. */
export function warningWords(seconds) {
  return t("La consultation se termine dans {minutes}\u00a0minutes.", { minutes: Math.round(seconds / 60) });
}
