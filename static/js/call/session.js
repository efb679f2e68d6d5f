/**
 * One stay in the room: the socket, the peer and the time, as one state that the page shows.
 *
 * Two losses are kept apart. Without the socket the media goes on (it is browser to browser) and nobody hears of it
 * for 5 s; without the media the socket repairs it: ICE restarts first, a new connection after three of them
 * (reliability.md, 5). All that has a timer, a network or a browser in it comes in as an argument.
 *
 * @typedef {"connecting"|"waiting"|"calling"|"live"|"interrupted"|"left"|"replaced"|"refused"|"ended"} Phase
 */

import { ENDED, REPLACED } from "./socket.js";
import { Timers } from "./timers.js";

// The newcomer offers; if it doesn't (its page believes in an old connection), whoever waits does.
const OFFER_GRACE_MS = 1500;
// A peer that reloads or changes networks is back within these; until then nothing on the page moves. What was on its
// way when it left arrives in the first of them.
const LAST_BYTES_MS = 400;
const LEAVE_GRACE_MS = 1100;
const CONNECT_MS = 8000;
const DISCONNECTED_MS = 3000;
const RESTART_MS = 5000;
// Both sides see a cut; the polite one lets the other begin.
const POLITE_MS = 1500;
const RESTARTS = 3;
const SILENCE_MS = 5000;
const POLL_MS = 3000;
const QUALITY_MS = 10_000;

const STOPPED = new Set(["left", "replaced", "refused", "ended"]);

export class Session {
  #makePeer;
  #socket;
  #clock;
  #fetchState;
  #on;
  #maxDuration;
  #peer = null;
  #peerNumber = 0;
  #ice = {};
  #polite = false;
  #stopped = null;
  #welcomed = false;
  #everLive = false;
  #restarts = 0;
  #tracks = { audio: null, video: null };
  #local = { microphone: false, camera: false, screen: false };
  #timers;
  #inbox = Promise.resolve();
  #facts = {};

