/** The dialogs around a picture of the patient: the patient's question, the practitioner's preview. */

import { SnapshotAnswerer, SnapshotAsker } from "./snapshot.js";
import { t } from "../lib/language.js";

const JPEG_QUALITY = 0.92;
const NOTE_MS = 8000;
const STORE_MS = 30_000;
const clock = {
  setTimeout: (action, wait) => setTimeout(action, wait),
  clearTimeout: (timer) => clearTimeout(timer),
};
const ANSWERS = {
  refused: "Le patient a refusé la photo.",
  expired: "Le patient n’a pas répondu.",
  lost: "La connexion a été coupée\u00a0: demandez de nouveau.",
};

/**
 * @param {{root: HTMLElement, session: object}} room
 * @param {import("./channel.js").Channel} channel
 */
export function startSnapshot({ root, session }, channel) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const note = part("snapshot-note");
  let noteTimer;

  function say(words) {
    note.textContent = words;
    note.hidden = false;
    clearTimeout(noteTimer);
    noteTimer = setTimeout(() => (note.hidden = true), NOTE_MS);
  }

  if (root.dataset.role === "patient") startAnswering(part, channel, say);
  else if (root.dataset.documents) startAsking({ root, session }, part, channel, say);
}

function startAnswering(part, channel, say) {
  const dialog = part("snapshot-question");
  const answerer = new SnapshotAnswerer({
    channel,
    clock,
    on: {
      asked: () => dialog.showModal(),
      over: () => dialog.close(),
      done: (kept) => say(kept ? t("La photo a été enregistrée dans votre dossier.") : t("La photo n’a pas été conservée.")),
    },
  });
  part("snapshot-agree").addEventListener("click", () => answerer.answer(true));
  part("snapshot-refuse").addEventListener("click", () => answerer.answer(false));
  // Escape is a no.
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    answerer.answer(false);
  });
}

function startAsking({ root, session }, part, channel, say) {
  const [button, withdraw, dialog, live, still, save, error] = [
    "snapshot", "snapshot-withdraw", "snapshot-preview", "snapshot-live", "snapshot-still", "snapshot-save", "snapshot-error",
  ].map(part);
  const remote = part("remote");
  let seen = false;

  const asker = new SnapshotAsker({
    channel,
    clock,
    makeId: () => crypto.randomUUID(),
    answered(answer) {
      setAsking(false);
      if (answer !== "agreed") say(ANSWERS[answer]);
      else if (!seen) {
        asker.tell(false);
        say("Il n’y a pas d’image à prendre en photo.");
      } else {
        take();
        dialog.showModal();
      }
    },
  });

  function setAsking(asking) {
    button.hidden = asking || !seen;
    part("snapshot-asking").hidden = !asking;
    if (asking) withdraw.focus();
  }

  function take() {
    still.width = remote.videoWidth;
    still.height = remote.videoHeight;
    still.getContext("2d").drawImage(remote, 0, 0);
    show(true);
  }

  function show(taken) {
    error.hidden = true;
    still.hidden = part("snapshot-again").hidden = save.hidden = !taken;
    live.hidden = part("snapshot-take").hidden = taken;
    live.srcObject = taken ? null : remote.srcObject;
  }

  function finish(kept) {
    show(true);
    // Nothing of it stays in the page.
    still.width = still.height = 0;
    dialog.close();
    asker.tell(kept);
    if (kept) say("La photo est enregistrée dans les documents.");
  }

  /** What is on its way to the documents can't be taken back by a « no » that comes too late. */
  function setSaving(saving) {
    for (const name of ["snapshot-save", "snapshot-again", "snapshot-cancel"]) part(name).disabled = saving;
  }

  async function store() {
    setSaving(true);
    error.hidden = true;
    const picture = await new Promise((resolve) => still.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
    const trouble = await post(root.dataset.documents, picture).catch(() => "Le service ne répond pas. Réessayez dans un instant.");
    setSaving(false);
    if (trouble) {
      error.textContent = trouble;
      error.hidden = false;
      return;
    }
    finish(true);
    root.dispatchEvent(new CustomEvent("rofim:document", { bubbles: true }));
  }

  button.addEventListener("click", () => {
    if (asker.ask()) setAsking(true);
    else say("La connexion avec le patient n’est pas encore prête. Réessayez dans un instant.");
  });
  withdraw.addEventListener("click", () => {
    asker.withdraw();
    setAsking(false);
    button.focus();
  });
  part("snapshot-again").addEventListener("click", () => show(false));
  part("snapshot-take").addEventListener("click", take);
  part("snapshot-cancel").addEventListener("click", () => finish(false));
  save.addEventListener("click", store);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (!save.disabled) finish(false);
  });

  function look() {
    const { phase, remote: sent } = session.view;
    seen = phase === "live" && (sent.camera || sent.screen) && remote.videoWidth > 0;
    button.hidden = !seen || !part("snapshot-asking").hidden;
    part("snapshot-take").disabled = !seen;
    if (!live.hidden) live.srcObject = remote.srcObject;
  }

  root.addEventListener("rofim:view", look);
  remote.addEventListener("resize", look);
  look();
}

/** @returns {Promise<?string>} what went wrong, in words; null when the picture is stored */
async function post(url, picture) {
  const body = new FormData();
  body.append("file", picture, "photo.jpg");
  body.append("kind", "snapshot");
  body.append("consent", "1");
  const headers = { "X-CSRFToken": document.querySelector('[name="csrfmiddlewaretoken"]').value, Accept: "application/json" };
  const response = await fetch(url, { method: "POST", body, headers, redirect: "manual", signal: AbortSignal.timeout(STORE_MS) });
  if (response.ok) return null;
  const { error } = await response.json().catch(() => ({}));
  return error ?? "La photo n’a pas pu être enregistrée.";
}
