/**
 * How much of a file may be under way at once: what fills the line without making sound and picture wait behind it.
 *
 * The data channel's own congestion control only stops when packets are lost, that is when the line's queue is full and
 * half a second long. So, as LEDBAT does (RFC 6817), the window follows the delay: it grows while acknowledgements come
 * as fast as they ever did, and shrinks before they are `TARGET_MS` later.
 */

const TARGET_MS = 25;
const LEAST = 4 * 1024;
const MOST = 1024 * 1024;
// Of the window, per round trip, when the queue is empty.
const GROWTH = 0.5;
const SHRINK = -1;
const CHUNKS = 4;
// A line that has become longer (another network) is measured anew.
const MEMORY_MS = 30_000;

export class Pace {
  #window = 4 * LEAST;
  // The shortest delays of this half minute and of the one before.
  #shortest = [Infinity, Infinity];
  #since = null;
  #underWay = [];
  #acknowledged;
  #sent;

  /** @param {number} offset from which byte on the file is sent */
  constructor(offset) {
    this.#acknowledged = this.#sent = offset;
  }

  /** Bytes of the next chunk. */
  get chunk() {
    return Math.ceil(this.#window / CHUNKS);
  }

  /** Whether `bytes` more may be sent now. */
  allows(bytes) {
    const underWay = this.#sent - this.#acknowledged;
    return underWay === 0 || underWay + bytes <= this.#window;
  }

  /** All up to this byte has been handed over. `now` in milliseconds. */
  sent(offset, now) {
    this.#sent = offset;
    this.#underWay.push({ offset, now });
  }

  /** All up to this byte has arrived. @returns {boolean} false if it wasn't sent, or was acknowledged before */
  acknowledged(offset, now) {
    const at = this.#underWay.findIndex((chunk) => chunk.offset === offset);
    if (at < 0) return false;
    const delay = now - this.#underWay[at].now;
    this.#underWay.splice(0, at + 1);
    const room = (TARGET_MS - (delay - this.#base(delay, now))) / TARGET_MS;
    const bytes = offset - this.#acknowledged;
    this.#acknowledged = offset;
    this.#window = Math.min(MOST, Math.max(LEAST, this.#window + GROWTH * Math.max(SHRINK, room) * bytes));
    return true;
  }

  #base(delay, now) {
    this.#since ??= now;
    if (now - this.#since > MEMORY_MS) {
      this.#shortest = [Infinity, this.#shortest[0]];
      this.#since = now;
    }
    this.#shortest[0] = Math.min(this.#shortest[0], delay);
    return Math.min(...this.#shortest);
  }
}
