// Another proof of identity: what was chosen, how heavy it is, how far it has got.

const LIMIT = 10 * 1024 * 1024;
const form = document.querySelector("[data-one-file]");
if (form) start(form);

function start(form) {
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button");
  const box = form.querySelector("[data-preview]");
  const image = box.querySelector("img");
  const name = box.querySelector("[data-name]");
  let address = "";

  image.addEventListener("error", () => { image.hidden = true; });
  input.addEventListener("change", () => {
    if (address) URL.revokeObjectURL(address);
    const [file] = input.files;
    box.hidden = !file;
    image.hidden = true;
    if (!file) return;
    const weight = `${(file.size / 1024 / 1024).toLocaleString("fr-FR", { maximumFractionDigits: 1, minimumFractionDigits: 1 })}\u00a0Mo`;
    name.textContent = file.size > LIMIT ? `${file.name}\u00a0: ${weight}, c’est trop lourd (10\u00a0Mo au plus)` : `${file.name}, ${weight}`;
    // PDF and HEIC have no picture here; the name says what was chosen.
    if (!["image/jpeg", "image/png", "image/webp"].includes(file.type)) return;
    address = URL.createObjectURL(file);
    image.src = address;
    image.hidden = false;
  });

  form.addEventListener("submit", () => {
    // The browser shows how far it is; a second press would send it twice.
    setTimeout(() => { button.disabled = true; });
    form.querySelector("progress").hidden = false;
  });
  // Back from the next page: the form is as it was.
  window.addEventListener("pageshow", () => { button.disabled = false; form.querySelector("progress").hidden = true; });
}
