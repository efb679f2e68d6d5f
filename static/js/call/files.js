/**
 * Files from browser to browser: one at a time each way, in chunks, checked on arrival; nothing is stored on the way.
 *
 * @typedef {{id: number, mine: boolean, name: string, size: number, done: number, reason: ?string, blob: ?Blob,
 *   state: "waiting"|"moving"|"checking"|"received"|"stopped"}} Transfer `size` and `done` in bytes; `blob`: the file,
 *   once it is whole (one's own: at once); `reason`: why it stopped: "withdrawn" by the sender, "refused" by the receiver,
 *   "full", "damaged", "interrupted" or "unreadable"
 */

import { isCount } from "./channel.js";
import { cleanName } from "./files_name.js";
import { Pace } from "./files_pace.js";

export const FILE_BYTES = 50 * 1024 * 1024;
// Number of the transfer and offset of the bytes that follow, 32 bits each, big-endian; without any, all before is there.
export const HEADER_BYTES = 8;
// Every chunk but the last: pieces of one byte each would fill the memory with their bookkeeping.
const LEAST_CHUNK = 1024;
// All that a page holds of what it was sent.
const HELD_BYTES = 4 * FILE_BYTES;

/** @param {Blob} blob @returns {Promise<string>} SHA-256 in hexadecimal */
export async function sha256(blob) {
  const hash = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function header(id, offset, bytes = new ArrayBuffer()) {
  const message = new Uint8Array(HEADER_BYTES + bytes.byteLength);
  const view = new DataView(message.buffer);
  view.setUint32(0, id);
  view.setUint32(4, offset);
  message.set(new Uint8Array(bytes), HEADER_BYTES);
  return message;
}

/** What is sent: a queue, of which the first is on its way. */
export class FileSender {
  #channel;
  #clock;
  #makeId;
  #on;
  #queue = [];
  #offered = false;
  #withdrawn = null;
  #pace = null;
  #wake = () => {};
  #run = 0;

  /**
   * @param {object} parts
   * @param {import("./channel.js").Channel} parts.channel
   * @param {{now: Function}} parts.clock
   * @param {() => number} parts.makeId 32 bits, random: the page before a reload had other ones
   * @param {{added: (transfer: Transfer) => void, changed: (transfer: Transfer) => void}} parts.on
   */
  constructor({ channel, clock, makeId, on }) {
    this.#channel = channel;
    this.#clock = clock;
    this.#makeId = makeId;
    this.#on = on;
    channel.on("file-accept", (message) => this.#accepted(message));
    channel.onBytes((data) => data.byteLength === HEADER_BYTES && this.#acknowledged(new DataView(data)));
    channel.on("file-received", (message) => this.#isCurrent(message) && this.#finish("received"));
    channel.on("file-refuse", (message) => this.#refused(message));
    channel.onOpen(() => {
      // The other end may not have heard that.
      if (this.#withdrawn !== null) channel.send({ type: "file-cancel", id: this.#withdrawn });
      this.#offer();
    });
  }

  /** @param {File} file @returns {?("empty"|"too-big")} why it can't be sent */
  send(file) {
    if (file.size === 0) return "empty";
    if (file.size > FILE_BYTES) return "too-big";
    const transfer = { id: this.#makeId(), mine: true, name: cleanName(file.name), size: file.size, done: 0, state: "waiting", reason: null, blob: file };
    this.#queue.push(transfer);
    this.#on.added(transfer);
    if (this.#queue.length === 1) this.#offer();
    return null;
  }

  /** Takes a file back, on its way or still waiting. */
  cancel(transfer) {
    if (transfer === this.#current) this.#withdraw("withdrawn");
    else if (this.#queue.includes(transfer)) {
      this.#queue.splice(this.#queue.indexOf(transfer), 1);
      this.#change(transfer, { state: "stopped", reason: "withdrawn" });
    }
  }

  #withdraw(reason) {
    this.#withdrawn = this.#current.id;
    this.#channel.send({ type: "file-cancel", id: this.#withdrawn });
    this.#finish("stopped", reason);
  }

  get #current() {
    return this.#queue[0] ?? null;
  }

  #isCurrent({ id }) {
    return this.#current?.id === id && !!this.#current.hash;
  }

  #change(transfer, facts) {
    Object.assign(transfer, facts);
    this.#on.changed(transfer);
  }

  #finish(state, reason = null) {
    const transfer = this.#queue.shift();
    this.#run += 1;
    this.#change(transfer, { state, reason, done: state === "received" ? transfer.size : transfer.done });
    this.#offer();
  }

  /** Offers the first of the queue, for the first time or after a cut: the answer says from which byte on. */
  async #offer() {
    const run = (this.#run += 1);
    this.#offered = false;
    this.#pace = null;
    this.#wake();
    const transfer = this.#current;
    if (!transfer || !this.#channel.ready) return;
    try {
      transfer.hash ??= await sha256(transfer.blob);
    } catch {
      if (run === this.#run) this.#finish("stopped", "unreadable");
      return;
    }
    if (run !== this.#run) return;
    const { id, name, size, hash } = transfer;
    this.#offered = this.#channel.send({ type: "file-offer", id, name, size, hash });
  }

  #accepted(message) {
    if (!this.#offered || !this.#isCurrent(message) || !isCount(message.offset, 0, this.#current.size)) return;
    this.#offered = false;
    this.#change(this.#current, { state: "moving", done: message.offset });
    this.#pump(message.offset);
  }

  async #pump(offset) {
    const run = this.#run;
    const pace = (this.#pace = new Pace(offset));
    const { id, size, blob } = this.#current;
    while (offset < size) {
      const length = Math.min(pace.chunk, this.#channel.limit - HEADER_BYTES);
      const bytes = await blob.slice(offset, offset + length).arrayBuffer().catch(() => null);
      if (run !== this.#run) return;
      if (!bytes) {
        this.#withdraw("unreadable");
        return;
      }
      while (!pace.allows(bytes.byteLength)) {
        await new Promise((resolve) => (this.#wake = resolve));
        if (run !== this.#run) return;
      }
      // A channel that went offers the rest again when the next one comes.
      if (!(await this.#channel.room()) || run !== this.#run || !this.#channel.sendBytes(header(id, offset, bytes))) return;
      offset += bytes.byteLength;
      pace.sent(offset, this.#clock.now());
    }
  }

  #acknowledged(view) {
    const offset = view.getUint32(4);
    if (view.getUint32(0) !== this.#current?.id || !this.#pace?.acknowledged(offset, this.#clock.now())) return;
    this.#change(this.#current, { done: offset });
    this.#wake();
  }

  #refused(message) {
    if (!this.#isCurrent(message)) return;
    this.#finish("stopped", ["full", "damaged"].includes(message.reason) ? message.reason : "refused");
  }
}

/** What comes in. */
export class FileReceiver {
  #channel;
  #on;
  #current = null;
  #pieces = [];
  // What was said last about a transfer that is over, to be said again if it got lost with the connection.
  #verdict = null;
  #held = 0;

  /**
   * @param {object} parts
   * @param {import("./channel.js").Channel} parts.channel
   * @param {{added: (transfer: Transfer) => void, changed: (transfer: Transfer) => void}} parts.on
   */
  constructor({ channel, on }) {
    this.#channel = channel;
    this.#on = on;
    channel.on("file-offer", (message) => this.#offered(message));
    channel.on("file-cancel", ({ id }) => this.#current?.id === id && this.#stop("withdrawn"));
    channel.onBytes((data) => this.#take(data));
    channel.onOpen(({ samePage }) => !samePage && this.#current && this.#stop("interrupted"));
  }

  /** Wants no more of this file. */
  cancel(transfer) {
    if (transfer === this.#current) this.#refuse("refused");
  }

  /** The page no longer shows this file: its room is free again. */
  forget(transfer) {
    if (transfer === this.#current) this.#refuse("refused");
    if (transfer.blob) this.#held -= transfer.size;
    transfer.blob = null;
  }

  #offered({ id, name, size, hash }) {
    if (!isCount(id, 0, 0xffffffff) || typeof name !== "string" || name.length > 1000) return;
    if (!isCount(size, 1, FILE_BYTES) || typeof hash !== "string" || !/^[0-9a-f]{64}$/.test(hash)) return;
    if (id === this.#verdict?.id) this.#channel.send(this.#verdict);
    else if (this.#current?.id === id) this.#accept();
    else this.#begin({ id, mine: false, name: cleanName(name), size, hash, done: 0, state: "moving", reason: null, blob: null });
  }

  #begin(transfer) {
    if (this.#current) this.#stop("interrupted");
    this.#current = transfer;
    this.#pieces = [];
    this.#on.added(transfer);
    if (this.#held + transfer.size > HELD_BYTES) this.#refuse("full");
    else this.#accept();
  }

  #accept() {
    const { id, done, state } = this.#current;
    if (state === "moving") this.#channel.send({ type: "file-accept", id, offset: done });
  }

  #take(data) {
    const transfer = this.#current;
    const length = data.byteLength - HEADER_BYTES;
    if (transfer?.state !== "moving" || length < 1) return;
    const view = new DataView(data);
    if (view.getUint32(0) !== transfer.id) return;
    const done = transfer.done + length;
    if (view.getUint32(4) !== transfer.done || done > transfer.size || (length < LEAST_CHUNK && done < transfer.size)) {
      this.#refuse("damaged");
      return;
    }
    this.#pieces.push(new Uint8Array(data, HEADER_BYTES));
    transfer.done = done;
    this.#channel.sendBytes(header(transfer.id, done));
    if (done === transfer.size) this.#check();
    this.#on.changed(transfer);
  }

  async #check() {
    const transfer = this.#current;
    transfer.state = "checking";
    // Never a type that a browser would open.
    const blob = new Blob(this.#pieces, { type: "application/octet-stream" });
    this.#pieces = [];
    const hash = await sha256(blob).catch(() => null);
    if (transfer !== this.#current) return;
    if (hash !== transfer.hash) {
      this.#refuse("damaged");
      return;
    }
    this.#current = null;
    this.#held += transfer.size;
    Object.assign(transfer, { state: "received", blob });
    this.#judge({ type: "file-received", id: transfer.id });
    this.#on.changed(transfer);
  }

  #refuse(reason) {
    this.#judge({ type: "file-refuse", id: this.#current.id, reason });
    this.#stop(reason);
  }

  #judge(verdict) {
    this.#verdict = verdict;
    this.#channel.send(verdict);
  }

  #stop(reason) {
    const transfer = this.#current;
    this.#current = null;
    this.#pieces = [];
    Object.assign(transfer, { state: "stopped", reason });
    this.#on.changed(transfer);
  }
}
