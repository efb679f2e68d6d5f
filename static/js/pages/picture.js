// A patient's picture, large: in the room beside the call and on the appointment's page.

const dialog = document.getElementById("picture");
const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
const image = part("image");

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-picture]");
  // With a key held, the browser's own way: another tab.
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  document.getElementById("picture-name").textContent = image.alt = link.dataset.picture;
  part("download").href = `${link.href}?telecharger`;
  part("broken").hidden = true;
  image.hidden = false;
  image.src = link.href;
  dialog.showModal();
});
image.addEventListener("error", () => {
  image.hidden = true;
  part("broken").hidden = !dialog.open;
});
part("close").addEventListener("click", () => dialog.close());
// Beside the picture.
dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
dialog.addEventListener("close", () => image.removeAttribute("src"));
