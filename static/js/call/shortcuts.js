/**
 * Single keys for the buttons of the call. They can be switched off, because speech input may press them by accident
 * (WCAG 2.2, 2.1.4), and never count while one types or a dialog is open.
 */

const KEYS = { m: "microphone", c: "camera", e: "share", f: "full-screen", t: "chat", p: "picture-in-picture", "?": "help" };
const TYPING = "input, textarea, select, [contenteditable], dialog, [popover]";
const PRESSED_BY_SPACE = "a, button, summary, [tabindex='0'], [role=tab]";
const REMEMBERED = "rofim-shortcuts";

/** The part that this key presses, "talk" for the bar held down to speak, or null. Pure. */
export function pressed({ key, ctrlKey, altKey, metaKey, repeat, defaultPrevented }, { typing, onButton }) {
  if (ctrlKey || altKey || metaKey || repeat || defaultPrevented || typing) return null;
  if (key === " ") return onButton ? null : "talk";
  return KEYS[key.toLowerCase()] ?? null;
}

export function start({ root, media, stage, find }) {
  const box = find("keys-on");
  const dialog = find("help-dialog");
  let on = localStorage.getItem(REMEMBERED) !== "off";
  let talking = false;

  function showNames() {
    for (const [key, part] of Object.entries(KEYS)) {
      if (on) find(part).setAttribute("aria-keyshortcuts", key.toUpperCase());
      else find(part).removeAttribute("aria-keyshortcuts");
    }
    stage.showNames();
  }

  function talk(speak) {
    if (speak === talking || (speak && media.state.microphone)) return;
    talking = speak;
    if (media.state.microphone !== speak) media.toggleMicrophone();
  }

  box.checked = on;
  box.addEventListener("change", () => {
    on = box.checked;
    localStorage.setItem(REMEMBERED, on ? "on" : "off");
    showNames();
  });
  find("help").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    if (!on || find("bar").hidden || find("bar").closest("[inert]") || document.querySelector("dialog[open]")) return;
    const part = pressed(event, { typing: !!event.target.closest(TYPING), onButton: !!event.target.closest(PRESSED_BY_SPACE) });
    if (!part) return;
    event.preventDefault();
    if (part === "talk") talk(true);
    else if (!find(part).hidden) find(part).click();
  });
  document.addEventListener("keyup", ({ key }) => key === " " && talk(false));
  addEventListener("blur", () => talk(false));
  showNames();
}