  /**
   * @param {object} parts
   * @param {(on: object) => import("./socket.js").RoomSocket} parts.makeSocket
   * @param {(parts: object) => import("./peer.js").Peer} parts.makePeer
   * @param {{now: Function, setTimeout: Function, clearTimeout: Function}} parts.clock milliseconds since 1970
   * @param {() => Promise<{allowed: boolean, ended: ?string, endsAt: ?string}>} parts.fetchState the state page, over HTTP
   * @param {number} parts.maxDuration milliseconds; the limit of a consultation
   * @param {{change: Function, track: Function, peer: Function, channel: Function}} parts.on
   */
  constructor({ makeSocket, makePeer, clock, fetchState, maxDuration, on }) {
    this.#makePeer = makePeer;
    this.#clock = clock;
    this.#fetchState = fetchState;
    this.#maxDuration = maxDuration;
    this.#on = on;
    this.#timers = new Timers(clock);
    this.#socket = makeSocket({
      frame: (frame) => this.#receive(frame),
      down: () => this.#socketDown(),
      closed: (code) => this.#socketClosed(code),
    });
    this.#reset();
  }

  /** What is true now, for the page to show. Times are milliseconds of the server's clock. */
  get view() {
    return { ...this.#facts, phase: this.#phase(), now: this.#clock.now() + this.#facts.clockOffset };
  }

  /** The RTCPeerConnection of now, to be measured; null when there is none. */
  get connection() {
    return this.#peer?.connection ?? null;
  }

  /** Enters the room, for the first time or again. */
  join() {
    this.#stopped = null;
    this.#reset();
    this.#renewPeer();
    this.#socket.open();
    this.#changed();
  }

  /** Leaves the call, not the consultation: one may come back. */
  hangUp() {
    this.#socket.leave();
    this.#stop("left");
  }

  /** Another track of this kind from now on, or none. */
  setTrack(kind, track) {
    this.#tracks[kind] = track;
    this.#peer?.setTrack(kind, track);
  }

  /** What the other side is told of our microphone, camera and screen. */
  setLocal(local) {
    this.#local = { ...local };
    this.#sendState();
  }

  /** Tells the server how good the connection is; of several within 10 s, the first. */
  sendQuality(quality) {
    if (this.#timers.has("quality")) return;
    this.#timers.after("quality", QUALITY_MS, () => {});
    this.#socket.send({ type: "quality", ...quality });
  }

  /** The network changed or the machine woke up. */
  wake() {
    if (this.#stopped) return;
    this.#socket.wake();
    if (this.#everLive && this.#peer?.state !== "connected") this.#timers.after("repair", 0, () => this.#repair());
  }

  #reset() {
    this.#welcomed = false;
    this.#everLive = false;
    this.#restarts = 0;
    this.#facts = {
      socketUp: false,
      socketLost: false,
      peerPresent: false,
      peerLeft: null,
      remote: { microphone: true, camera: true, screen: false },
      clockOffset: 0,
      startedAt: null,
      endsAt: null,
      warning: null,
      end: null,
    };
  }

  #phase() {
    if (this.#stopped) return this.#stopped;
    if (this.#peer?.state === "connected") return "live";
    if (!this.#welcomed) return "connecting";
    if (this.#everLive) return "interrupted";
    return this.#facts.peerPresent ? "calling" : "waiting";
  }

  #changed() {
    this.#on.change(this.view);
  }

  // --- Frames ------------------------------------------------------------------------------------

  #receive(frame) {
    if (this.#stopped) return;
    switch (frame?.type) {
      case "welcome":
        this.#welcome(frame);
        break;
      case "ice-servers":
        this.#peer.configure((this.#ice = frame));
        break;
      case "peer-joined":
        this.#peerJoined(frame);
        break;
      case "peer-left":
        this.#peerLeft(frame.reason);
        break;
      case "description":
      case "candidate":
        this.#inbox = this.#inbox.then(() => this.#relay(frame));
        break;
      case "state":
        this.#facts.remote = { microphone: !!frame.microphone, camera: !!frame.camera, screen: !!frame.screen };
        break;
      case "time-left":
        this.#facts.warning = frame.seconds;
        break;
      case "ended":
        this.#facts.end = { by: frame.by, reason: frame.reason };
        this.#stop("ended");
        break;
      default:
        return;
    }
    this.#changed();
  }

  #welcome(frame) {
    this.#welcomed = true;
    this.#polite = frame.polite;
    this.#peer.configure((this.#ice = frame));
    this.#facts.socketUp = true;
    this.#facts.socketLost = false;
    this.#timers.cancel("silence", "poll");
    this.#facts.clockOffset = Date.parse(frame.now) - this.#clock.now();
    this.#setEnd(frame.endsAt);
    this.#facts.peerPresent = frame.peer;
    if (this.#peer.fresh) this.#renewPeer();
    if (!frame.peer) return;
    this.#facts.peerLeft = null;
    this.#timers.cancel("leave");
    if (this.#peer.fresh) this.#offer();
    else if (this.#peer.state !== "connected") this.#timers.after("repair", 0, () => this.#repair());
    this.#sendState();
  }

  #peerJoined(frame) {
    this.#setEnd(frame.endsAt);
    this.#facts.peerPresent = true;
    this.#facts.peerLeft = null;
    this.#timers.cancel("leave");
    if (this.#peer.fresh) {
      // An offer under way went to whoever was there before.
      if (this.#peer.offering) this.#renewPeer();
      this.#timers.after("offer", OFFER_GRACE_MS, () => this.#peer.fresh && !this.#peer.offering && this.#offer());
    } else if (this.#peer.state !== "connected") {
      this.#timers.after("repair", OFFER_GRACE_MS, () => this.#repair());
    }
    this.#sendState();
  }

  #peerLeft(reason) {
    this.#facts.peerPresent = false;
    this.#facts.peerLeft = reason;
    this.#timers.cancel("offer", "connect", "repair");
    this.#timers.after("leave", LAST_BYTES_MS, () => this.#checkGone());
  }

  async #checkGone() {
    // A peer whose socket broke may still be heard and seen: only silence on the media ends the picture.
    const peer = this.#peer;
    const before = await bytesReceived(peer.connection);
    if (this.#stopped || this.#facts.peerPresent) return;
    this.#timers.after("leave", LEAVE_GRACE_MS, async () => {
      const received = (await bytesReceived(peer.connection)) - before;
      if (this.#facts.peerPresent || this.#stopped || peer !== this.#peer) return;
      if (received > 0 && peer.state === "connected") {
        this.#checkGone();
        return;
      }
      this.#everLive = false;
      this.#renewPeer();
      this.#changed();
    });
  }

  async #relay(frame) {
    if (this.#stopped) return;
    this.#facts.peerPresent = true;
    if (frame.type === "description") this.#timers.cancel("offer");
    if (!(await this.#peer.receive(frame)) && !this.#stopped) {
      this.#renewPeer();
      await this.#peer.receive(frame);
    }
    if (frame.type !== "description" || this.#stopped || this.#peer.state === "connected") return;
    if (!this.#timers.has("repair")) this.#timers.after("connect", CONNECT_MS, () => this.#repair());
  }

  #sendState() {
    if (this.#facts.socketUp) this.#socket.send({ type: "state", ...this.#local });
  }

  // --- Peer --------------------------------------------------------------------------------------

  #renewPeer() {
    this.#peer?.close();
    this.#timers.cancel("offer", "connect", "repair");
    const number = (this.#peerNumber += 1);
    this.#peer = this.#makePeer({
      ice: this.#ice,
      polite: this.#polite,
      send: (frame) => number === this.#peerNumber && this.#socket.send(frame),
      tracks: this.#tracks,
      clock: this.#clock,
      on: {
        track: (track) => number === this.#peerNumber && this.#on.track(track),
        state: (state) => number === this.#peerNumber && this.#peerState(state),
        channel: (channel) => number === this.#peerNumber && this.#on.channel(channel),
      },
    });
    this.#on.peer(this.#peer.connection);
  }

  #offer() {
    this.#peer.start();
    this.#timers.after("connect", CONNECT_MS, () => this.#repair());
  }

  #peerState(state) {
    if (this.#stopped) return;
    const patience = this.#polite ? POLITE_MS : 0;
    if (state === "connected") {
      this.#timers.cancel("offer", "connect", "repair");
      this.#restarts = 0;
      this.#everLive = true;
      this.#startTime();
    } else if (state === "disconnected") {
      this.#timers.after("repair", DISCONNECTED_MS + patience, () => this.#repair());
    } else if (state === "failed") {
      this.#timers.after("repair", patience, () => this.#repair());
    }
    this.#changed();
  }

  /** One rung of the ladder; the next follows by itself until the media is back. */
  #repair() {
    if (this.#stopped || this.#peer.state === "connected") return;
    // Nobody would hear an offer: the welcome or the peer's arrival comes back here.
    if (!this.#facts.socketUp || !this.#facts.peerPresent) return;
    if (this.#peer.fresh || this.#restarts >= RESTARTS) {
      this.#restarts = 0;
      this.#renewPeer();
      this.#offer();
      return;
    }
    this.#restarts += 1;
    this.#peer.restart();
    this.#timers.after("repair", RESTART_MS + (this.#polite ? POLITE_MS : 0), () => this.#repair());
  }

  // --- Time --------------------------------------------------------------------------------------

  #setEnd(endsAt) {
    if (!endsAt) return;
    this.#facts.endsAt = Date.parse(endsAt);
    this.#facts.startedAt = this.#facts.endsAt - this.#maxDuration;
  }

  async #startTime() {
    if (this.#facts.endsAt) return;
    this.#facts.startedAt = this.#clock.now() + this.#facts.clockOffset;
    this.#facts.endsAt = this.#facts.startedAt + this.#maxDuration;
    // The server counts from when both were first there; its word replaces our guess.
    const state = await this.#fetchState().catch(() => null);
    if (state) this.#setEnd(state.endsAt);
    this.#changed();
  }

  // --- Socket ------------------------------------------------------------------------------------

  #socketDown() {
    if (this.#stopped) return;
    this.#facts.socketUp = false;
    if (!this.#timers.has("silence") && !this.#facts.socketLost) {
      this.#timers.after("silence", SILENCE_MS, () => {
        this.#facts.socketLost = true;
        this.#changed();
      });
    }
    // The first refusal looks like a dead network: only the state page tells them apart.
    if (!this.#timers.has("poll")) this.#poll(this.#welcomed ? POLL_MS : 0);
    this.#changed();
  }

  #socketClosed(code) {
    if (this.#stopped) return;
    this.#stop({ [ENDED]: "ended", [REPLACED]: "replaced" }[code] ?? "refused");
  }

  #poll(wait = POLL_MS) {
    this.#timers.after("poll", wait, async () => {
      const state = await this.#fetchState().catch(() => null);
      if (this.#stopped || this.#facts.socketUp) return;
      if (state && !state.allowed) this.#stop("refused");
      else if (state?.ended) {
        this.#facts.end ??= { by: "system", reason: state.ended };
        this.#stop("ended");
      } else this.#poll();
    });
  }

  #stop(phase) {
    this.#stopped = phase;
    this.#timers.cancelAll();
    this.#facts.socketUp = false;
    this.#socket.leave();
    this.#peerNumber += 1;
    this.#peer?.close();
    this.#peer = null;
    this.#changed();
  }
}

/** Bytes of sound and picture that this connection received so far. */
async function bytesReceived(connection) {
  let bytes = 0;
  try {
    for (const report of (await connection.getStats()).values()) {
      if (report.type === "inbound-rtp") bytes += report.bytesReceived ?? 0;
    }
  } catch {
    // A closed connection has no statistics.
  }
  return bytes;
}
