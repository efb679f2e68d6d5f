// « Inscription »: keeps what is typed across a reload, asks for the profession's number, proposes communes, sends the
// document as soon as it is chosen, and keeps the passwords in the page when a field of the last step is wrong.

import { proposeCommunes } from "../lib/communes.js";
import { KeptFields } from "../lib/kept_fields.js";
import { isTouched } from "../lib/touched.js";
import { Refused, post } from "../lib/upload.js";
import "./new_password.js";

const LIMIT = 10 * 1024 * 1024;
const form = document.querySelector("[data-register]");
const step = form.dataset.register;
const LAST = "acces";
const kept = new KeptFields({ storage: sessionStorage, key: "registration", step });

function keepTyped() {
  // Also what was typed before this script came.
  [...form.elements].filter(isTouched).forEach((element) => kept.keep(element));
  kept.restore(form.elements);
  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, ({ target }) => {
      kept.keep(target);
      forgive(target.closest(".field"));
    });
  }
  document.querySelector("[data-abandon]")?.addEventListener("submit", () => kept.forget());
}

// The words of the last sending no longer fit what stands there now.
function forgive(field) {
  if (!field?.classList.contains("invalid")) return;
  field.classList.remove("invalid");
  field.querySelectorAll(".errorlist").forEach((list) => list.remove());
  field.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
}

function askForNumber(box) {
  const adeli = box.dataset.adeli.split(" ");
  const { profession } = form.elements;
  const field = (name) => form.elements[name].closest(".field");
  const show = () => {
    field("rpps").hidden = !profession.value;
    field("adeli").hidden = !adeli.includes(profession.value);
  };
  profession.addEventListener("change", show);
  show();
}

function sendDocument(box) {
  const part = (name) => box.querySelector(`[data-part="${name}"]`);
  const input = box.querySelector("input[type=file]");
  const token = form.elements.csrfmiddlewaretoken.value;
  let giveUp = null;
  let isWaiting = false;

  const say = (words) => { part("state").textContent = words; };

  function showSent(html) {
    if (html !== undefined) part("sent").innerHTML = html;
    const replace = part("sent").querySelector("[data-replace]");
    part("choose").hidden = Boolean(replace);
    if (!replace) return;
    replace.hidden = false;
    replace.addEventListener("click", () => input.click());
  }

  function complain(words) {
    const field = part("choose");
    field.querySelector(".field").classList.toggle("invalid", Boolean(words));
    field.querySelectorAll(".errorlist").forEach((list) => list.remove());
    input.removeAttribute("aria-invalid");
    announce(null);
    if (!words) return;
    input.setAttribute("aria-invalid", "true");
    const list = Object.assign(document.createElement("ul"), { className: "errorlist" });
    list.append(Object.assign(document.createElement("li"), { textContent: words }));
    part("complaint").append(list);
    part("choose").hidden = false;
  }

  async function exchange(body) {
    const mine = new AbortController();
    giveUp = mine;
    part("sending").hidden = false;
    part("progress").value = 0;
    complain("");
    const progress = (percent) => {
      part("progress").value = percent;
      if (percent === 100) say("Envoyé. Vérification du fichier…");
    };
    try {
      showSent(await post(box.dataset.upload, body, { token, progress, signal: mine.signal }));
      return true;
    } catch (error) {
      // Another file was chosen meanwhile: the box is about that one.
      if (giveUp !== mine) return false;
      if (error instanceof Refused) complain(error.message);
      else if (error.name !== "AbortError") complain("Le fichier n’est pas envoyé\u00a0: vérifiez votre connexion et choisissez-le de nouveau.");
      say(error.name === "AbortError" ? "Envoi annulé." : "");
      return false;
    } finally {
      if (giveUp === mine) {
        giveUp = null;
        part("sending").hidden = true;
      }
    }
  }

  async function send(file) {
    if (file.size > LIMIT) {
      complain("Ce fichier est trop lourd\u00a0: 10\u00a0Mo au plus.");
      return;
    }
    say(`Envoi de ${file.name}…`);
    const body = new FormData();
    body.append("identity_document", file);
    const isIn = await exchange(body);
    if (isIn) say("Fichier reçu.");
    if (isIn && isWaiting) form.requestSubmit();
    if (!giveUp) isWaiting = false;
  }

  function choose() {
    const [file] = input.files;
    // Not with the form a second time; and the same file may be chosen again.
    input.value = "";
    if (!file) return;
    giveUp?.abort();
    send(file);
  }

  input.addEventListener("change", choose);
  part("cancel").addEventListener("click", () => giveUp?.abort());
  form.addEventListener("submit", async (event) => {
    if (event.submitter?.name === "remove") {
      event.preventDefault();
      const body = new FormData();
      body.append("remove", "1");
      if (!(await exchange(body))) return;
      say("Supprimé.");
      input.focus();
    } else if (giveUp) {
      event.preventDefault();
      isWaiting = true;
      say("La suite s’ouvre dès que le fichier est envoyé.");
    }
  });
  showSent();
  // Chosen before this script came.
  choose();
}

