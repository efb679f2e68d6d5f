// Every page of somebody who is logged in: warns two minutes before the login ends, and keeps a half-filled form when
// it has ended. The words stand in templates/components/session_watch.html.

import { SessionWatch } from "../lib/session_watch.js";

const dialog = document.getElementById("session-watch");
const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
const tokens = () => document.querySelectorAll("input[name=csrfmiddlewaretoken]");

const watch = new SessionWatch({
  ask,
  clock: { now: () => Date.now(), setTimeout: (act, wait) => setTimeout(act, wait), clearTimeout: (id) => clearTimeout(id) },
  left: Number(dialog.dataset.left),
  user: dialog.dataset.user,
  on: { state: show, token: renew },
});

async function ask(method) {
  const headers = { Accept: "application/json", "X-CSRFToken": tokens()[0]?.value ?? "" };
  const response = await fetch(dialog.dataset.session, { method, headers, cache: "no-store", signal: AbortSignal.timeout(10_000) });
  // Logged in anew in another tab: this page's token is another login's, and a look brings the new one.
  if (response.status === 403 && method === "POST") return ask("GET");
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

/** A new login has a new token: without it no form of this page could be sent. */
function renew(token) {
  for (const input of tokens()) input.value = token;
  if (document.body.hasAttribute("hx-headers")) {
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  }
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const title = document.title;
let isUnderstood = false;

function show(state, left, final) {
  if (state === "other") {
    location.reload();
    return;
  }
  const wasEnded = document.body.dataset.sessionState === "ended";
  document.body.dataset.sessionState = state;
  // A patient's name may stand in it; a page that counts in its title goes on counting in a warning.
  if (state === "ended") document.title = "Session terminée — Rofim";
  else if (wasEnded) document.title = title;
  for (const count of dialog.querySelectorAll("[data-time]")) count.textContent = clock(left);
  if (state === "calm") {
    isUnderstood = false;
    dialog.close();
    if (wasEnded) document.getElementById("session-back").textContent = "Vous êtes reconnecté\u00a0: vous pouvez continuer.";
  } else if (state === "ended" || !isUnderstood) {
    say(state === "warning" && final ? "final" : state);
  }
}

function say(name) {
  if (!dialog.open) dialog.showModal();
  if (!part(name).hidden) return;
  for (const each of ["warning", "final", "ended"]) part(each).hidden = each !== name;
  dialog.setAttribute("aria-labelledby", `session-${name}`);
  part(name).querySelector(".button").focus();
}

dialog.addEventListener("cancel", (event) => {
  // Escape in the warning is an answer: somebody is there. Once it is over only a login helps.
  event.preventDefault();
  if (watch.state === "warning") watch.stay();
});
// A second Escape closes a dialog whatever is said to the first.
dialog.addEventListener("close", () => (watch.state === "ended" || (watch.state === "warning" && !isUnderstood)) && dialog.showModal());
for (const button of dialog.querySelectorAll("[data-stay]")) button.addEventListener("click", () => watch.stay());
for (const button of dialog.querySelectorAll("[data-understood]")) button.addEventListener("click", understood);

function understood() {
  isUnderstood = true;
  dialog.close();
}

// Sent to a login that is over, or to nobody, what such a form says would be lost.
const checked = new WeakSet();
const unreached = document.getElementById("session-unreached");
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!form.hasAttribute("data-asks-session") || checked.delete(form)) return;
  event.preventDefault();
  // A double click asks once.
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  const answer = await ask("GET").catch(() => null);
  form.ariaBusy = null;
  if (answer?.left && answer.user === dialog.dataset.user) {
    renew(answer.token);
    checked.add(form);
    form.requestSubmit(submitter);
  } else if (answer) {
    watch.look();
  } else {
    form.before(unreached);
    unreached.hidden = false;
  }
});

for (const kind of ["input", "keydown", "pointerdown"]) {
  document.addEventListener(kind, () => watch.acted(), { capture: true, passive: true });
}
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && watch.look());
addEventListener("pageshow", (event) => event.persisted && watch.look());
watch.start();
