/** The time without a socket: nobody hears of it for 5 s, and the state page is asked over HTTP what the socket would have said. */

const SILENCE_MS = 5000;
const POLL_MS = 3000;

export class Outage {
  #timers;
  #fetchState;
  #on;
  #down = false;
  /** Whether it has lasted long enough to be told. */
  told = false;

  /**
   * @param {import("./timers.js").Timers} timers
   * @param {() => Promise<{allowed: boolean, ended: ?string}>} fetchState the state page, over HTTP
   * @param {{told: Function, refused: Function, ended: (reason: string) => void, reachable: Function}} on
   */
  constructor(timers, fetchState, on) {
    this.#timers = timers;
    this.#fetchState = fetchState;
    this.#on = on;
  }

  /** The socket is down; `doubtful` if it never was up: the first refusal looks like a dead network, only the state page tells them apart. */
  begin({ doubtful }) {
    this.#down = true;
    if (!this.#timers.has("silence") && !this.told) {
      this.#timers.after("silence", SILENCE_MS, () => {
        this.told = true;
        this.#on.told();
      });
    }
    if (!this.#timers.has("poll")) this.#poll(doubtful ? 0 : POLL_MS);
  }

  /** The socket is up, or no longer wanted. */
  end() {
    this.#down = this.told = false;
    this.#timers.cancel("silence", "poll");
  }

  #poll(wait, unreachable = false) {
    this.#timers.after("poll", wait, async () => {
      const state = await this.#fetchState().catch(() => null);
      if (!this.#down) return;
      if (state && !state.allowed) this.#on.refused();
      else if (state?.ended) this.#on.ended(state.ended);
      else {
        this.#poll(POLL_MS, !state);
        // The site is back: the socket needn't sit out its wait of up to 8 s.
        if (state && unreachable) this.#on.reachable();
      }
    });
  }
}
