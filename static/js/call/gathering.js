/**
 * The candidates of one description: most of them travel in it, since a frame for each would be many (a laptop with its
 * virtual networks has dozens of addresses).
 */

// A description waits for a host's own addresses, some milliseconds: at most this long between two, and in all. What a
// STUN or TURN server has to tell follows in frames…
const PAUSE_MS = 5;
const ALL_MS = 20;
// … up to this many for one set of ICE credentials; the rest goes together into another offer.
const FRAMES = 8;
const REST_MS = 500;

// Browsers only ever open TCP towards a server: between two of them such a candidate has no partner (RFC 6544, 6.2).
const USELESS = / tcptype active/;

export class Gathering {
  #clock;
  #on;
  #timers = { pause: null, all: null, rest: null };
  #state = "before"; // "open": it waits for candidates; "sent"; "stopped"
  #some = false;
  #complete = false;
  #frames = 0;

  /**
   * @param {{setTimeout: Function, clearTimeout: Function}} clock
   * @param {object} on
   * @param {() => void} on.describe the description is to leave now, with what it holds
   * @param {(candidate: RTCIceCandidateInit) => void} on.candidate
   * @param {() => boolean} on.again there are too many for frames: another offer, unless it is needed no more; false if it can't be now
   */
  constructor(clock, on) {
    this.#clock = clock;
    this.#on = on;
  }

  /** The local description is set. @param {?Gathering} former of the description before, if the ICE credentials are still the same */
  begin(former = null) {
    if (this.#state !== "before") return;
    this.#state = "open";
    if (former) this.#frames = former.#frames;
    if (former || this.#complete) {
      this.#describe();
      return;
    }
    this.#after("all", ALL_MS, () => this.#describe());
    if (this.#some) this.#after("pause", PAUSE_MS, () => this.#describe());
  }

  /** An RTCIceCandidate, or null (or an empty one: Firefox) for the last. */
  take(candidate) {
    if (!candidate?.candidate) {
      this.#complete = true;
      if (this.#state === "open") this.#describe();
    } else if (this.#state === "sent") {
      this.#follow(candidate);
    } else {
      this.#some = true;
      if (this.#state === "open") this.#after("pause", PAUSE_MS, () => this.#describe());
    }
  }

  /** Another description has taken over, or none is wanted any more. */
  stop() {
    this.#state = "stopped";
    for (const timer of Object.values(this.#timers)) this.#clock.clearTimeout(timer);
  }

  #describe() {
    this.stop();
    this.#state = "sent";
    this.#on.describe();
  }

  #follow(candidate) {
    if (USELESS.test(candidate.candidate)) return;
    if (this.#frames < FRAMES) {
      this.#frames += 1;
      this.#on.candidate(candidate.toJSON());
    } else {
      this.#again();
    }
  }

  #again() {
    this.#after("rest", REST_MS, () => this.#on.again() || this.#again());
  }

  #after(name, wait, action) {
    this.#clock.clearTimeout(this.#timers[name]);
    this.#timers[name] = this.#clock.setTimeout(action, wait);
  }
}
