/** What the discussion says. */

import { TEXT_LENGTH } from "./chat.js";
import { LOCALE, t } from "../lib/language.js";

// Marks that turn the direction of what follows would show another address than the one that is opened.
const LINK = /https?:\/\/[^\s<>"«»\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gi;
// A sentence ends after a link, too; a bracket belongs to it only where it was opened in it.
const AFTER_LINK = ".,;:!?…'’";

const FILE_REASONS = {
  withdrawn: [t("Envoi annulé"), t("Envoi annulé par l’autre personne")],
  refused: [t("Refusé par l’autre personne"), t("Réception annulée")],
  full: [t("L’autre navigateur a déjà reçu trop de fichiers"), t("Trop de fichiers reçus\u00a0: rechargez la page pour en recevoir d’autres")],
  damaged: [t("Arrivé abîmé\u00a0: envoyez-le de nouveau"), t("Arrivé abîmé\u00a0: demandez qu’il soit envoyé de nouveau")],
  interrupted: [t("Envoi interrompu"), t("Envoi interrompu\u00a0: demandez qu’il soit envoyé de nouveau")],
  unreadable: [t("Ce fichier n’a pas pu être lu"), t("Envoi interrompu")],
};

/** Words beside one's own message. */
export const MESSAGE_STATE = { waiting: t("en attente"), sent: t("envoyé"), received: t("reçu") };

/** @param {string} text @returns {{text: string, href: ?string}[]} the same text in parts, of which some are links */
export function linkParts(text) {
  const parts = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    const link = trimLink(found);
    if (!isAddress(link)) continue;
    if (index > from) parts.push({ text: text.slice(from, index), href: null });
    parts.push({ text: link, href: link });
    from = index + link.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), href: null });
  return parts;
}

/** Letter by letter: a regular expression anchored at the end takes minutes for what the other side may write. */
function trimLink(link) {
  const ends = link.includes("(") ? AFTER_LINK : `${AFTER_LINK})`;
  let length = link.length;
  while (length && ends.includes(link[length - 1])) length -= 1;
  return link.slice(0, length);
}

function isAddress(text) {
  try {
    return ["http:", "https:"].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}

/** @param {number} bytes @returns {string} « 12 Ko » */
export function sizeWords(bytes) {
  if (bytes < 1024) return t(bytes > 1 ? "{bytes}\u00a0octets" : "{bytes}\u00a0octet", { bytes });
  const [amount, unit] = bytes < 1024 * 1024 ? [bytes / 1024, t("Ko")] : [bytes / (1024 * 1024), t("Mo")];
  return `${amount.toLocaleString(LOCALE, { maximumFractionDigits: amount < 10 ? 1 : 0 })}\u00a0${unit}`;
}

/** @param {import("./files.js").Transfer} transfer */
export function fileWords({ mine, state, size, done, reason }) {
  if (state === "stopped") return FILE_REASONS[reason][mine ? 0 : 1];
  if (state === "moving") return t("{done} sur {size}", { done: sizeWords(done), size: sizeWords(size) });
  return `${sizeWords(size)} · ${{ waiting: t("en attente"), checking: t("vérification…"), received: t("reçu") }[state]}`;
}

/** @param {string} name @param {"empty"|"too-big"} reason */
export function unsendableWords(name, reason) {
  if (reason === "empty") return t("«\u00a0{name}\u00a0» est vide ou n’est pas un fichier\u00a0: il n’est pas envoyé.", { name });
  return t("«\u00a0{name}\u00a0» dépasse 50\u00a0Mo\u00a0: il n’est pas envoyé.", { name });
}

/** @param {number} length of a message that can't be sent */
export function tooLongWords(length) {
  const [is, may] = [length, TEXT_LENGTH].map((number) => number.toLocaleString(LOCALE));
  return t("Votre message est trop long\u00a0: {is} caractères, {may} au plus.", { is, may });
}

/** @param {number} at milliseconds since 1970 @returns {string} « 14:03 » */
export function hourWords(at) {
  return new Date(at).toLocaleTimeString(LOCALE, { hour: "2-digit", minute: "2-digit" });
}

/** @param {number} count of unread entries */
export function unreadWords(count) {
  if (!count) return t("Discussion");
  return t(count > 1 ? "Discussion, {count}\u00a0nouveaux messages" : "Discussion, {count}\u00a0nouveau message", { count });
}
