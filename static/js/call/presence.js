/** Whether the other person is there: by the socket's word, and for as long as their sound or picture comes, in spite of it. */

import { bytesReceived } from "./flow.js";

// A peer that reloads or changes networks is back within these; until then nothing on the page moves. What was on its
// way when it left arrives in the first of them.
const LAST_BYTES_MS = 400;
const LEAVE_GRACE_MS = 1100;

export class Presence {
  #timers;
  #peer;
  #gone;
  here = false;
  /** Why the other socket is away: "gone", "lost", "refused", or null. */
  left = null;

  /**
   * @param {import("./timers.js").Timers} timers
   * @param {() => import("./peer.js").Peer} peer the one of now
   * @param {() => void} gone nothing is heard or seen any more
   */
  constructor(timers, peer, gone) {
    this.#timers = timers;
    this.#peer = peer;
    this.#gone = gone;
  }

  /** Nobody was seen yet. */
  reset() {
    this.here = false;
    this.left = null;
  }

  /** The other socket is there. */
  arrive() {
    this.here = true;
    this.left = null;
    this.#timers.cancel("leave");
  }

  /** The other socket is away, for a `reason`; `gone` follows unless the media goes on, and may do so. */
  leave(reason) {
    this.here = false;
    this.left = reason;
    // A page whose right to be here has ended might send on.
    if (reason === "refused") {
      this.#timers.cancel("leave");
      this.#gone();
      return;
    }
    this.#timers.after("leave", LAST_BYTES_MS, () => this.#check());
  }

  async #check() {
    // A peer whose socket broke may still be heard and seen: only silence on the media ends the picture.
    const peer = this.#peer();
    const before = await anyBytes(peer);
    if (this.here || peer !== this.#peer()) return;
    this.#timers.after("leave", LEAVE_GRACE_MS, async () => {
      const received = (await anyBytes(peer)) - before;
      if (this.here || peer !== this.#peer()) return;
      if (received > 0 && peer.state === "connected") this.#check();
      else this.#gone();
    });
  }
}

async function anyBytes({ connection }) {
  const { audio, video } = await bytesReceived(connection);
  return audio + video;
}
