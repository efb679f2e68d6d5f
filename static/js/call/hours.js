/** The time of a consultation: the server's clock, when it began, when it ends. Milliseconds since 1970. */

export class Hours {
  #clock;
  #fetchState;
  #maxDuration;
  #offset = 0;
  startedAt = null;
  endsAt = null;

  /**
   * @param {{now: Function}} clock of this machine, which may be wrong
   * @param {() => Promise<{endsAt: ?string}>} fetchState the state page, over HTTP
   * @param {number} maxDuration milliseconds; the limit of a consultation
   */
  constructor(clock, fetchState, maxDuration) {
    this.#clock = clock;
    this.#fetchState = fetchState;
    this.#maxDuration = maxDuration;
  }

  /** Now, by the server's clock. */
  get now() {
    return this.#clock.now() + this.#offset;
  }

  /** The server's clock says `now` (ISO 8601). */
  set(now) {
    this.#offset = Date.parse(now) - this.#clock.now();
  }

  /** The limit, if it is known (ISO 8601 or null): then both were there once. */
  setEnd(endsAt) {
    if (!endsAt) return;
    this.endsAt = Date.parse(endsAt);
    this.startedAt = this.endsAt - this.#maxDuration;
  }

  /** Both are there. The server counts from when they first were; its word replaces our guess. */
  async begin() {
    if (this.endsAt) return;
    this.startedAt = this.now;
    this.endsAt = this.startedAt + this.#maxDuration;
    const state = await this.#fetchState().catch(() => null);
    if (state) this.setEnd(state.endsAt);
  }
}
