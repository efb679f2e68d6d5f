/**
 * « Prendre une photo »: the practitioner asks, the patient agrees or not, and only then a picture is taken of what the
 * practitioner sees. One agreement is for one picture kept, and for as long as the practitioner's dialog is open.
 */

import { isId } from "./channel.js";

export const ANSWER_MS = 60_000;

/** The practitioner's side of asking. An answer counts for the question of now only, and in time. */
export class SnapshotAsker {
  #channel;
  #clock;
  #makeId;
  #on;
  #asked = null;
  #timer;

  /**
   * @param {object} parts
   * @param {import("./channel.js").Channel} parts.channel
   * @param {{setTimeout: Function, clearTimeout: Function}} parts.clock
   * @param {() => string} parts.makeId
   * @param {(answer: "agreed"|"refused"|"expired"|"lost") => void} parts.answered
   */
  constructor({ channel, clock, makeId, answered }) {
    this.#channel = channel;
    this.#clock = clock;
    this.#makeId = makeId;
    this.#on = answered;
    channel.on("snapshot-answer", ({ id, agreed }) => {
      if (this.#asked !== null && id === this.#asked) this.#settle(agreed === true ? "agreed" : "refused");
    });
    // The question went with the connection, or with the page that showed it.
    channel.onOpen(() => this.#asked !== null && this.#settle("lost"));
  }

  /** @returns {boolean} false when the other page can't be asked now */
  ask() {
    if (this.#asked !== null) return true;
    const id = this.#makeId();
    if (!this.#channel.send({ type: "snapshot-ask", id })) return false;
    this.#asked = id;
    this.#timer = this.#clock.setTimeout(() => this.withdraw("expired"), ANSWER_MS);
    return true;
  }

  /** Asks no longer. */
  withdraw(why = null) {
    if (this.#asked === null) return;
    this.#channel.send({ type: "snapshot-withdraw", id: this.#asked });
    this.#settle(why);
  }

  /** Tells the patient what became of the picture. */
  tell(kept) {
    this.#channel.send({ type: "snapshot-done", kept });
  }

  #settle(answer) {
    this.#clock.clearTimeout(this.#timer);
    this.#asked = null;
    if (answer) this.#on(answer);
  }
}

/** The patient's side: one question at a time, and no answer but the patient's own. */
export class SnapshotAnswerer {
  #channel;
  #clock;
  #on;
  #question = null;
  #timer;

  /**
   * @param {object} parts
   * @param {import("./channel.js").Channel} parts.channel
   * @param {{setTimeout: Function, clearTimeout: Function}} parts.clock
   * @param {{asked: () => void, over: () => void, done: (kept: boolean) => void}} parts.on
   */
  constructor({ channel, clock, on }) {
    this.#channel = channel;
    this.#clock = clock;
    this.#on = on;
    channel.on("snapshot-ask", ({ id }) => isId(id) && this.#ask(id));
    channel.on("snapshot-withdraw", ({ id }) => this.#question !== null && id === this.#question && this.#end());
    channel.on("snapshot-done", ({ kept }) => typeof kept === "boolean" && on.done(kept));
    channel.onOpen(() => this.#end());
  }

  answer(agreed) {
    if (this.#question === null) return;
    this.#channel.send({ type: "snapshot-answer", id: this.#question, agreed });
    this.#end();
  }

  #ask(id) {
    if (this.#question !== null) {
      this.#channel.send({ type: "snapshot-answer", id, agreed: false });
      return;
    }
    this.#question = id;
    this.#timer = this.#clock.setTimeout(() => this.#end(), ANSWER_MS);
    this.#on.asked();
  }

  #end() {
    if (this.#question === null) return;
    this.#clock.clearTimeout(this.#timer);
    this.#question = null;
    this.#on.over();
  }
}
