/**
 * Messages and bytes from browser to browser, over whichever RTCDataChannel the call has now (PROTOCOL.md, « The data channel »).
 *
 * A new RTCPeerConnection brings a new channel, whose other end may not listen yet: each end says `hello` when it begins
 * to listen, and nothing else before it has heard one. What comes in was written by another browser: all of it is checked.
 */

const VERSION = 1;
// What every browser takes in one message (RFC 8841, 6.1), the header of a chunk included.
export const MESSAGE_BYTES = 65_536;
// A chunk follows when so little is left to leave: a message written meanwhile waits for two chunks, not for the file.
const LOW_BYTES = 65_536;
const BURST = 200;
const PER_SECOND = 50;

export class Channel {
  #clock;
  #page;
  #rtc = null;
  #ready = false;
  #otherPage = null;
  #limit = MESSAGE_BYTES;
  #handlers = new Map();
  #onBytes = [];
  #onOpen = [];
  #waiting = [];
  #tokens = BURST;
  #countedAt;

  /**
   * @param {object} parts
   * @param {{now: Function}} parts.clock
   * @param {string} parts.page tells this page from the one before its reload
   */
  constructor({ clock, page }) {
    this.#clock = clock;
    this.#page = page;
    this.#countedAt = clock.now();
  }

  /** Whether the other end listens. */
  get ready() {
    return this.#ready && this.#rtc.readyState === "open";
  }

  /** The largest message, in bytes, that the other end takes. */
  get limit() {
    return this.#limit;
  }

  /** @param {string} type of a message @param {(message: object) => void} handler checks what it is given */
  on(type, handler) {
    this.#handlers.set(type, handler);
  }

  /** @param {(data: ArrayBuffer) => void} handler of binary messages */
  onBytes(handler) {
    this.#onBytes.push(handler);
  }

  /** @param {(how: {samePage: boolean}) => void} handler called each time the other end has said hello on a new channel */
  onOpen(handler) {
    this.#onOpen.push(handler);
  }

  /** Goes over to an open RTCDataChannel. `limit`: the other end's largest message (RTCSctpTransport.maxMessageSize). */
  attach(rtc, limit = MESSAGE_BYTES) {
    if (rtc === this.#rtc) return;
    this.#detach();
    this.#rtc = rtc;
    this.#limit = Math.min(limit || MESSAGE_BYTES, MESSAGE_BYTES);
    rtc.bufferedAmountLowThreshold = LOW_BYTES;
    rtc.onmessage = ({ data }) => rtc === this.#rtc && this.#receive(data);
    rtc.onclose = () => rtc === this.#rtc && this.#detach();
    rtc.onbufferedamountlow = () => rtc === this.#rtc && this.#release(true);
    this.#greet(false);
  }

  /** @returns {boolean} whether the message was handed over; it may still be lost with the connection */
  send(message) {
    return this.ready && this.#write(JSON.stringify(message));
  }

  /** @param {Uint8Array} bytes at most `limit` of them @returns {boolean} as `send` */
  sendBytes(bytes) {
    return this.ready && this.#write(bytes);
  }

  /** Waits until a chunk may be handed over. @returns {Promise<boolean>} false when this channel went meanwhile */
  room() {
    if (!this.ready) return Promise.resolve(false);
    if (this.#rtc.bufferedAmount <= LOW_BYTES) return Promise.resolve(true);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #detach() {
    this.#rtc = null;
    this.#ready = false;
    this.#release(false);
  }

  #release(room) {
    for (const resolve of this.#waiting.splice(0)) resolve(room);
  }

  #greet(answer) {
    this.#write(JSON.stringify({ type: "hello", version: VERSION, page: this.#page, answer }));
  }

  #write(data) {
    try {
      this.#rtc.send(data);
      return true;
    } catch {
      // Closed or full: whatever is not acknowledged is sent again.
      return false;
    }
  }

  #receive(data) {
    if (typeof data !== "string") {
      if (!this.#ready || !(data instanceof ArrayBuffer) || data.byteLength > MESSAGE_BYTES) return;
      for (const handler of this.#onBytes) handler(data);
      return;
    }
    if (data.length > MESSAGE_BYTES || !this.#takeToken()) return;
    const message = parse(data);
    if (message?.type === "hello") this.#hear(message);
    else if (message && this.#ready) this.#handlers.get(message.type)?.(message);
  }

  #hear({ version, page, answer }) {
    if (version !== VERSION || !isId(page)) return;
    if (answer === false) this.#greet(true);
    if (this.#ready) return;
    this.#ready = true;
    const samePage = page === this.#otherPage;
    this.#otherPage = page;
    for (const opened of this.#onOpen) opened({ samePage });
  }

  #takeToken() {
    const now = this.#clock.now();
    this.#tokens = Math.min(BURST, this.#tokens + (Math.max(0, now - this.#countedAt) * PER_SECOND) / 1000);
    this.#countedAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** @returns {?object} with a `type` that is a string */
function parse(data) {
  try {
    const message = JSON.parse(data);
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null;
  }
}

/** Whether a value may be the name of a page, a message or a request. */
export function isId(value) {
  return typeof value === "string" && /^[\w-]{8,64}$/.test(value);
}

/** Whether a value is text of 1 to `most` characters. */
export function isText(value, most) {
  return typeof value === "string" && value.length <= most && value.trim() !== "";
}

/** Whether a value is a whole number from `least` to `most`. */
export function isCount(value, least, most) {
  return Number.isInteger(value) && value >= least && value <= most;
}
