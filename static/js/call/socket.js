/**
 * The signalling socket, which comes back by itself (signalling.md).
 *
 * A browser does not notice a dead network: the page pings every 5 s, two unanswered pings are a dead socket.
 * Nothing is queued while the socket is down; the session renegotiates when it is back.
 */

export const ENDED = 4000;
export const NOT_ALLOWED = 4401;
export const REPLACED = 4409;
const FINAL = new Set([ENDED, NOT_ALLOWED, REPLACED]);

const PING_MS = 5000;
// A socket that slept, or whose network changed, is given less time to prove that it lives.
const WAKE_MS = 3000;
const MISSES = 2;
const CONNECT_MS = 8000;
const BACKOFF_MS = { first: 500, last: 8000 };
// An attempt younger than this has not had to wait yet.
const FRESH_MS = 500;
// A socket that held this long was a good one: the next loss starts again at the shortest wait.
const STABLE_MS = 10_000;

export class RoomSocket {
  #url;
  #WebSocket;
  #clock;
  #random;
  #on;
  #ws = null;
  #wanted = false;
  #back = false;
  #attempts = 0;
  #triedAt = 0;
  #openedAt = 0;
  #unanswered = 0;
  #retryTimer = null;
  #pingTimer = null;
  #connectTimer = null;

  /**
   * @param {object} parts
   * @param {string} parts.url ws: or wss: address, with `?page=`
   * @param {typeof WebSocket} parts.WebSocket
   * @param {{now: Function, setTimeout: Function, clearTimeout: Function}} parts.clock milliseconds
   * @param {() => number} parts.random
   * @param {{frame: Function, down: Function, closed: Function}} parts.on `closed(code)` is final, `down()` is not
   */
  constructor({ url, WebSocket, clock, random = Math.random, on }) {
    this.#url = url;
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#random = random;
    this.#on = on;
  }

  get isOpen() {
    return this.#ws?.readyState === 1;
  }

  open() {
    this.#wanted = true;
    this.#back = false;
    this.#attempts = 0;
    this.#clock.clearTimeout(this.#retryTimer);
    this.#connect();
  }

  /** Sends a frame; false if the socket is down. */
  send(frame) {
    if (!this.isOpen) return false;
    this.#ws.send(JSON.stringify(frame));
    return true;
  }

  /** Leaves for good, telling the other side. */
  leave() {
    this.#wanted = false;
    this.send({ type: "leave" });
    this.#discard(1000);
    this.#clock.clearTimeout(this.#retryTimer);
  }

  /** The network or the page woke up: try now instead of waiting, or find out whether the socket still lives. */
  wake() {
    if (!this.#wanted) return;
    if (!this.isOpen) {
      // An attempt begun in the dark waits seconds before it knocks again: a new one. Several wake at the same moment.
      if (this.#ws && this.#clock.now() - this.#triedAt < FRESH_MS) return;
      this.#attempts = 0;
      this.#clock.clearTimeout(this.#retryTimer);
      this.#connect();
    } else if (this.#unanswered < MISSES) {
      this.#unanswered = Math.max(this.#unanswered, MISSES - 1);
      this.#ping(WAKE_MS);
    }
  }

  #connect() {
    this.#discard();
    let ws;
    try {
      ws = new this.#WebSocket(this.#back ? `${this.#url}&back=1` : this.#url);
    } catch {
      this.#lost();
      return;
    }
    this.#ws = ws;
    this.#triedAt = this.#clock.now();
    this.#connectTimer = this.#clock.setTimeout(() => this.#lost(), CONNECT_MS);
    ws.onopen = () => {
      this.#clock.clearTimeout(this.#connectTimer);
      this.#openedAt = this.#clock.now();
      // From now on it comes back by itself: not to a seat that another page has taken meanwhile (PROTOCOL.md).
      this.#back = true;
      this.#unanswered = 0;
      this.#schedulePing();
    };
    ws.onmessage = ({ data }) => {
      this.#unanswered = 0;
      let frame;
      try {
        frame = JSON.parse(data);
      } catch {
        return;
      }
      if (frame?.type !== "pong") this.#on.frame(frame);
    };
    ws.onclose = ({ code }) => {
      if (FINAL.has(code)) {
        this.#wanted = false;
        this.#discard();
        this.#on.closed(code);
      } else {
        this.#lost();
      }
    };
  }

  #schedulePing(wait = PING_MS) {
    this.#pingTimer = this.#clock.setTimeout(() => this.#ping(), wait);
  }

  #ping(patience) {
    this.#clock.clearTimeout(this.#pingTimer);
    if (this.#unanswered >= MISSES) {
      this.#lost();
      return;
    }
    this.#unanswered += 1;
    this.send({ type: "ping" });
    this.#schedulePing(patience);
  }

  #lost() {
    const held = this.#openedAt && this.#clock.now() - this.#openedAt >= STABLE_MS;
    this.#openedAt = 0;
    this.#discard();
    if (!this.#wanted) return;
    if (held) this.#attempts = 0;
    const { first, last } = BACKOFF_MS;
    const wait = Math.min(last, first * 2 ** this.#attempts) * (0.8 + 0.4 * this.#random());
    this.#attempts += 1;
    this.#retryTimer = this.#clock.setTimeout(() => this.#connect(), Math.min(last, Math.max(first, wait)));
    this.#on.down();
  }

  #discard(code) {
    this.#clock.clearTimeout(this.#pingTimer);
    this.#clock.clearTimeout(this.#connectTimer);
    const ws = this.#ws;
    this.#ws = null;
    if (!ws) return;
    ws.onopen = ws.onmessage = ws.onclose = null;
    ws.close(code);
  }
}
