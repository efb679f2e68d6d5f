/**
 * Keeps a text saved as one types. What the server has not confirmed stays in the tab's storage, so that neither a
 * reload nor a cut loses a word; two tabs never overwrite each other unseen (each write names the version it read).
 *
 * @typedef {{kind: "saved", version: number} | {kind: "conflict", version: number, text: string} | {kind: "refused"}} Answer
 * @typedef {"idle"|"typing"|"saving"|"saved"|"failed"|"refused"|"conflict"} State
 */

const PAUSE_MS = 1000;
const RETRY_MS = 5000;

export class NotesKeeper {
  #post;
  #storage;
  #key;
  #on;
  #clock;
  #timer;
  #version;
  #saved;
  #text;
  #sent = null;
  #saving = false;
  #theirs = null;

  /**
   * @param {object} parts
   * @param {(text: string, version: number, leaving: boolean) => Promise<Answer>} parts.post throws without a network
   * @param {Storage} parts.storage
   * @param {string} parts.key of the draft in the storage
   * @param {{setTimeout: Function, clearTimeout: Function}} parts.clock
   * @param {string} parts.text what the server had
   * @param {number} parts.version and its version
   * @param {{state: (state: State) => void, text: (text: string) => void, conflict: (theirs: string) => void}} parts.on
   */
  constructor({ post, storage, key, clock, text, version, on }) {
    this.#post = post;
    this.#storage = storage;
    this.#key = key;
    this.#on = on;
    this.#clock = clock;
    this.#text = this.#saved = text;
    this.#version = version;
  }

  /** Whether something is not on the server yet. */
  get unsaved() {
    return this.#text !== this.#saved;
  }

  /** Brings back what an earlier page of this tab could not save. */
  start() {
    const draft = readDraft(this.#storage, this.#key);
    if (!draft || draft.text === this.#saved) {
      this.#forget();
      return;
    }
    this.#text = draft.text;
    this.#on.text(this.#text);
    // What stands there may be our own last writing, whose answer never came.
    const ours = draft.version === this.#version || draft.sent === this.#saved;
    if (ours) this.save();
    else this.#disagree({ version: this.#version, text: this.#saved });
  }

  /** The text is this now. */
  typed(text) {
    this.#text = text;
    this.#keep();
    if (this.#theirs) return;
    this.#on.state("typing");
    this.#saveIn(PAUSE_MS);
  }

  /** Saves at once: the page is being left, or the network is back. */
  async save({ leaving = false } = {}) {
    if (this.#theirs || this.#saving || !this.unsaved) return;
    this.#clock.clearTimeout(this.#timer);
    this.#saving = true;
    const [text, before] = [this.#text, this.#sent];
    this.#sent = text;
    this.#keep();
    this.#on.state("saving");
    const answer = await this.#post(text, this.#version, leaving).catch(() => ({ kind: "failed" }));
    this.#saving = false;
    this.#heard(answer, text, before);
  }

  /** Settles a conflict: "mine", "theirs" or "both". */
  settle(choice) {
    const theirs = this.#theirs;
    if (!theirs) return;
    this.#theirs = null;
    this.#version = theirs.version;
    this.#saved = theirs.text;
    if (choice === "theirs") this.#text = theirs.text;
    if (choice === "both") this.#text = `${this.#text}\n\n${theirs.text}`;
    this.#on.text(this.#text);
    if (this.unsaved) this.save();
    else this.#done();
  }

  #saveIn(wait) {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.save(), wait);
  }

  #heard(answer, text, before) {
    if (answer.kind === "saved") {
      this.#version = answer.version;
      this.#saved = text;
      if (this.unsaved) this.typed(this.#text);
      else this.#done();
    } else if (answer.kind === "conflict" && answer.text === before) {
      // Our own writing before this one, whose answer never came.
      [this.#version, this.#saved] = [answer.version, answer.text];
      this.save();
    } else if (answer.kind === "conflict") {
      this.#disagree(answer);
    } else {
      this.#on.state(answer.kind);
      if (answer.kind === "failed") this.#saveIn(RETRY_MS);
    }
  }

  #disagree({ version, text }) {
    this.#theirs = { version, text };
    this.#on.state("conflict");
    this.#on.conflict(text);
  }

  #done() {
    this.#forget();
    this.#on.state("saved");
  }

  #keep() {
    const draft = { text: this.#text, version: this.#version, sent: this.#sent };
    try {
      this.#storage.setItem(this.#key, JSON.stringify(draft));
    } catch {
      // Storage full or forbidden: the server has to do.
    }
  }

  #forget() {
    this.#sent = null;
    this.#storage.removeItem(this.#key);
  }
}

function readDraft(storage, key) {
  try {
    const draft = JSON.parse(storage.getItem(key));
    return typeof draft?.text === "string" ? draft : null;
  } catch {
    return null;
  }
}
