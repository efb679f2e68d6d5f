/** Who waits: says who has come, and again from time to time until nobody waits any more. */

// What a browser allows a page in the background: one turn a minute.
export const REPEAT_MS = 60_000;

export class Attention {
  #clock;
  #call;
  #waiting;
  #timer = null;

  /**
   * @param {object} parts
   * @param {{setTimeout: Function, clearTimeout: Function}} parts.clock milliseconds
   * @param {(keys: string[], again: boolean) => void} parts.call asks for attention to these; `again`: they wait still
   * @param {Iterable<string>} waiting who waited already when the page came
   */
  constructor({ clock, call }, waiting = []) {
    this.#clock = clock;
    this.#call = call;
    this.#waiting = new Set(waiting);
    this.#plan();
  }

  /** Who waits now. */
  update(keys) {
    const now = new Set(keys);
    const arrived = [...now].filter((key) => !this.#waiting.has(key));
    this.#waiting = now;
    if (arrived.length) this.#call(arrived, false);
    if (arrived.length || !now.size) this.#plan();
  }

  #plan() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#waiting.size
      ? this.#clock.setTimeout(() => {
          this.#call([...this.#waiting], true);
          this.#plan();
        }, REPEAT_MS)
      : null;
  }
}
