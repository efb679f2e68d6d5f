/** Files on their way to the server, one after the other. What it refuses is dropped, what it did not get is kept. */

import { Refused } from "./upload.js";
import { t } from "./language.js";

const MEGABYTE = 1024 * 1024;

export { Refused };

export class UploadQueue {
  #files = [];
  #isSending = false;

  /**
   * @param {object} parts
   * @param {(file: File) => Promise<string>} parts.send the new list; throws Refused, or anything else without a network
   * @param {number} parts.limit bytes of one file
   * @param {{sending: Function, added: Function, refused: Function, stuck: Function}} parts.on each gets the file; `added` also the list, `refused` also the words
   */
  constructor({ send, limit, on }) {
    Object.assign(this, { send, limit, on });
  }

  add(files) {
    this.#files.push(...files);
    return this.run();
  }

  /** Sends what waits; also after a failure, when the network may be back. */
  async run() {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#files.length && (await this.#sendFirst()));
    this.#isSending = false;
  }

  /** Whether to go on with the next. */
  async #sendFirst() {
    const [file] = this.#files;
    try {
      if (file.size > this.limit) throw new Refused(t("Ce fichier est trop lourd\u00a0: {limit}\u00a0Mo au plus.", { limit: this.limit / MEGABYTE }));
      this.on.sending(file);
      this.on.added(file, await this.send(file));
    } catch (error) {
      if (!(error instanceof Refused)) {
        this.on.stuck(file);
        return false;
      }
      this.on.refused(file, error.message);
    }
    this.#files.shift();
    return true;
  }
}