// Puts the answer's words in place of the page's, but keeps the inputs themselves: what was typed stays, passwords too.
function showErrors(answer) {
  const fresh = answer.querySelector("[data-register]");
  form.querySelectorAll(".field").forEach((field, index) => {
    const other = fresh.querySelectorAll(".field")[index];
    field.classList.toggle("invalid", other.classList.contains("invalid"));
    field.querySelectorAll(".errorlist").forEach((list) => list.remove());
    other.querySelectorAll(".errorlist").forEach((list) => field.append(list));
    const input = field.querySelector("input, select");
    const its = other.querySelector("input, select");
    for (const name of ["aria-invalid", "aria-describedby"]) {
      if (its.hasAttribute(name)) input.setAttribute(name, its.getAttribute(name));
      else input.removeAttribute(name);
    }
  });
  form.querySelector("[name=place_meant]")?.remove();
  form.append(...fresh.querySelectorAll("[name=place_meant]"));
  announce(answer.querySelector("main .notice.error"));
  form.querySelector(".field.invalid :is(input, select)")?.focus();
}

function announce(notice) {
  document.querySelector("main .notice.error")?.remove();
  if (notice) form.before(notice);
}

// By script: a reload then asks nothing, and a wrong field loses no password.
async function send(button) {
  button.disabled = true;
  const request = { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "XMLHttpRequest" } };
  const response = await fetch(location.href, request).catch(() => null);
  button.disabled = false;
  if (response?.status === 204) {
    if (step === LAST) kept.forget();
    else kept.forgetStep();
    location.assign(response.headers.get("X-Next"));
  } else if (response) {
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    if (answer.querySelector("[data-register]")?.dataset.register === step) showErrors(answer);
    // Anything else is shown by an ordinary sending.
    else form.submit();
  } else {
    const words = "Pas de connexion\u00a0: rien n’est perdu, réessayez dans un instant.";
    const notice = Object.assign(document.createElement("p"), { className: "notice error", textContent: words });
    notice.setAttribute("role", "alert");
    announce(notice);
  }
}

keepTyped();
const numbers = form.querySelector("[data-adeli]");
if (numbers) askForNumber(numbers);
const place = form.querySelector("[data-communes]");
if (place) {
  const city = form.elements.practice_city;
  proposeCommunes({
    postal: form.elements.practice_postal_code, city, address: place.dataset.communes, filled: () => kept.keep(city),
  });
}
const upload = form.querySelector("[data-upload]");
if (upload) sendDocument(upload);
form.addEventListener("submit", (event) => {
  // The document's own buttons have dealt with it.
  if (event.defaultPrevented) return;
  event.preventDefault();
  const button = form.querySelector("[data-onward]");
  if (!button.disabled) send(button);
});
