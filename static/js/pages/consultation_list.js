/* The list: live rows, the dialog behind « i », and a word, a title, a sound, a notification when a patient waits. */
import { NOT_ALLOWED, RoomSocket } from "../call/socket.js";
import { prepareNotifications, prepareSound } from "../lib/alerts.js";
import { Attention } from "../lib/attention.js";
import { LiveRows } from "../lib/live_rows.js";
import { showCopyButtons, watchCopyButtons } from "./copy_button.js";

const clock = {
  now: () => performance.now(),
  setTimeout: (...parts) => setTimeout(...parts),
  clearTimeout: (timer) => clearTimeout(timer),
};
const list = document.getElementById("consultations");
const dialog = document.getElementById("infos");
const content = document.getElementById("infos-content");
const announcement = document.getElementById("announcement");
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

// --- Who waits -----------------------------------------------------------------------------------
function whoWaits() {
  const rows = list.querySelectorAll("[data-waiting]");
  return new Map([...rows].map((row) => [row.dataset.waiting, row.dataset.name]));
}

let waiting = whoWaits();
const ring = prepareSound(document.getElementById("sound"));
const notifications = prepareNotifications(document.getElementById("notifications"), {
  say: (words) => (announcement.textContent = words),
});
const attention = new Attention(
  {
    clock,
    call(keys, again) {
      ring();
      notifications.notify(waiting.size);
      if (!again) {
        announcement.textContent = keys.map((key) => `${waiting.get(key)} est en salle d’attente.`).join(" ");
      }
    },
  },
  waiting.keys(),
);

function showWaiting() {
  document.title = waiting.size ? `(${waiting.size}) ${title}` : title;
  if (!waiting.size) notifications.dismiss();
}

showWaiting();
document.body.addEventListener("htmx:afterSettle", () => {
  waiting = whoWaits();
  showWaiting();
  attention.update(waiting.keys());
});

// --- Rows -----------------------------------------------------------------------------------------
const rows = new LiveRows({ clock, ask: () => window.htmx.trigger(list, "refresh") });
const socket = new RoomSocket({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/teleconsultation/?page=list`,
  WebSocket,
  clock,
  on: {
    frame: ({ type }) => type === "changed" && rows.changed(),
    down: () => rows.down(),
    // Logged out or suspended: the page says so once it is asked for again.
    closed: (code) => (code === NOT_ALLOWED ? location.reload() : rows.down()),
  },
});
socket.open();
addEventListener("online", () => socket.wake());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && socket.wake());
