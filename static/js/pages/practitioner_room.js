/** …/visio/: joins at once; beside the call, the patient's data and « Terminer la consultation ». */

import { enterRoom } from "../call/room.js";
import { watchTabs } from "./tabs.js";

const room = document.getElementById("room");
const SHORT_MS = 1500;
const LATER_MS = 3000;

enterRoom({
  change({ phase, end }) {
    // The time limit is said on this page; what the practitioner ended needs no more words.
    if (phase === "ended" && end?.reason !== "time-limit") setTimeout(() => location.assign(room.dataset.after), SHORT_MS);
  },
});

const toggle = document.getElementById("panel-toggle");
toggle.addEventListener("click", () => setPanel(room.dataset.panel !== "open"));
document.getElementById("panel-close").addEventListener("click", closePanel);
document.addEventListener("keydown", ({ key }) => {
  // The dialog above it takes Escape for itself.
  if (key === "Escape" && room.dataset.panel === "open" && !dialog.open) closePanel();
});

function closePanel() {
  setPanel(false);
  toggle.focus();
}

function setPanel(open) {
  room.dataset.panel = open ? "open" : "closed";
  toggle.setAttribute("aria-expanded", String(open));
}

watchTabs(document.querySelector("#panel [role=tablist]"));

setTimeout(() => document.body.append(document.getElementById("later").content.cloneNode(true)), LATER_MS);

const dialog = document.getElementById("end-dialog");
document.getElementById("end").addEventListener("click", () => dialog.showModal());
document.getElementById("end-cancel").addEventListener("click", () => dialog.close());
