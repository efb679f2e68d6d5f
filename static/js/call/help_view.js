/** Shows a Help of call/help.js: its words, its steps, the picture of where to press, the way into another browser. */

import { browserOf } from "./browser.js";
import { inAppHelp, obstacleHelp, problemHelp } from "./help.js";
import { t } from "../lib/language.js";

const SVG = "http://www.w3.org/2000/svg";
const COPIED_MS = 3000;
const browser = browserOf(navigator);

/**
 * @typedef {{title: HTMLElement, detail: HTMLElement, more: HTMLElement}} Place `more` names the file of the pictures in `data-pictures`
 * @param {{reason: string, lacks: string}} problem
 * @param {Place} place
 */
export function explain(problem, place) {
  show(problemHelp(problem, browser), place);
}

/** @param {"insecure"|"unsupported"} obstacle @param {Place} place */
export function explainObstacle(obstacle, place) {
  show(obstacleHelp(obstacle, browser), place);
}

/** @param {Place} place @returns {boolean} whether the page is inside another application */
export function explainInApp(place) {
  if (browser.inApp === null) return false;
  show(inAppHelp(browser), place);
  return true;
}

/** The same words again leave the page alone: a screen reader would read them again. */
export function show({ title, detail, steps, picture, outside }, place) {
  say(place.title, title);
  say(place.detail, detail);
  const key = JSON.stringify([steps, picture, outside]);
  if (place.more.dataset.shown === key) return;
  place.more.dataset.shown = key;
  place.more.replaceChildren(
    ...(steps.length ? [list(steps)] : []),
    ...(picture ? [drawing(picture, place.more.dataset.pictures)] : []),
    ...(outside ? [ways()] : []),
  );
  place.more.hidden = !place.more.children.length;
}

function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function list(steps) {
  const element = document.createElement("ol");
  element.append(...steps.map((step) => Object.assign(document.createElement("li"), { textContent: step })));
  return element;
}

function drawing({ name, words }, file) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 320 168");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", words);
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${file}#${name}`);
  svg.append(use);
  return svg;
}

/** « Copier le lien », and on Android a way straight into the browser. */
function ways() {
  const line = document.createElement("p");
  line.className = "actions";
  const copy = Object.assign(document.createElement("button"), { type: "button", className: "button quiet", textContent: t("Copier le lien") });
  copy.addEventListener("click", () => copyLink(copy));
  if (browser.inApp !== null && browser.platform === "android") {
    const scheme = location.protocol.replace(":", "");
    const href = `intent://${location.host}${location.pathname}#Intent;scheme=${scheme};action=android.intent.action.VIEW;end`;
    line.append(Object.assign(document.createElement("a"), { href, className: "button", textContent: t("Ouvrir dans le navigateur") }));
  }
  line.append(copy);
  return line;
}

async function copyLink(button) {
  const link = location.origin + location.pathname;
  try {
    await navigator.clipboard.writeText(link);
    button.textContent = t("Lien copié");
    setTimeout(() => (button.textContent = t("Copier le lien")), COPIED_MS);
  } catch {
    // Refused, or a page without TLS: the link itself, selected, to be copied by hand.
    const field = Object.assign(document.createElement("input"), { type: "text", readOnly: true, value: link });
    field.setAttribute("aria-label", t("Lien de la page"));
    button.replaceWith(field);
    field.focus();
    field.select();
  }
}
