/* Buttons `data-copy="<id of a field>"`: copy the field's value; hidden until this module runs. */

/** Shows the copy buttons inside `root`. */
export function showCopyButtons(root) {
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}

/** Answers every copy button of the page, also of fragments that come later. */
export function watchCopyButtons() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    const words = button.querySelector("span");
    const before = words.dataset.before ?? words.textContent;
    words.dataset.before = before;
    try {
      await navigator.clipboard.writeText(field.value);
      words.textContent = "Copié";
    } catch {
      // Refused, or a page without TLS: the field is selected, Ctrl-C does the rest.
      field.select();
      words.textContent = "Sélectionné : Ctrl + C";
    }
    setTimeout(() => { words.textContent = before; }, 3000);
  });
}
