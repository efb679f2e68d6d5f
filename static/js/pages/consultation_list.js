/* The list: live rows, the dialog behind « i », and a word, a title, a sound, a notification when a patient waits. */
import { NOT_ALLOWED, RoomSocket } from "../call/socket.js";
import { prepareNotifications, prepareSound } from "../lib/alerts.js";
import { Attention } from "../lib/attention.js";
import { isAnsweredElsewhere } from "../lib/htmx_answer.js";
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
const said = document.getElementById("infos-said");
const announcement = document.getElementById("announcement");
const stale = document.querySelector("#stale > .notice");
const title = document.title;

watchCopyButtons();

// --- Dialog ------------------------------------------------------------------------------------
let opener = null;

// What is outside an open dialog is told to nobody.
function say(words) {
  (dialog.open ? said : announcement).textContent = words;
}

function showInfos(asker) {
  showCopyButtons(content);
  if (!dialog.open) {
    opener = asker.id;
    dialog.showModal();
    return;
  }
  // The button that was pressed is back under its name, or gone with what it was for.
  if (!dialog.contains(document.activeElement)) document.getElementById("infos-title").focus();
  const notices = content.querySelector(".messages, .notice");
  say(notices.textContent.trim());
  notices.scrollIntoView({ block: "nearest" });
}

document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target === content) showInfos(detail.requestConfig.elt);
});

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.body.addEventListener(failure, ({ detail }) => {
    if (detail.target === list) rows.failed();
    if (detail.target !== content) return;
    const failed = document.getElementById("infos-failed").content.cloneNode(true);
    // What was there stays: somebody may be reading the code aloud.
    if (dialog.open) content.querySelector(".messages")?.replaceChildren(failed.querySelector(".notice"));
    else content.replaceChildren(failed);
    showInfos(detail.requestConfig.elt);
  });
}

dialog.addEventListener("close", () => {
  content.replaceChildren();
  said.textContent = "";
  // The row may have been drawn anew meanwhile: the browser's own return of the focus would be lost.
  (document.getElementById(opener) ?? document.getElementById("content")).focus();
  opener = null;
});

// A click beside the sheet closes it.
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

// Logged out meanwhile, the answer is the login page: shown whole, never inside the table.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (!isAnsweredElsewhere(event)) return;
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
const notifications = prepareNotifications(document.getElementById("notifications"), document.getElementById("refusal"));
const attention = new Attention(
  {
    clock,
    call(keys, again) {
      ring();
      notifications.notify(waiting.size);
      if (!again) {
        say(keys.map((key) => `${waiting.get(key)} est en salle d’attente.`).join(" "));
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
const rows = new LiveRows({
  clock,
  ask() {
    for (const part of [list, document.getElementById("sent")]) if (part) window.htmx.trigger(part, "refresh");
  },
});
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
// Who waits by an old list may long be gone.
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.target === list) stale.hidden = detail.successful;
});
socket.open();
addEventListener("offline", () => rows.down());
addEventListener("online", () => socket.wake());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && socket.wake());
