/* The list: the dialog behind « i », and a word, a title and a discreet sound when a patient enters the waiting room. */
import { showCopyButtons, watchCopyButtons } from "./copy_button.js";

const SOUND_KEY = "rofim.sound";
const dialog = document.getElementById("infos");
const content = document.getElementById("infos-content");
const announcement = document.getElementById("announcement");
const soundButton = document.getElementById("sound");
const title = document.title;

watchCopyButtons();

// --- Dialog ------------------------------------------------------------------------------------
let opener = null;

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== content) return;
  showCopyButtons(content);
  if (!dialog.open) {
    opener = event.detail.requestConfig.elt.id;
    dialog.showModal();
  }
});

dialog.addEventListener("close", () => {
  content.replaceChildren();
  // The row may have been drawn anew meanwhile: the browser's own return of the focus would be lost.
  if (opener) document.getElementById(opener)?.focus();
  opener = null;
});

// A click beside the sheet closes it.
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

// Logged out meanwhile, the answer is the login page: shown whole, never inside the table.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const asked = new URL(event.detail.pathInfo.requestPath, location.href).pathname;
  if (new URL(event.detail.xhr.responseURL || asked, location.href).pathname === asked) return;
  event.detail.shouldSwap = false;
  location.reload();
});

// --- Sound ---------------------------------------------------------------------------------------
let audio = null;

function isSoundOn() {
  try {
    return localStorage.getItem(SOUND_KEY) !== "off";
  } catch {
    return true;
  }
}

function showSound() {
  soundButton.setAttribute("aria-pressed", String(isSoundOn()));
  soundButton.querySelector("[data-on]").hidden = !isSoundOn();
  soundButton.querySelector("[data-off]").hidden = isSoundOn();
}

/** Two soft notes; silently nothing while the browser allows no sound (no click on the page yet). */
async function ring() {
  // Before the first click or key on the page a browser allows no sound, and complains of the try.
  if (!isSoundOn() || !navigator.userActivation?.hasBeenActive) return;
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") audio.resume();
    [[660, 0], [880, 0.18]].forEach(([frequency, delay]) => {
      const start = audio.currentTime + delay;
      const note = audio.createOscillator();
      const volume = audio.createGain();
      note.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, start);
      volume.gain.exponentialRampToValueAtTime(0.08, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.5);
      note.connect(volume).connect(audio.destination);
      note.start(start);
      note.stop(start + 0.55);
    });
  } catch {
    audio = null;
  }
}

soundButton.hidden = false;
showSound();
soundButton.addEventListener("click", () => {
  try {
    localStorage.setItem(SOUND_KEY, isSoundOn() ? "off" : "on");
  } catch {
    // Private mode: the choice lasts as long as nothing.
  }
  showSound();
  ring();
});

// --- Who waits -----------------------------------------------------------------------------------
function whoWaits() {
  const rows = document.querySelectorAll("#consultations [data-waiting]");
  return new Map([...rows].map((row) => [row.querySelector(".reference").id, row.dataset.waiting]));
}

let waiting = whoWaits();

function showWaiting() {
  document.title = waiting.size ? `(${waiting.size}) ${title}` : title;
}

showWaiting();
document.body.addEventListener("htmx:afterSettle", () => {
  const now = whoWaits();
  const arrived = [...now].filter(([reference]) => !waiting.has(reference));
  waiting = now;
  showWaiting();
  if (!arrived.length) return;
  announcement.textContent = arrived.map(([, name]) => `${name} est en salle d’attente.`).join(" ");
  ring();
});
