/** …/visio/: joins at once; beside the call, the patient's file, the prescription and « Terminer la consultation ». */

import { enterRoom } from "../call/room.js";
import { watchTabs } from "./tabs.js";

const room = document.getElementById("room");
const find = (id) => document.getElementById(id);
const SHORT_MS = 1500;
const LATER_MS = 3000;

enterRoom({
  change({ phase, end }) {
    // The time limit is said on this page; what the practitioner ended needs no more words.
    if (phase === "ended" && end?.reason !== "time-limit") setTimeout(() => location.assign(room.dataset.after), SHORT_MS);
  },
});

const toggle = find("panel-toggle");
toggle.addEventListener("click", () => setPanel(room.dataset.panel !== "open"));
find("panel-close").addEventListener("click", closePanel);
document.addEventListener("keydown", closeByKey);
// On a narrow screen the discussion and the drawer of the panel have the same place.
room.querySelector('[data-part="chat"]').addEventListener("click", () => setPanel(false));

function closeByKey({ key }) {
  // A dialog above it takes Escape for itself.
  if (key !== "Escape" || document.querySelector("dialog[open]")) return;
  if (!prescription.hidden) closePrescription();
  else if (room.dataset.panel === "open") closePanel();
}

function closePanel() {
  setPanel(false);
  toggle.focus();
}

function setPanel(open) {
  room.dataset.panel = open ? "open" : "closed";
  toggle.setAttribute("aria-expanded", String(open));
}

watchTabs(document.querySelector("#panel [role=tablist]"));

// The prescription, in the panel's place: its page in a frame, which stays as it is while it is out of sight.
const prescribe = find("prescribe");
const prescription = find("prescription");
const frame = find("prescription-frame");
prescribe.addEventListener("click", () => {
  // Hidden: it was lost the last time.
  if (!frame.getAttribute("src") || frame.hidden) frame.src = frame.dataset.src;
  showPrescription(true);
  find("prescription-close").focus();
});
find("prescription-close").addEventListener("click", closePrescription);
frame.addEventListener("load", () => {
  if (!frame.getAttribute("src")) return;
  // Null: a page that may not be framed (logged out), or none (no network).
  const page = frame.contentDocument;
  frame.hidden = !page;
  find("prescription-lost").hidden = Boolean(page);
  page?.addEventListener("keydown", closeByKey);
});

function closePrescription() {
  showPrescription(false);
  prescribe.focus();
}

function showPrescription(open) {
  prescription.hidden = !open;
  find("dossier").hidden = open;
  room.dataset.prescription = open ? "open" : "closed";
  prescribe.setAttribute("aria-expanded", String(open));
}

setTimeout(() => document.body.append(find("later").content.cloneNode(true)), LATER_MS);

const dialog = find("end-dialog");
find("end").addEventListener("click", () => dialog.showModal());
find("end-cancel").addEventListener("click", () => dialog.close());
