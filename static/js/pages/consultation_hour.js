/* Creating or moving an appointment: calendar and clock, and what the typed date and hour mean. */
import { offerPickers } from "../lib/picker.js";

const form = document.querySelector("[data-hour-form]");
const preview = document.getElementById("hour-preview");

offerPickers(form);

/** Asks the server as the form would be sent; its answer is a fragment of our own. */
export async function askServer(url, fields) {
  const data = new FormData();
  data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  const response = await fetch(url, { method: "POST", body: data, redirect: "error" });
  return response.ok ? response.text() : "";
}

const { date, time } = form.elements;
// Where the page begins with the date, what is typed replaces the one that stands there, as after a Tab; what was typed
// before this script came stays.
if (date.autofocus && date.value === date.defaultValue && [date, document.body].includes(document.activeElement)) {
  date.focus();
  date.select();
}
let asked = 0;

async function showMeaning() {
  const mine = ++asked;
  let words = "";
  try {
    const { url, reference } = preview.dataset;
    if (date.value && time.value) words = await askServer(url, { date: date.value, time: time.value, reference });
  } catch {
    // The form itself says what is wrong.
  }
  if (mine === asked) preview.textContent = words.trim();
}

date.addEventListener("change", showMeaning);
time.addEventListener("change", showMeaning);
if (date.value && time.value) showMeaning();
