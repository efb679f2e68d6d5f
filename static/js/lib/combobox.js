/** A text field with proposals below it (ARIA combobox with a listbox popup): arrows, Enter, Escape, or a click. */

const PAUSE_MS = 120;

/**
 * @param {object} parts
 * @param {HTMLInputElement} parts.input role=combobox
 * @param {HTMLElement} parts.list role=listbox
 * @param {HTMLElement} parts.status says how many there are, to a screen reader
 * @param {(typed: string) => Promise<string>} parts.ask gives the options' HTML, of our own server
 * @param {(option: HTMLElement) => void} parts.choose
 */
export function proposeWhileTyping({ input, list, status, ask, choose }) {
  let timer = null;
  // The newest question: a late answer to an older one is dropped.
  let asked = 0;
  let active = null;

  const options = () => [...list.querySelectorAll("[role=option]")];

  function close() {
    asked += 1;
    clearTimeout(timer);
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    activate(null);
  }

  function activate(option) {
    active?.setAttribute("aria-selected", "false");
    active = option;
    active?.setAttribute("aria-selected", "true");
    active?.scrollIntoView({ block: "nearest" });
    if (active) input.setAttribute("aria-activedescendant", active.id);
    else input.removeAttribute("aria-activedescendant");
  }

  async function propose() {
    const mine = ++asked;
    const typed = input.value.trim();
    let html = "";
    try {
      html = typed.length > 1 ? await ask(typed) : "";
    } catch {
      // Without proposals one types on.
    }
    if (mine !== asked || document.activeElement !== input) return;
    list.innerHTML = html;
    active = null;
    activate(null);
    const count = options().length;
    list.hidden = !count;
    input.setAttribute("aria-expanded", String(Boolean(count)));
    status.textContent = count ? `${count} patient${count > 1 ? "s" : ""} proposé${count > 1 ? "s" : ""}, flèches pour choisir.` : "";
  }

  function take(option) {
    choose(option);
    close();
    status.textContent = "";
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(propose, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const all = options();
    const at = all.indexOf(active);
    if (event.key === "ArrowDown") activate(all[at + 1] ?? all[0]);
    else if (event.key === "ArrowUp") activate(all[at - 1] ?? all.at(-1));
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && active) take(active);
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", close);
  // Before the field loses the focus, which would close the list.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
}
