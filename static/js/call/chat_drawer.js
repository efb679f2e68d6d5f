/** « Discussion »: the drawer over the stage with its button, its badge and its word about what arrives while it is shut. */

import { Chat, TEXT_LENGTH } from "./chat.js";
import { ChatLog } from "./chat_log.js";
import { tooLongWords, unreadWords, unsendableWords } from "./chat_words.js";
import { FileReceiver, FileSender } from "./files.js";
import { t } from "../lib/language.js";

const TOAST_MS = 6000;
const TOAST_LETTERS = 80;
const BADGE_MOST = 99;

/**
 * @param {{root: HTMLElement, session: object}} room
 * @param {import("./channel.js").Channel} channel
 */
export function startDrawer({ root, session }, channel) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const [drawer, button, text, error, toast] = ["chat-drawer", "chat", "chat-text", "chat-error", "chat-toast"].map(part);
  const stage = drawer.closest(".stage");
  let unread = 0;
  let toastTimer;

  const log = new ChatLog({
    list: part("chat-log"),
    name: root.dataset.name,
    on: {
      cancel: (transfer) => (transfer.mine ? sender : receiver).cancel(transfer),
      forget: (transfer) => !transfer.mine && receiver.forget(transfer),
    },
  });
  const chat = new Chat({
    channel,
    clock: { now: () => Date.now() },
    makeId: () => crypto.randomUUID(),
    on: {
      added(entry, before) {
        log.addMessage(entry, before);
        if (!entry.mine && !entry.past) announce(entry.text);
      },
      changed: (entry) => log.changeMessage(entry),
      dropped: (entry) => log.dropMessage(entry),
    },
  });
  const filesChanged = {
    added(transfer) {
      log.addFile(transfer);
      if (!transfer.mine) announce(transfer.name);
    },
    changed: (transfer) => log.changeFile(transfer),
  };
  const sender = new FileSender({
    channel,
    clock: performance,
    makeId: () => crypto.getRandomValues(new Uint32Array(1))[0],
    on: filesChanged,
  });
  const receiver = new FileReceiver({ channel, on: filesChanged });

  function announce(words) {
    if (isOpen()) return;
    unread += 1;
    showUnread();
    const short = words.length > TOAST_LETTERS ? `${words.slice(0, TOAST_LETTERS)}…` : words;
    toast.textContent = t("{name}\u00a0: {words}", { name: root.dataset.name, words: short });
    toast.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => (toast.hidden = true), TOAST_MS);
  }

  const badge = document.createElement("span");
  badge.className = "unread num";
  badge.setAttribute("aria-hidden", "true");
  badge.hidden = true;
  button.append(badge);

  function showUnread() {
    badge.hidden = unread === 0;
    badge.textContent = unread > BADGE_MOST ? `${BADGE_MOST}+` : String(unread);
    button.setAttribute("aria-label", unreadWords(unread));
  }

  // --- Open and shut -------------------------------------------------------------------------------

  const isOpen = () => !drawer.hidden;

  function open() {
    drawer.hidden = false;
    toast.hidden = true;
    unread = 0;
    showUnread();
    root.dataset.chat = "open";
    button.setAttribute("aria-expanded", "true");
    log.scrollToEnd();
    // On a phone the keyboard would cover what one came to read.
    (matchMedia("(pointer: coarse)").matches ? part("chat-title") : text).focus({ preventScroll: true });
  }

  function hide() {
    drawer.hidden = true;
    root.dataset.chat = "closed";
    button.setAttribute("aria-expanded", "false");
  }

  function close() {
    hide();
    button.focus();
  }

  button.setAttribute("aria-controls", drawer.id);
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => (isOpen() ? close() : open()));
  toast.addEventListener("click", open);
  part("chat-close").addEventListener("click", close);
  drawer.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    close();
  });

  // The keyboard of a phone lies over the page: the drawer ends where it begins.
  const seen = window.visualViewport;
  const fit = () => {
    const hidden = Math.max(0, innerHeight - seen.height - seen.offsetTop);
    root.style.setProperty("--keyboard", `${hidden}px`);
    root.style.setProperty("--above", `${seen.offsetTop}px`);
    if (isOpen()) log.scrollToEnd();
  };
  for (const event of ["resize", "scroll"]) seen?.addEventListener(event, fit);

  // --- Writing -------------------------------------------------------------------------------------

  function complain(words) {
    error.hidden = !words;
    error.textContent = words;
    if (words) text.setAttribute("aria-invalid", "true");
    else text.removeAttribute("aria-invalid");
  }

  function say() {
    const words = text.value.trim();
    if (words.length > TEXT_LENGTH) {
      complain(tooLongWords(words.length));
      return;
    }
    complain("");
    if (chat.say(words)) text.value = "";
    text.focus();
  }

  part("chat-form").addEventListener("submit", (event) => {
    event.preventDefault();
    say();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    say();
  });

  // --- Files ---------------------------------------------------------------------------------------

  function sendFiles(files) {
    const refused = [];
    for (const file of files) {
      const reason = sender.send(file);
      if (reason) refused.push(unsendableWords(file.name, reason));
    }
    complain(refused.join(" "));
  }

  const chooser = part("chat-files");
  part("chat-attach").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    sendFiles(chooser.files);
    chooser.value = "";
  });
  drawer.addEventListener("paste", (event) => {
    const { files } = event.clipboardData;
    if (!files.length) return;
    event.preventDefault();
    sendFiles(files);
  });

  const holdsFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  // Dropped beside the mark, a file would take the place of the page, and of the call.
  for (const type of ["dragover", "drop"]) {
    document.addEventListener(type, (event) => {
      if (holdsFiles(event) && !event.target.closest?.("input[type=file]")) event.preventDefault();
    });
  }
  stage.addEventListener("dragover", (event) => holdsFiles(event) && (root.dataset.drop = "over"));
  stage.addEventListener("dragleave", (event) => !stage.contains(event.relatedTarget) && delete root.dataset.drop);
  stage.addEventListener("drop", (event) => {
    delete root.dataset.drop;
    if (!holdsFiles(event)) return;
    if (!isOpen()) open();
    sendFiles(event.dataTransfer.files);
  });

  function follow({ phase }) {
    chat.setLive(phase === "live");
    // On a phone the drawer would lie over the way on.
    const over = ["left", "replaced", "refused", "ended"].includes(phase);
    if (over && isOpen() && matchMedia("(max-width: 40rem)").matches) hide();
  }

  root.addEventListener("rofim:view", ({ detail }) => follow(detail));
  follow(session.view);
  button.hidden = false;
}
