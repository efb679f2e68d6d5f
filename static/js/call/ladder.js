/**
 * The ladder that a call climbs until its media is there: an offer, ICE restarts, after three of them a new connection
 * (reliability.md, 5).
 */

// The newcomer offers; if it doesn't (its page believes in an old connection), whoever waits does.
const OFFER_GRACE_MS = 1500;
const CONNECT_MS = 8000;
const DISCONNECTED_MS = 3000;
const RESTART_MS = 5000;
// Both sides see a cut; the polite one lets the other begin.
const POLITE_MS = 1500;
const RESTARTS = 3;

export class Ladder {
  #timers;
  #peer;
  #heard;
  #renew;
  #restarts = 0;
  polite = false;

  /**
   * @param {import("./timers.js").Timers} timers
   * @param {object} call
   * @param {() => import("./peer.js").Peer} call.peer the one of now
   * @param {() => boolean} call.heard whether the other side would hear an offer
   * @param {() => void} call.renew makes another Peer
   */
  constructor(timers, { peer, heard, renew }) {
    this.#timers = timers;
    this.#peer = peer;
    this.#heard = heard;
    this.#renew = renew;
  }

  /** From the first rung on. */
  reset() {
    this.#restarts = 0;
  }

  /** Nothing is to be repaired for now. */
  rest() {
    this.#timers.cancel("offer", "connect", "repair");
  }

  /** We came to somebody who waits, and have no connection. */
  newcomer() {
    if (this.#peer().fresh) this.#offer();
    else this.repairIn(0);
  }

  /** Somebody came to us, who offers; an offer of ours under way went to whoever was there before. */
  host() {
    const peer = this.#peer();
    if (!peer.fresh) {
      if (peer.state !== "connected") this.repairIn(OFFER_GRACE_MS);
      return;
    }
    if (peer.offering) this.#renew();
    this.#timers.after("offer", OFFER_GRACE_MS, () => this.#peer().fresh && !this.#peer().offering && this.#offer());
  }

  /** A description of the other side is coming in: ours isn't needed. */
  answered() {
    this.#timers.cancel("offer");
  }

  /** Descriptions were exchanged: the connection has its time to come about. */
  expect() {
    if (this.#peer().state === "connected" || this.#timers.has("repair")) return;
    this.#timers.after("connect", CONNECT_MS, () => this.#repair());
  }

  /** The connection's state has changed. */
  follow(state) {
    const patience = this.polite ? POLITE_MS : 0;
    if (state === "connected") {
      this.rest();
      this.reset();
    } else if (state === "disconnected") {
      this.repairIn(DISCONNECTED_MS + patience);
    } else if (state === "failed") {
      this.repairIn(patience);
    }
  }

  /** Begins, or goes on, in so many milliseconds. */
  repairIn(wait) {
    this.#timers.after("repair", wait, () => this.#repair());
  }

  /** Other paths for a connection that passes for a good one. False if nobody would hear. */
  restart() {
    if (!this.#heard()) return false;
    this.#peer().restart();
    return true;
  }

  /** Another connection in place of one that passes for a good one. False if nobody would hear, or answers: a page that sleeps. */
  anew() {
    if (!this.#heard() || this.#peer().offering) return false;
    this.#begin();
    return true;
  }

  #begin() {
    this.reset();
    this.#renew();
    this.#offer();
  }

  #offer() {
    this.#peer().start();
    this.#timers.after("connect", CONNECT_MS, () => this.#repair());
  }

  /** One rung; the next follows by itself until the media is back. */
  #repair() {
    if (this.#peer().state === "connected") return;
    // Nobody would hear an offer: the welcome or the peer's arrival comes back here.
    if (!this.#heard()) return;
    if (this.#peer().fresh || this.#restarts >= RESTARTS) {
      this.#begin();
      return;
    }
    this.#restarts += 1;
    this.#peer().restart();
    this.repairIn(RESTART_MS + (this.polite ? POLITE_MS : 0));
  }
}
