/** Timers by name: one of each at a time, all of them gone with `cancel(...names)`. */

export class Timers {
  #clock;
  #running = new Map();

  /** @param {{setTimeout: Function, clearTimeout: Function}} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  has(name) {
    return this.#running.has(name);
  }

  /** Does `action` in `wait` milliseconds, instead of whatever this name was going to do. */
  after(name, wait, action) {
    this.cancel(name);
    const timer = this.#clock.setTimeout(() => {
      this.#running.delete(name);
      action();
    }, wait);
    this.#running.set(name, timer);
  }

  cancel(...names) {
    for (const name of names) {
      this.#clock.clearTimeout(this.#running.get(name));
      this.#running.delete(name);
    }
  }

  cancelAll() {
    this.cancel(...this.#running.keys());
  }
}
