/**
 * How long the login of a page still lasts, seen from the page: asks the server, never trusts its own count alone,
 * since other tabs and a running call prolong the same session.
 *
 * calm → warning (the last two minutes) → ended → calm again (logged in anew in another tab) or `other` (as somebody
 * else). All times are milliseconds of `clock.now()`; what the server answers are seconds.
 */

export const WARN_MS = 120_000;
/** The server writes a sign of life at most once a minute. */
export const SIGN_MS = 60_000;
const ASK_MS = 3_000;
const TICK_MS = 1_000;

export class SessionWatch {
  /**
   * @param {object} parts
   * @param {(method: "GET" | "POST") => Promise<{left: number, final: boolean, user: string, token: string}>} parts.ask
   * @param {{now: () => number, setTimeout: Function, clearTimeout: Function}} parts.clock
   * @param {number} parts.left seconds
   * @param {string} parts.user whose page it is
   * @param {{state: (state: string, left: number, final: boolean) => void, token: (token: string) => void}} parts.on
   */
  constructor({ ask, clock, left, user, on }) {
    Object.assign(this, { ask, clock, user, on });
    this.state = "calm";
    this.final = false;
    this.end = clock.now() + left * 1000;
    this.signed = clock.now();
    this.hasActed = false;
    this.asking = null;
  }

  start() {
    this.#plan(this.end - WARN_MS - this.clock.now());
  }

  /** Somebody types or clicks: a sign of life now, and another after a minute if there is still something to tell. */
  acted() {
    if (this.state !== "calm") return;
    this.hasActed = true;
    if (this.clock.now() - this.signed >= SIGN_MS) this.#sign();
    else this.signTimer ??= this.clock.setTimeout(() => this.#sign(), this.signed + SIGN_MS - this.clock.now());
  }

  /** « Rester connecté ». */
  stay() {
    return this.#ask("POST");
  }

  /** Now: the page is looked at again, the laptop woke up. */
  look() {
    return this.#ask("GET");
  }

  #sign() {
    this.clock.clearTimeout(this.signTimer);
    this.signTimer = null;
    if (!this.hasActed || this.state !== "calm") return;
    this.hasActed = false;
    this.signed = this.clock.now();
    this.#ask("POST");
  }

  #plan(wait) {
    this.clock.clearTimeout(this.timer);
    this.timer = this.clock.setTimeout(() => this.#due(), Math.max(0, wait));
  }

  #due() {
    const now = this.clock.now();
    if (this.state !== "warning" || now >= this.end || now - this.asked >= ASK_MS) this.#ask("GET");
    else this.#show("warning");
  }

  async #ask(method) {
    // One question at a time; a click counts more than a look.
    if (this.asking && method === "GET") return;
    const question = (this.asking = this.#answer(method));
    await question;
    if (this.asking === question) this.asking = null;
  }

  async #answer(method) {
    this.asked = this.clock.now();
    let answer;
    try {
      answer = await this.ask(method);
    } catch {
      // No network: by our own count it may be over, and nobody should read on.
      this.#show(this.clock.now() >= this.end ? "ended" : this.state);
      return;
    }
    if (answer.user && answer.user !== this.user) {
      this.#show("other");
      return;
    }
    this.final = answer.final;
    this.end = this.clock.now() + answer.left * 1000;
    if (answer.left && this.state === "ended") this.signed = this.clock.now();
    if (answer.left) this.on.token(answer.token);
    this.#show(this.#stateNow());
  }

  #stateNow() {
    const left = this.end - this.clock.now();
    if (left <= 0) return "ended";
    return left <= WARN_MS ? "warning" : "calm";
  }

  #show(state) {
    const left = Math.max(0, Math.ceil((this.end - this.clock.now()) / 1000));
    if (state === "warning" && left === 0) state = "ended";
    const was = this.state;
    this.state = state;
    if (state !== was || state === "warning") this.on.state(state, left, this.final);
    const wait = { calm: this.end - WARN_MS - this.clock.now(), warning: TICK_MS, ended: ASK_MS }[state];
    if (wait === undefined) this.clock.clearTimeout(this.timer);
    else this.#plan(state === "calm" ? Math.max(wait, TICK_MS) : wait);
  }
}
