/** One word at a time over the call, said politely, gone by itself; with something to press where that helps. */

const SHOWN_MS = 8000;

export class Toast {
  #clock;
  #words;
  #button;
  #timer = null;
  #press = null;

  /**
   * @param {{words: HTMLElement, button: HTMLElement}} parts `words` is a live region
   * @param {{setTimeout: Function, clearTimeout: Function}} clock
   */
  constructor({ words, button }, clock) {
    this.#clock = clock;
    this.#words = words;
    this.#button = button;
    button.addEventListener("click", () => {
      const press = this.#press;
      this.hide();
      press?.();
    });
  }

  get words() {
    return this.#words.textContent;
  }

  /** Shows these words instead of those before. */
  show(words, { label = "", press = null } = {}) {
    this.#clock.clearTimeout(this.#timer);
    this.#press = press;
    this.#words.textContent = words;
    this.#button.textContent = label;
    this.#button.hidden = !press;
    this.#timer = this.#clock.setTimeout(() => this.hide(), SHOWN_MS);
  }

  hide() {
    this.#clock.clearTimeout(this.#timer);
    this.#press = null;
    this.#words.textContent = "";
    this.#button.hidden = true;
  }
}
