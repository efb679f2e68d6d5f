/**
 * The messages of a call. Each is sent again until the other end has acknowledged it, and shown once; they live in the
 * two pages and nowhere else. A page that was reloaded gets them back from the other one.
 *
 * @typedef {{id: string, mine: boolean, text: string, at: number, past: boolean, state: "waiting"|"sent"|"received"|null}} Entry
 *   `at`: milliseconds since 1970; `past`: given back by the other end; `state`: of one's own
 */

import { isCount, isId, isText } from "./channel.js";

export const TEXT_LENGTH = 4000;
// What a page keeps: more than a consultation holds, and a bound for a flood. As history, two of the longest a frame, they
// pass the other end's limit of rate.
const ENTRIES = 300;
// Texts of one frame of history: with six bytes a character at worst (JSON escapes) below a message's 64 KiB.
const FRAME_LENGTH = 8000;
const FRAME_ENTRIES = 50;
// So many on their way unacknowledged: what was written during a long cut doesn't arrive as a flood.
const WINDOW = 20;

export class Chat {
  #channel;
  #clock;
  #makeId;
  #on;
  #entries = [];
  #handed = new Set();
  #live = false;
  // Whether this page has all that was said before it, and whether the other one asked for that on this channel.
  #whole = false;
  #told = false;

  /**
   * @param {object} parts
   * @param {import("./channel.js").Channel} parts.channel
   * @param {{now: Function}} parts.clock
   * @param {() => string} parts.makeId
   * @param {{added: (entry: Entry, before: ?Entry) => void, changed: (entry: Entry) => void, dropped: (entry: Entry) => void}} parts.on
   */
  constructor({ channel, clock, makeId, on }) {
    this.#channel = channel;
    this.#clock = clock;
    this.#makeId = makeId;
    this.#on = on;
    channel.on("chat", (message) => this.#hear(message));
    channel.on("chat-ack", ({ id }) => this.#acknowledge(id));
    channel.on("chat-please", () => this.#tellPast());
    channel.on("chat-past", (message) => this.#hearPast(message));
    channel.onOpen(() => this.#open());
  }

  /** @returns {boolean} false if there is nothing to say, or too much */
  say(text) {
    if (!isText(text, TEXT_LENGTH)) return false;
    const entry = { id: this.#makeId(), mine: true, text, at: this.#clock.now(), past: false, state: "waiting" };
    this.#add(entry);
    this.#sendNext();
    return true;
  }

  /** Whether the call runs: what is on its way over a broken one waits. */
  setLive(live) {
    if (live === this.#live) return;
    this.#live = live;
    for (const entry of this.#unacknowledged()) this.#setState(entry);
  }

  #open() {
    this.#handed.clear();
    this.#told = false;
    if (!this.#whole) this.#channel.send({ type: "chat-please" });
    for (const entry of this.#unacknowledged()) this.#setState(entry);
    this.#sendNext();
  }

  #unacknowledged() {
    return this.#entries.filter(({ mine, state }) => mine && state !== "received");
  }

  #sendNext() {
    for (const entry of this.#unacknowledged().slice(0, WINDOW)) {
      if (this.#handed.has(entry.id)) continue;
      if (!this.#channel.send({ type: "chat", id: entry.id, text: entry.text })) return;
      this.#handed.add(entry.id);
      this.#setState(entry);
    }
  }

  #setState(entry, state = this.#live && this.#handed.has(entry.id) ? "sent" : "waiting") {
    if (entry.state === state) return;
    entry.state = state;
    this.#on.changed(entry);
  }

  #find(id) {
    return this.#entries.find((entry) => entry.id === id);
  }

  #add(entry, before = null) {
    const index = before ? this.#entries.indexOf(before) : this.#entries.length;
    this.#entries.splice(index, 0, entry);
    this.#on.added(entry, before);
    if (this.#entries.length > ENTRIES) this.#on.dropped(this.#entries.shift());
  }

  #hear({ id, text }) {
    if (!isId(id) || !isText(text, TEXT_LENGTH)) return;
    if (!this.#find(id)) this.#add({ id, mine: false, text, at: this.#clock.now(), past: false, state: null });
    this.#channel.send({ type: "chat-ack", id });
  }

  #acknowledge(id) {
    const entry = this.#find(id);
    if (!entry?.mine) return;
    this.#setState(entry, "received");
    this.#sendNext();
  }

  // --- What was said before a reload --------------------------------------------------------------

  #tellPast() {
    if (this.#told) return;
    this.#told = true;
    let messages = [];
    let length = 0;
    for (const { id, mine, text, at, state } of this.#entries) {
      // Those are under way by themselves.
      if (mine && state !== "received") continue;
      if (messages.length === FRAME_ENTRIES || length + text.length > FRAME_LENGTH) {
        this.#channel.send({ type: "chat-past", messages, last: false });
        messages = [];
        length = 0;
      }
      messages.push({ id, yours: !mine, text, at });
      length += text.length;
    }
    this.#channel.send({ type: "chat-past", messages, last: true });
  }

  #hearPast({ messages, last }) {
    if (this.#whole || !Array.isArray(messages) || messages.length > FRAME_ENTRIES) return;
    const now = this.#clock.now();
    const before = this.#entries.find(({ past }) => !past) ?? null;
    for (const message of messages) {
      const { id, yours, text, at } = message ?? {};
      if (!isId(id) || !isText(text, TEXT_LENGTH) || typeof yours !== "boolean" || !isCount(at, 0, now) || this.#find(id)) continue;
      // Room for the past is what the present leaves.
      if (this.#entries.length === ENTRIES) break;
      this.#add({ id, mine: yours, text, at, past: true, state: yours ? "received" : null }, before);
    }
    if (last === true) this.#whole = true;
  }
}
