// Lines that come and go. Without this module the page shows three empty lines and a tick box to delete each.

import { isTouched } from "../lib/touched.js";

const form = document.querySelector("[data-prescription]");
const list = form.querySelector("[data-lines]");
const template = form.querySelector("[data-line-template]");
const add = form.querySelector("[data-add-line]");
const total = form.querySelector("[name=lines-TOTAL_FORMS]");
const max = Number(form.dataset.maxLines);

const lines = () => [...list.querySelectorAll("[data-line]")];
const shown = () => lines().filter((line) => !line.hidden);
const inputs = (line) => [...line.querySelectorAll("input:not([type=checkbox]), textarea")];
const isEmpty = (line) => inputs(line).every((input) => ["", "0"].includes(input.value.trim()));
const deletion = (line) => line.querySelector("input[type=checkbox]");

function count() {
  shown().forEach((line, index) => {
    line.querySelector("[data-rank]").textContent = index + 1;
    line.querySelector("legend").textContent = `Ligne ${index + 1}`;
    line.querySelector("[data-remove-line]").hidden = shown().length === 1 && isEmpty(line);
  });
  add.hidden = shown().length >= max;
}

function prepare(line) {
  line.querySelector("[data-delete]").hidden = true;
  line.addEventListener("input", count);
  line.querySelector("[data-remove-line]").addEventListener("click", () => {
    const at = shown().indexOf(line);
    inputs(line).forEach((input) => { input.value = ""; });
    deletion(line).checked = true;
    line.hidden = true;
    if (shown().length === 0) reveal();
    else focusIn(shown()[Math.min(at, shown().length - 1)]);
    count();
  });
}

const focusIn = (line) => inputs(line)[0].focus();

function reveal() {
  const number = Number(total.value);
  // A free line of the page first; at the bottom, so that the order stays the one seen.
  const spare = lines().find((line) => line.hidden && !deletion(line).checked);
  let line = spare;
  if (!line) {
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__prefix__", number);
    line = holder.firstElementChild;
    list.append(line);
    total.value = number + 1;
    prepare(line);
  }
  line.hidden = false;
  focusIn(line);
  count();
}

lines().forEach(prepare);
// Of the empty lines only the first is shown, and none if there is one already.
lines().forEach((line, index) => {
  line.hidden = index > 0 && isEmpty(line) && !line.querySelector(".errorlist");
});
add.addEventListener("click", reveal);
count();

// Left with something typed (the call has ended, the window is closed): kept as a draft.
// Also before this script came.
let isTyped = [...form.querySelectorAll("input, select, textarea")].some(isTouched);
form.addEventListener("input", () => { isTyped = true; });
form.addEventListener("submit", () => { isTyped = false; });
addEventListener("pagehide", () => {
  if (!isTyped) return;
  const body = new URLSearchParams(new FormData(form));
  body.set("action", "save");
  fetch(location.href, { method: "POST", body, keepalive: true, redirect: "manual" });
});
