/** A new password: its strength while it is typed, and a button that shows it. */

import { strength } from "./password_strength.js";

// Milliseconds without a key before a screen reader is told.
const PAUSE = 600;

/** @param {HTMLElement} box `_password_strength.html` */
export function showStrength(box, { later = setTimeout, never = clearTimeout } = {}) {
  const input = document.getElementById(box.dataset.strength);
  const others = box.dataset.ownFields.split(" ").filter(Boolean).map((id) => document.getElementById(id));
  const meter = box.querySelector("meter");
  const place = box.querySelector("[data-part=words]");
  let timer = null;

  function show() {
    const own = [...box.dataset.own.split(" "), ...others.flatMap(({ value }) => [value, ...value.split(/[^\p{L}\p{N}]+/u)])];
    const { level, words } = strength(input.value, own.filter(Boolean));
    box.hidden = !input.value;
    meter.value = level;
    never(timer);
    timer = later(() => { place.textContent = words; }, PAUSE);
  }

  input.addEventListener("input", show);
  // Typed before this script came.
  if (input.value) show();
}

/** @param {HTMLButtonElement} button its `data-reveal` names the fields */
export function reveal(button) {
  const inputs = button.dataset.reveal.split(" ").map((id) => document.getElementById(id));
  const set = (isShown) => {
    for (const input of inputs) input.type = isShown ? "text" : "password";
    button.textContent = button.textContent.replace(/Afficher|Masquer/, isShown ? "Masquer" : "Afficher");
  };
  button.hidden = false;
  button.addEventListener("click", () => set(inputs[0].type === "password"));
  // Sent as passwords: browsers keep what is typed into text fields.
  inputs[0].form.addEventListener("submit", () => set(false));
}
