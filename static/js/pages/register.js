// Registration and signature: preview of the chosen picture, the number that the profession asks for,
// and a sending that keeps the file and the passwords in the page when a field is wrong.

const LIMIT = 10 * 1024 * 1024;

function size(bytes) {
  const mega = bytes / 1024 / 1024;
  return mega < 0.1 ? `${Math.ceil(bytes / 1024)} Ko` : `${mega.toLocaleString("fr-FR", { maximumFractionDigits: 1 })} Mo`;
}

function preview(box) {
  const input = document.getElementById(box.dataset.preview);
  const image = box.querySelector("img");
  const name = box.querySelector("[data-name]");
  let address = "";
  image.addEventListener("error", () => { image.hidden = true; });
  input.addEventListener("change", () => {
    if (address) URL.revokeObjectURL(address);
    address = "";
    image.hidden = true;
    const file = input.files[0];
    box.hidden = !file;
    if (!file) return;
    document.querySelectorAll("[data-choose-again]").forEach((note) => note.remove());
    const weight = size(file.size);
    name.textContent = file.size > LIMIT ? `${file.name} : ${weight}, c’est trop lourd (10 Mo au plus)` : `${file.name}, ${weight}`;
    if (["image/jpeg", "image/png"].includes(file.type)) {
      address = URL.createObjectURL(file);
      image.src = address;
      image.hidden = false;
    }
  });
}

function numbers(form) {
  const adeli = form.dataset.adeli.split(" ");
  const field = (name) => form.elements[name].closest(".field");
  const show = () => { field("adeli").hidden = !adeli.includes(form.elements.profession.value); };
  form.elements.profession.addEventListener("change", show);
  show();
}

// Puts the answer's fields in place of the page's, but keeps the inputs themselves: what was typed or chosen stays.
function showErrors(form, answer) {
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
  document.querySelector("main .notice.error")?.remove();
  const summary = answer.querySelector("main .notice.error");
  if (summary) form.before(summary);
  form.querySelector(".field.invalid :is(input, select)")?.focus();
}

function keepAfterErrors(form) {
  const button = form.querySelector("button.block");
  const progress = form.querySelector("progress");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", location.href);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.responseType = "document";
    request.upload.addEventListener("progress", ({ loaded, total }) => { progress.value = (100 * loaded) / (total || 1); });
    const rest = () => { button.disabled = false; progress.hidden = true; };
    request.addEventListener("load", () => {
      rest();
      const answer = request.response;
      if (request.status === 200 && answer?.querySelector("[data-register]")) showErrors(form, answer);
      else if (request.status === 204) location.assign(request.getResponseHeader("X-Next"));
      // Anything else is shown by an ordinary sending.
      else form.submit();
    });
    request.addEventListener("error", () => { rest(); form.submit(); });
    button.disabled = true;
    progress.hidden = false;
    request.send(new FormData(form));
  });
}

document.querySelectorAll("[data-preview]").forEach(preview);
const form = document.querySelector("[data-register]");
if (form) {
  numbers(form);
  keepAfterErrors(form);
}
