/** Puts one room together from its parts: camera, socket, peer, session, stage. The only module of the call that knows the browser as a whole. */

import { LocalMedia, obstacle } from "./media.js";
import { Peer } from "./peer.js";
import { Session } from "./session.js";
import { RoomSocket } from "./socket.js";
import { Stage } from "./stage.js";

// The state page's words for an end, and the `ended` frame's.
const ENDED = { completed: "completed", cancelled: "cancelled", missed: "time-limit" };

// A request into a dead network would hang for minutes, and its next try with it.
const STATE_MS = 3000;

// Long enough to read why the page changes.
const READING_MS = 2000;
// The first picture comes before the rest: a moment after the call is live, or at leisure while one waits.
const EXTRAS_MS = { live: 1000, waiting: 3000 };

const clock = {
  now: () => Date.now(),
  setTimeout: (action, wait) => setTimeout(action, wait),
  clearTimeout: (timer) => clearTimeout(timer),
};

/**
 * Enters the room described by the data attributes of `#room`: `role`, `name` (of the other person), `socket`, `state`
 * (paths), `maxDuration` (seconds).
 *
 * @param {{change?: Function, media?: Function}} on called after the stage has shown a change
 * @returns {?{root: HTMLElement, session: Session, media: LocalMedia, stage: Stage, channel: ?RTCDataChannel}} null where the browser can't hold a call; the page says so
 */
export function enterRoom(on = {}) {
  const root = document.getElementById("room");
  const { role, name, socket, state, maxDuration } = root.dataset;
  const early = takeEarlySocket();
  const trouble = obstacle();
  if (trouble) {
    early?.socket.close();
    showObstacle(root, trouble);
    return null;
  }
  const stage = new Stage(root, { role, name });
  const session = new Session({
    clock,
    maxDuration: Number(maxDuration) * 1000,
    fetchState: () => fetchState(state),
    makeSocket: (handlers) =>
      new RoomSocket({ url: socketUrl(socket), WebSocket: early ? startingWith(early) : WebSocket, clock, on: handlers }),
    makePeer: (parts) =>
      new Peer({ ...parts, PeerConnection: RTCPeerConnection, makeStream: () => new MediaStream() }),
    on: {
      change: (view) => {
        stage.show(view);
        // A patient's entrance says itself what has changed: the hour, the code.
        if (view.phase === "refused") setTimeout(() => location.assign(root.dataset.entrance), role === "patient" ? 0 : READING_MS);
        on.change?.(view);
        announce(root, "view", view);
        if (view.phase === "live") room.soon ??= setTimeout(() => startExtras(room), EXTRAS_MS.live);
      },
      track: (track) => stage.addTrack(track),
      // Measurements and tests listen; the page itself doesn't.
      peer: (connection) => announce(document, "peer", connection),
      channel: (channel) => {
        room.channel = channel;
        announce(root, "channel", channel);
      },
    },
  });
  const media = new LocalMedia({
    devices: navigator.mediaDevices,
    storage: storageOf("sessionStorage"),
    kept: storageOf("localStorage"),
    on: {
      track: (kind, track) => session.setTrack(kind, track),
      change: () => {
        session.setLocal(media.state);
        stage.showMedia();
        on.media?.();
        announce(root, "media", media);
      },
      fallback: (found) => announce(root, "fallback", found),
    },
  });
  const room = { root, session, media, stage, channel: null };
  stage.connect(session, media);
  // Side by side: the socket and the first candidates don't wait for the camera, nor the camera for them.
  media.open();
  session.join();
  const wake = () => document.visibilityState === "visible" && session.wake();
  addEventListener("online", wake);
  // Out of the back-forward cache.
  addEventListener("pageshow", (event) => event.persisted && wake());
  document.addEventListener("visibilitychange", wake);
  navigator.connection?.addEventListener("change", wake);
  setTimeout(() => startExtras(room), EXTRAS_MS.waiting);
  return room;
}

/** What a call has beyond sound and picture. */
function startExtras(room) {
  room.extras ??= import("./extras.js").then(
    ({ start }) => start(room),
    () => {
      // The network went just now.
      room.extras = null;
      setTimeout(() => startExtras(room), EXTRAS_MS.waiting);
    },
  );
}

function announce(target, name, detail) {
  target.dispatchEvent(new CustomEvent(`rofim:${name}`, { detail }));
}

/** What pages/room_start.js opened, if it did. */
function takeEarlySocket() {
  return document.getElementById("room-start")?.started ?? null;
}

/** A WebSocket constructor whose first socket is open already, or on its way; what it said is said again. */
function startingWith({ socket, heard }) {
  let taken = false;
  return function EarlyWebSocket(url) {
    if (taken) return new WebSocket(url);
    taken = true;
    queueMicrotask(() => {
      for (const event of heard) socket[`on${event.type}`]?.(event);
    });
    return socket;
  };
}

function socketUrl(path) {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
}

/** The state page; a redirection or a refusal means that this browser is no longer let in. */
async function fetchState(url) {
  const response = await fetch(url, {
    redirect: "manual",
    cache: "no-store",
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(STATE_MS),
  });
  if (response.type === "opaqueredirect" || [401, 403, 404, 410].includes(response.status)) return { allowed: false };
  if (!response.ok) throw new Error(`state: ${response.status}`);
  const { status, endsAt } = await response.json();
  return { allowed: true, ended: ENDED[status] ?? null, endsAt };
}

/** A browser that refuses to store anything refuses to name the store, too. */
function storageOf(name) {
  try {
    return globalThis[name];
  } catch {
    return null;
  }
}

async function showObstacle(root, trouble) {
  root.dataset.phase = "obstacle";
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  part("status").hidden = false;
  part("bar").hidden = true;
  const { explainObstacle } = await import("./help_view.js");
  explainObstacle(trouble, { title: part("status-title"), detail: part("status-detail"), more: part("status-help") });
  part("announce").textContent = part("status-title").textContent;
}
