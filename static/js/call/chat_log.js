/** What was said and sent, as it is read: one list of messages and files. */

import { fileWords, hourWords, linkParts, MESSAGE_STATE } from "./chat_words.js";
import { drawSmall } from "./files_picture.js";
import { t } from "../lib/language.js";

// Files that a page shows; what they hold goes with them.
const FILES = 100;
const AT_END_PX = 60;

export class ChatLog {
  #list;
  #names;
  #on;
  #items = new Map();
  #files = [];

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.list
   * @param {string} parts.name of the other person
   * @param {{cancel: (transfer: object) => void, forget: (transfer: object) => void}} parts.on
   */
  constructor({ list, name, on }) {
    this.#list = list;
    this.#names = { true: t("Vous"), false: name };
    this.#on = on;
  }

  /** @param {import("./chat.js").Entry} entry @param {?import("./chat.js").Entry} before the entry that follows */
  addMessage(entry, before) {
    const text = make("p", "text");
    text.dir = "auto";
    text.append(...linkParts(entry.text).map(linked));
    const item = this.#item(entry, text);
    if (entry.past) item.querySelector(".meta").append(t(" · avant le rechargement de la page"));
    this.#insert(item, entry, before && this.#items.get(before));
    this.changeMessage(entry);
  }

  changeMessage(entry) {
    const item = this.#items.get(entry);
    item.dataset.state = entry.state ?? "";
    if (entry.mine && !entry.past) item.querySelector(".state").textContent = MESSAGE_STATE[entry.state];
  }

  dropMessage(entry) {
    this.#items.get(entry).remove();
    this.#items.delete(entry);
  }

  /** @param {import("./files.js").Transfer} transfer */
  addFile(transfer) {
    const name = make("p", "file-name");
    const bar = make("progress");
    bar.max = transfer.size;
    bar.setAttribute("aria-label", t("Transfert de {name}", { name: transfer.name }));
    const cancel = make("button", "button link", t("Annuler"));
    cancel.type = "button";
    cancel.setAttribute("aria-label", t("Annuler le transfert de {name}", { name: transfer.name }));
    cancel.addEventListener("click", () => this.#on.cancel(transfer));
    const words = make("p", "small file-words");
    name.dir = "auto";
    name.textContent = transfer.name;
    const item = this.#item({ mine: transfer.mine, at: Date.now() }, name, words, bar, cancel);
    item.classList.add("file");
    this.#insert(item, transfer, null);
    this.changeFile(transfer);
    this.#files.push(transfer);
    if (this.#files.length > FILES) this.#dropFile(this.#files.shift());
  }

  changeFile(transfer) {
    const item = this.#items.get(transfer);
    if (!item) return;
    const words = fileWords(transfer);
    const [said, bar, cancel] = [".file-words", "progress", ".button.link"].map((part) => item.querySelector(part));
    item.dataset.state = transfer.state;
    if (said.textContent !== words) said.textContent = words;
    bar.value = transfer.done;
    bar.hidden = !["moving", "checking"].includes(transfer.state);
    cancel.hidden = !["waiting", "moving", "checking"].includes(transfer.state);
    if (transfer.state === "received" && !item.dataset.whole) this.#showWhole(item, transfer);
  }

  #showWhole(item, transfer) {
    item.dataset.whole = "true";
    if (!transfer.mine) {
      const link = make("a", "button quiet", t("Télécharger"));
      link.download = transfer.name;
      link.href = URL.createObjectURL(transfer.blob);
      link.setAttribute("aria-label", t("Télécharger {name}", { name: transfer.name }));
      item.querySelector(".file-words").after(link);
    }
    drawSmall(transfer.blob).then((canvas) => {
      if (!canvas) return;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", t("Aperçu de {name}", { name: transfer.name }));
      this.#keepingPlace(() => item.prepend(canvas));
    });
  }

  #dropFile(transfer) {
    const item = this.#items.get(transfer);
    const link = item.querySelector("a");
    if (link) URL.revokeObjectURL(link.href);
    item.remove();
    this.#items.delete(transfer);
    this.#on.forget(transfer);
  }

  #item({ mine, at }, ...content) {
    const item = make("li", mine ? "mine" : "theirs");
    const meta = make("p", "meta num");
    meta.append(make("span", "", `${this.#names[mine]} · ${hourWords(at)}`), make("span", "state"));
    item.append(...content, meta);
    return item;
  }

  #insert(item, key, before) {
    this.#items.set(key, item);
    this.#keepingPlace(() => this.#list.insertBefore(item, before ?? null), item.classList.contains("mine"));
  }

  /** Whoever reads further up is left there. */
  #keepingPlace(change, toEnd = false) {
    const box = this.#list.parentElement;
    const atEnd = toEnd || box.scrollHeight - box.scrollTop - box.clientHeight < AT_END_PX;
    change();
    if (atEnd) this.scrollToEnd();
  }

  scrollToEnd() {
    const box = this.#list.parentElement;
    box.scrollTop = box.scrollHeight;
  }
}

function linked({ text, href }) {
  if (!href) return text;
  const link = make("a", "", text);
  link.href = href;
  // Apart from the words around it, which may run from right to left.
  link.dir = "ltr";
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}
