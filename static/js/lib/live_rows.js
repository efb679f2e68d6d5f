/** When a page asks for its rows: when the socket says so, and now and then by itself. */

// « Depuis 3 min », « ouvre à 22:00 »: what only the clock changes, and whatever a signal was lost of.
export const UP_MS = 20_000;
// Without the socket the page finds out by itself.
export const DOWN_MS = 4_000;
// Several changes of one moment are one question.
export const GATHER_MS = 200;

export class LiveRows {
  #clock;
  #ask;
  #isUp = false;
  #timer = null;
  #soon = null;

  /**
   * @param {object} parts
   * @param {{setTimeout: Function, clearTimeout: Function}} parts.clock milliseconds
   * @param {() => void} parts.ask asks the server for the rows
   */
  constructor({ clock, ask }) {
    this.#clock = clock;
    this.#ask = ask;
    this.#plan();
  }

  /** The socket says that something has changed. */
  changed() {
    this.#isUp = true;
    this.#soon ??= this.#clock.setTimeout(() => this.#askNow(), GATHER_MS);
  }

  /** The socket is lost. */
  down() {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#plan();
  }

  /** The server did not answer. */
  failed() {
    this.#plan(DOWN_MS);
  }

  #askNow() {
    this.#clock.clearTimeout(this.#soon);
    this.#soon = null;
    this.#plan();
    this.#ask();
  }

  #plan(wait = this.#isUp ? UP_MS : DOWN_MS) {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#askNow(), wait);
  }
}
