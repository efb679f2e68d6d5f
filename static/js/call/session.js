/**
 * One stay in the room: the socket, the peer and the time, as one state that the page shows.
 *
 * Two losses are kept apart. Without the socket the media goes on (it is browser to browser) and nobody hears of it
 * for 5 s (`outage.js`); without the media the socket repairs it (`ladder.js`). All that has a timer, a network or a
 * browser in it comes in as an argument.
 *
 * @typedef {"connecting"|"waiting"|"calling"|"live"|"interrupted"|"left"|"replaced"|"refused"|"ended"} Phase
 */

import { Flow } from "./flow.js";
import { Hours } from "./hours.js";
import { Ladder } from "./ladder.js";
import { Outage } from "./outage.js";
import { Presence } from "./presence.js";
import { ENDED, REPLACED } from "./socket.js";
import { Timers } from "./timers.js";

const QUALITY_MS = 10_000;
// So long without the other person is long enough to reach for the telephone.
const MISSING_MS = 60_000;

export class Session {
  #makePeer;
  #makeHours;
  #socket;
  #clock;
  #on;
  #timers;
  #presence;
  #ladder;
  #flow;
  #outage;
  #hours;
  #peer = null;
  #peerNumber = 0;
  #ice = {};
  #stopped = null;
  #socketUp = false;
  #welcomed = false;
  #everLive = false;
  #tracks = { audio: null, video: null };
  #local = { microphone: false, camera: false, screen: false };
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
    this.#makeHours = () => new Hours(clock, fetchState, maxDuration);
    this.#clock = clock;
    this.#on = on;
    this.#timers = new Timers(clock);
    this.#presence = new Presence(this.#timers, () => this.#peer, () => this.#gone());
    this.#ladder = new Ladder(this.#timers, {
      peer: () => this.#peer,
      heard: () => this.#socketUp && this.#presence.here,
      renew: () => this.#renewPeer(),
    });
    this.#flow = new Flow(clock, this.#timers, {
      connection: () => this.connection,
      expected: () => this.#expected(),
      remedy: (name) => (name === "restart" ? this.#ladder.restart() : this.#ladder.anew()),
      slept: () => this.wake(),
      change: () => this.#changed(),
    });
    this.#outage = new Outage(this.#timers, fetchState, {
      told: () => this.#changed(),
      refused: () => this.#stop("refused"),
      ended: (reason) => this.#end({ by: "system", reason }),
      reachable: () => this.#socket.wake(),
    });
    this.#socket = makeSocket({
      frame: (frame) => this.#receive(frame),
      down: () => this.#socketDown(),
      closed: (code) => this.#socketClosed(code),
    });
    this.#reset();
  }

  /** What is true now, for the page to show. Times are milliseconds of the server's clock. */
  get view() {
    const { startedAt, endsAt, now } = this.#hours;
    return {
      ...this.#facts,
      phase: this.#phase(),
      socketUp: this.#socketUp,
      socketLost: this.#outage.told,
      peerPresent: this.#presence.here,
      peerLeft: this.#presence.left,
      silent: this.#flow.silent,
      startedAt,
      endsAt,
      now,
    };
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
    this.#flow.begin();
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
    if (this.#peer.state === "connected") this.#flow.doubt();
    else if (this.#everLive) this.#ladder.repairIn(0);
  }

  #reset() {
    this.#hours = this.#makeHours();
    this.#ladder.reset();
    this.#presence.reset();
    this.#outage.end();
    this.#socketUp = this.#welcomed = this.#everLive = false;
    this.#facts = { remote: { microphone: true, camera: true, screen: false }, warning: null, end: null, missing: false };
  }

  #phase() {
    if (this.#stopped) return this.#stopped;
    if (this.#peer.state === "connected") return this.#flow.silent === "all" ? "interrupted" : "live";
    if (!this.#welcomed) return "connecting";
    if (this.#everLive) return "interrupted";
    return this.#presence.here ? "calling" : "waiting";
  }

  #changed() {
    this.#watchAbsence();
    this.#on.change(this.view);
  }

  #watchAbsence() {
    if (this.#stopped || this.#phase() === "live") {
      this.#timers.cancel("missing");
      this.#facts.missing = false;
    } else if (!this.#facts.missing && !this.#timers.has("missing")) {
      this.#timers.after("missing", MISSING_MS, () => {
        this.#facts.missing = true;
        this.#changed();
      });
    }
  }

  #expected() {
    const { microphone, camera, screen } = this.#facts.remote;
    return { audio: microphone, video: camera || screen };
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
        this.#hours.setEnd(frame.endsAt);
        this.#presence.arrive();
        this.#ladder.host();
        this.#sendState();
        break;
      case "peer-left":
        this.#ladder.rest();
        this.#presence.leave(frame.reason);
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
        this.#end({ by: frame.by, reason: frame.reason });
        return;
      default:
        return;
    }
    this.#changed();
  }

  #welcome(frame) {
    this.#welcomed = this.#socketUp = true;
    this.#outage.end();
    this.#hours.set(frame.now);
    this.#hours.setEnd(frame.endsAt);
    this.#ladder.polite = frame.polite;
    this.#peer.configure((this.#ice = frame));
    if (this.#peer.fresh) this.#renewPeer();
    this.#presence.here = frame.peer;
    if (!frame.peer) return;
    this.#presence.arrive();
    // A socket that broke may tell of the network beneath it.
    if (this.#peer.state === "connected") this.#flow.doubt();
    else this.#ladder.newcomer();
    this.#sendState();
  }

  async #relay(frame) {
    if (this.#stopped) return;
    this.#presence.here = true;
    if (frame.type === "description") this.#ladder.answered();
    if (!(await this.#peer.receive(frame)) && !this.#stopped) {
      this.#renewPeer();
      // What a new connection over there answered to our old one is lost on ours: it gets an offer of its own.
      if (frame.description.type === "answer") this.#ladder.newcomer();
      else await this.#peer.receive(frame);
    }
    if (frame.type === "description" && !this.#stopped) this.#ladder.expect();
  }

  #sendState() {
    if (this.#socketUp) this.#socket.send({ type: "state", ...this.#local });
  }

  // --- Peer --------------------------------------------------------------------------------------

  #renewPeer() {
    this.#peer?.close();
    this.#ladder.rest();
    const number = (this.#peerNumber += 1);
    this.#peer = this.#makePeer({
      ice: this.#ice,
      polite: this.#ladder.polite,
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

  #peerState(state) {
    this.#ladder.follow(state);
    if (state === "connected") {
      this.#everLive = true;
      this.#hours.begin().then(() => this.#stopped || this.#changed());
    }
    this.#changed();
  }

  #gone() {
    this.#everLive = false;
    this.#renewPeer();
    this.#changed();
  }

  // --- Socket ------------------------------------------------------------------------------------

  #socketDown() {
    this.#socketUp = false;
    this.#outage.begin({ doubtful: !this.#welcomed });
    this.#changed();
  }

  #socketClosed(code) {
    this.#stop({ [ENDED]: "ended", [REPLACED]: "replaced" }[code] ?? "refused");
  }

  #end(end) {
    this.#facts.end ??= end;
    this.#stop("ended");
  }

  #stop(phase) {
    this.#stopped = phase;
    this.#timers.cancelAll();
    this.#outage.end();
    this.#socketUp = false;
    this.#socket.leave();
    this.#peerNumber += 1;
    this.#peer?.close();
    this.#peer = null;
    this.#changed();
  }
}
