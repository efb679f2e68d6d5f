// « Données patient »: saved as one goes, communes proposed from the postal code. Without it the form just submits.

import { proposeCommunes } from "../lib/communes.js";
import { LOCALE, t } from "../lib/language.js";
import { isTouched } from "../lib/touched.js";

const PAUSE = 1200;
const RETRY = 5000;
const form = document.querySelector("[data-intake]");
const status = form.querySelector("[data-saved]");
const KEPT = `intake:${location.pathname}`;
const NOT_AN_ANSWER = new Set(["csrfmiddlewaretoken", "consent"]);

// What the server has not taken yet (wrong, or no network), by name: a reload brings it back.
const kept = JSON.parse(sessionStorage.getItem(KEPT) || "{}");
let dirty = false;
let saving = false;
let timer = null;
let leaving = false;

const valueOf = (name) => new FormData(form).get(name) ?? "";

function keep(name, value) {
  if (value === null) {
    delete kept[name];
  } else {
    kept[name] = value;
  }
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
}

function say(text, failed = false) {
  status.textContent = text;
  status.classList.toggle("failed", failed);
}

function schedule(delay = PAUSE) {
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(save, delay);
}

function draft() {
  const data = new FormData(form);
  data.delete("consent");
  data.set("draft", "1");
  return data;
}

async function save() {
  if (saving || leaving || !dirty) return;
  saving = true;
  dirty = false;
  const sent = draft();
  try {
    const response = await fetch(form.action || location.href, { method: "POST", body: sent, redirect: "manual" });
    if (response.type === "opaqueredirect" || response.status === 403) {
      say(t("Non enregistré\u00a0: votre rendez-vous ou votre code a changé. Rechargez la page\u00a0: ce que vous avez tapé est gardé ici."), true);
    } else if (!response.ok) {
      throw new Error(String(response.status));
    } else {
      show(await response.json(), sent);
    }
  } catch {
    say(t("Non enregistré\u00a0: pas de connexion. Nouvel essai dans quelques secondes."), true);
    if (!leaving) schedule(RETRY);
  } finally {
    saving = false;
    if (dirty) schedule();
  }
}

function show({ saved, errors, warnings }, sent) {
  for (const name of saved) {
    if (valueOf(name) === (sent.get(name) ?? "")) keep(name, null);
  }
  const now = new Date().toLocaleTimeString(LOCALE, { hour: "2-digit", minute: "2-digit" });
  say(Object.keys(errors).length ? t("Enregistré, sauf les réponses à corriger.") : t("Enregistré à {now}", { now }));
  for (const place of form.querySelectorAll("[data-error-of]")) {
    const name = place.dataset.errorOf;
    // Not under the fingers of somebody who is still typing, nor beside what the page already says.
    const busy = document.activeElement?.name === name || place.parentElement.querySelector(".errorlist");
    place.textContent = busy ? "" : (errors[name] ?? "");
  }
  for (const place of form.querySelectorAll("[data-warning-of]")) {
    place.textContent = warnings[place.dataset.warningOf] ?? "";
  }
}

function restore() {
  for (const [name, value] of Object.entries(kept)) {
    const element = form.elements[name];
    if (element && !NOT_AN_ANSWER.has(name)) element.value = value;
  }
  if (Object.keys(kept).length) schedule(0);
}

function changed({ target }) {
  if (!target.name || NOT_AN_ANSWER.has(target.name)) return;
  keep(target.name, valueOf(target.name));
  // The word of the last submission no longer fits what stands there now.
  target.closest(".answer")?.querySelector(".errorlist")?.remove();
  schedule();
}

for (const [postal, city] of [["birth_postal_code", "birth_city"], ["postal_code", "city"]]) {
  form.elements[city].setAttribute("list", `communes-${city}`);
  proposeCommunes({
    postal: form.elements[postal],
    city: form.elements[city],
    address: form.dataset.communes,
    filled: () => schedule(),
  });
}
for (const { name } of form.querySelectorAll("[aria-invalid=true]")) {
  if (!NOT_AN_ANSWER.has(name)) keep(name, valueOf(name));
}
// Also what was typed before this script came.
for (const element of form.elements) {
  if (element.name && !NOT_AN_ANSWER.has(element.name) && isTouched(element)) keep(element.name, valueOf(element.name));
}
restore();
form.querySelector("[aria-invalid=true]")?.focus();
form.addEventListener("input", changed);
form.addEventListener("focusout", () => schedule());
form.addEventListener("submit", () => {
  leaving = true;
  // What is kept stays: the appointment may have been moved meanwhile, then nothing of this is taken.
  clearTimeout(timer);
});
addEventListener("pageshow", () => {
  leaving = false;
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && dirty && !leaving) {
    fetch(form.action || location.href, { method: "POST", body: draft(), keepalive: true, redirect: "manual" });
  }
});
