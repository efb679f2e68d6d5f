/** Two ends of an RTCDataChannel without a network: ordered, reliable until it breaks, with a buffer that can be held back. */

import { settle } from "./fakes.mjs";

export class FakeDataChannel {
  readyState = "open";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  sent = [];
  other = null;
  #queue = [];

  static pair() {
    const [one, two] = [new FakeDataChannel(), new FakeDataChannel()];
    one.other = two;
    two.other = one;
    return [one, two];
  }

  /** With `held` nothing leaves until `flow()`. */
  held = false;

  send(data) {
    if (this.readyState !== "open") throw new DOMException("closed", "InvalidStateError");
    const copy = typeof data === "string" ? data : data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
    this.sent.push(copy);
    this.#queue.push(copy);
    this.bufferedAmount += lengthOf(copy);
    if (!this.held) queueMicrotask(() => this.flow());
  }

  /** Lets the next `count` messages arrive. */
  flow(count = Infinity) {
    while (count-- > 0 && this.#queue.length) {
      const data = this.#queue.shift();
      const before = this.bufferedAmount;
      this.bufferedAmount -= lengthOf(data);
      if (this.other.readyState === "open") this.other.onmessage?.({ data });
      const low = this.bufferedAmountLowThreshold;
      if (before > low && this.bufferedAmount <= low) this.onbufferedamountlow?.();
    }
  }

  /** The connection is beyond repair: what is under way is lost, and nobody is told (WebRTC 1.0, 4.4.1: close()). */
  lose() {
    for (const end of [this, this.other]) {
      end.readyState = "closed";
      end.#queue = [];
    }
  }

  /** What a hostile page would send. */
  say(message) {
    this.send(typeof message === "object" && !(message instanceof Uint8Array) ? JSON.stringify(message) : message);
  }

  /** The messages of one type that left here. */
  said(type) {
    return this.sent.filter((data) => typeof data === "string").map((text) => JSON.parse(text)).filter((message) => message.type === type);
  }
}

function lengthOf(data) {
  return typeof data === "string" ? data.length : data.byteLength;
}

/** Connects two Channels; gives both ends. */
export async function connect(one, two, { held = false, limit } = {}) {
  const [left, right] = FakeDataChannel.pair();
  one.attach(left, limit);
  two.attach(right, limit);
  await settle(3);
  left.held = held;
  return { left, right };
}

/** Connects a Channel to a page that is written by a test. */
export async function meet(channel, page = "hostile-page") {
  const [mine, theirs] = FakeDataChannel.pair();
  channel.attach(mine);
  theirs.say({ type: "hello", version: 1, page, answer: true });
  await settle(3);
  return theirs;
}
