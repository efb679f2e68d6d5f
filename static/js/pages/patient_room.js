/** /visio/…/salle/: the waiting room, then the call, which starts by itself. */

import { LevelMeter } from "../call/level.js";
import { enterRoom } from "../call/room.js";
import { problemWords, statusWords } from "../call/words.js";

const room = document.getElementById("room");
const find = (id) => document.getElementById(id);
const lobby = find("lobby");
const preview = find("lobby-picture");
const level = new LevelMeter(find("lobby-level"));
const choices = { audio: find("lobby-microphone"), video: find("lobby-camera") };
// Whoever was in the call once waits on the stage: only the first wait is in the lobby.
let waiting = true;
let heard = null;

const entered = enterRoom({ change: showWait, media: showOwn });
if (entered) {
  room.querySelector(".stage").inert = waiting;
  for (const [kind, select] of Object.entries(choices)) {
    select.addEventListener("change", () => entered.media.choose(kind, select.value));
  }
  navigator.mediaDevices.addEventListener("devicechange", fillChoices);
  find("lobby-retry").addEventListener("click", () => entered.media.open());
} else {
  lobby.hidden = true;
}

function showWait(view) {
  // A cancelled one, or one that nobody joined, is explained on the stage.
  if (view.phase === "ended" && view.end?.reason === "completed") showAfter();
  if (waiting && !["connecting", "waiting"].includes(view.phase)) {
    waiting = false;
    lobby.hidden = true;
    room.querySelector(".stage").inert = false;
    // The lobby has explained it already.
    entered.stage.dismissProblem();
    preview.srcObject = null;
    level.stop();
  }
  if (!waiting) return;
  const { name, role } = room.dataset;
  const { title, detail } = statusWords(view, { name, role, online: navigator.onLine });
  const words = [title, detail].filter(Boolean).join(" ");
  if (find("lobby-status").textContent !== words) find("lobby-status").textContent = words;
}

/** Documents and « Comment s’est passée la consultation ? », in place of the stage. */
function showAfter() {
  if (!find("after").hidden) return;
  find("after").hidden = false;
  room.querySelector(".stage").hidden = true;
  find("after-title").focus();
}

function showOwn() {
  if (!waiting) return;
  const { media } = entered;
  const { picture, microphone, problem } = media;
  const shown = preview.srcObject?.getVideoTracks()[0] ?? null;
  if (shown !== picture) preview.srcObject = picture ? new MediaStream([picture]) : null;
  find("lobby-off").hidden = !media.opened || picture !== null;
  if (heard !== microphone) level.follow((heard = microphone));
  find("lobby-problem").hidden = !problem;
  if (problem) {
    const { title, detail } = problemWords(problem, navigator.userAgent);
    find("lobby-problem-title").textContent = title;
    find("lobby-problem-detail").textContent = detail;
  }
  fillChoices();
}

async function fillChoices() {
  const devices = await entered.media.list();
  for (const [kind, select] of Object.entries(choices)) {
    const current = entered.media.ids[kind];
    select.replaceChildren(...devices[kind].map(({ deviceId, label }) => new Option(label || "Par défaut", deviceId, false, deviceId === current)));
    select.closest(".field").hidden = devices[kind].length === 0;
  }
}
