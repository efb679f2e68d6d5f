// Signature: the chosen picture, before it is sent.

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
    const weight = size(file.size);
    name.textContent = file.size > LIMIT ? `${file.name} : ${weight}, c’est trop lourd (10 Mo au plus)` : `${file.name}, ${weight}`;
    if (["image/jpeg", "image/png"].includes(file.type)) {
      address = URL.createObjectURL(file);
      image.src = address;
      image.hidden = false;
    }
  });
}

document.querySelectorAll("[data-preview]").forEach(preview);
