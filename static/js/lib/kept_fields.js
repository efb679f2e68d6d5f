/** What was typed into a step of a form and not sent yet, kept by this tab alone: a reload or a way back brings it
 * again. Never a password, a file, a tick or a hidden field. */

import { isTouched } from "./touched.js";

const KEPT_TYPES = new Set(["text", "email", "tel", "select-one", "textarea"]);

// A password that is shown has the type of a text.
const isKept = ({ name, type, autocomplete = "" }) => name && KEPT_TYPES.has(type) && !autocomplete.includes("password");

export class KeptFields {
  #storage;
  #key;
  #step;

  /**
   * @param {{storage: Storage, key: string, step: string}} parts one `key` for the whole form
   */
  constructor({ storage, key, step }) {
    this.#storage = storage;
    this.#key = key;
    this.#step = step;
  }

  #read() {
    try {
      return JSON.parse(this.#storage.getItem(this.#key)) ?? {};
    } catch {
      return {};
    }
  }

  #write(kept) {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(kept));
    } catch {
      // Storage that is full or forbidden: the server still has every step that was sent.
    }
  }

  /** Writes what this tab keeps into the elements of the step. */
  restore(elements) {
    const values = this.#read()[this.#step] ?? {};
    for (const element of elements) {
      // What was typed before the script came is newer.
      if (isKept(element) && Object.hasOwn(values, element.name) && !isTouched(element)) element.value = values[element.name];
    }
  }

  keep(element) {
    if (!isKept(element)) return;
    const { name, value } = element;
    const kept = this.#read();
    this.#write({ ...kept, [this.#step]: { ...kept[this.#step], [name]: value } });
  }

  /** The server has the step now. */
  forgetStep() {
    const { [this.#step]: sent, ...others } = this.#read();
    this.#write(others);
  }

  forget() {
    this.#storage.removeItem(this.#key);
  }
}
