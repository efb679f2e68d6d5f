// The gate: opens by itself at the hour, follows a moved or cancelled appointment, and takes the code however it is typed or pasted.

import { t } from "../lib/language.js";

const SECOND = 1000;
const LOOK_MS = 10 * SECOND;

/** « 2 jours », « 3 h 05 », « 12 min 09 s ». */
export function remaining(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  const two = (number) => String(number).padStart(2, "0");
  if (left >= 2 * 86400) return t("dans {days}\u00a0jours", { days: Math.floor(left / 86400) });
  if (left >= 3600) return t("dans {hours}\u00a0h {minutes}", { hours: Math.floor(left / 3600), minutes: two(Math.floor((left % 3600) / 60)) });
  return t("dans {minutes}\u00a0min {seconds}\u00a0s", { minutes: Math.floor(left / 60), seconds: two(left % 60) });
}

/** Letters and digits only, capital, look-alikes as the server reads them, four at most. */
export function asCode(typed) {
  return typed.toUpperCase().replace(/O/g, "0").replace(/[IL]/g, "1").replace(/[^0-9A-Z]/g, "").slice(0, 4);
}

function countDown(timer) {
  // The server's clock decides: only the time that has passed since the page came is measured here.
  const opensAt = Date.now() + Number(timer.dataset.opensIn) * SECOND;
  const tick = () => {
    const left = (opensAt - Date.now()) / SECOND;
    timer.textContent = remaining(left);
    if (left > 0) {
      setTimeout(tick, SECOND);
    } else {
      location.reload();
    }
  };
  timer.hidden = false;
  tick();
}

function takeCode(form) {
  const input = form.elements.code;
  input.value = asCode(input.value);
  input.addEventListener("input", (event) => {
    if (!event.isComposing) input.value = asCode(input.value);
  });
}

/** Tells the practitioner that the link was opened, once; nothing depends on it. */
export function tellOpened(form, send) {
  send(form.action, { method: "POST", body: new FormData(form), keepalive: true }).catch(() => {});
}

/**
 * Whether this address would say something else than `says` by now. No network is no answer; nor is a redirection: this
 * browser went on in another tab, from which this one must not take the seat. Unless the appointment was `moved` away
 * from it: then the redirection leads back in.
 */
export async function saysElse(says, address, ask, moved = false) {
  const asked = { headers: { "If-None-Match": says }, cache: "no-store", redirect: "manual" };
  const { status, type } = await ask(address, asked).catch(() => ({ status: 0 }));
  return status === 200 || (moved && type === "opaqueredirect");
}

function follow({ says, moved }) {
  const look = async () => {
    // Not reloaded: the page may be the answer to a form.
    if (await saysElse(says, location.pathname, fetch.bind(window), moved !== undefined)) location.replace(location.pathname);
  };
  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
}

if (typeof document !== "undefined") {
  const timer = document.querySelector("[data-opens-in]");
  const form = document.querySelector("[data-code-form]");
  if (timer) countDown(timer);
  if (form) takeCode(form);
  const opened = document.querySelector("[data-opened]");
  if (opened) tellOpened(opened, fetch.bind(window));
  const notice = document.querySelector("[data-says]");
  if (notice) follow(notice.dataset);
}
