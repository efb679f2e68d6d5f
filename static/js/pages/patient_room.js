/** /visio/…/salle/: the waiting room, then the call, which starts by itself. */

import { enterRoom } from "../call/room.js";
import { statusWords } from "../call/words.js";

// Whoever is awaited already needs no waiting room: its devices are read once there is time for them.
const LOBBY_MS = 1500;

const room = document.getElementById("room");
const find = (id) => document.getElementById(id);
const element = find("lobby");
const preview = find("lobby-picture");
// Whoever was in the call once waits on the stage: only the first wait is in the lobby.
let waiting = true;
let lobby = null;

const entered = enterRoom({ change: showWait, media: showOwn });
if (entered) {
  room.querySelector(".stage").inert = waiting;
  setTimeout(openLobby, LOBBY_MS);
} else {
  element.hidden = true;
}

function showWait(view) {
  // A cancelled one, or one that nobody joined, is explained on the stage.
  if (view.phase === "ended" && (view.end?.reason === "completed" || (view.end?.reason === "time-limit" && view.startedAt))) showAfter(view);
  if (view.phase === "waiting") openLobby();
  if (waiting && !["connecting", "waiting"].includes(view.phase)) {
    waiting = false;
    element.hidden = true;
    room.querySelector(".stage").inert = false;
    // The lobby has explained it already.
    if (lobby) entered.stage.dismissProblem();
    preview.srcObject = null;
    lobby?.then((opened) => opened.close());
  }
  if (!waiting) return;
  const { name, role } = room.dataset;
  const { title, detail } = statusWords(view, { name, role, online: navigator.onLine });
  const words = [title, detail].filter(Boolean).join(" ");
  if (find("lobby-status").textContent !== words) find("lobby-status").textContent = words;
}

/** Documents and « Comment s’est passée la consultation ? », in place of the stage. */
function showAfter(view) {
  if (!find("after").hidden) return;
  find("after").hidden = false;
  const { detail } = statusWords(view, room.dataset);
  find("after-detail").textContent = detail;
  find("after-detail").hidden = !detail;
  room.querySelector(".stage").hidden = true;
  find("after-title").focus();
}

/** Once: what the waiting room has beyond the own picture. */
function openLobby() {
  if (!waiting || !entered) return;
  lobby ??= import("../call/lobby.js").then(({ Lobby }) => new Lobby(element, entered));
}

function showOwn() {
  if (!waiting) return;
  const { picture, opened } = entered.media;
  const shown = preview.srcObject?.getVideoTracks()[0] ?? null;
  if (shown !== picture) preview.srcObject = picture ? new MediaStream([picture]) : null;
  find("lobby-off").hidden = !opened || picture !== null;
  lobby?.then((opened) => waiting && opened.show());
}
