// « Notes »: saved as one types, in the room and on the appointment's page.

import { NotesKeeper } from "../lib/notes.js";

const form = document.querySelector("[data-notes]");
const area = form.elements.text;
const part = (name) => form.querySelector(`[data-part="${name}"]`);
// What a browser still sends while the page is being left: 64 KiB in all.
const KEEPALIVE_BYTES = 60_000;

const WORDS = {
  typing: () => "",
  saving: () => "Enregistrement…",
  saved: () => `Enregistré à ${new Date().toLocaleTimeString("fr-FR", { hour: "2-digit", minute: "2-digit" })}`,
  failed: () => "Non enregistré\u00a0: réessai dans quelques secondes. Votre texte est gardé ici.",
  refused: () => "Non enregistré\u00a0: rechargez la page et reconnectez-vous. Votre texte est gardé ici.",
  conflict: () => "Non enregistré\u00a0: choisissez une version.",
};

const keeper = new NotesKeeper({
  post,
  storage: sessionStorage,
  key: `notes:${form.dataset.notes}`,
  clock: { setTimeout: (action, wait) => setTimeout(action, wait), clearTimeout: (timer) => clearTimeout(timer) },
  text: area.value,
  version: Number(form.dataset.version),
  on: {
    text: (text) => (area.value = text),
    state(state) {
      const words = WORDS[state]();
      // Nothing is announced for every key.
      if (part("state").textContent !== words) part("state").textContent = words;
      part("state").classList.toggle("failed", ["failed", "refused", "conflict"].includes(state));
      part("conflict").hidden = state !== "conflict";
    },
    conflict: (theirs) => (part("theirs").textContent = theirs || "(vide)"),
  },
});

async function post(text, version, leaving) {
  const body = new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, text, version });
  const keepalive = leaving && body.toString().length < KEEPALIVE_BYTES;
  const response = await fetch(form.action, { method: "POST", body, redirect: "manual", keepalive });
  if (response.status === 409) return { kind: "conflict", ...(await response.json()) };
  if (response.ok) return { kind: "saved", ...(await response.json()) };
  // Logged out, or another login since: only the page anew helps. A server in trouble comes back by itself.
  if (response.type === "opaqueredirect" || response.status < 500) return { kind: "refused" };
  throw new Error(String(response.status));
}

area.addEventListener("input", () => keeper.typed(area.value));
form.addEventListener("submit", (event) => event.preventDefault());
for (const [name, choice] of [["mine", "mine"], ["both", "both"], ["take", "theirs"]]) {
  part(name).addEventListener("click", () => {
    keeper.settle(choice);
    area.focus();
  });
}
addEventListener("online", () => keeper.save());
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keeper.save({ leaving: true }));
keeper.start();
