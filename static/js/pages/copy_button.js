/* Buttons `data-copy="<id of a field>"`: copy the field's value; hidden until this module runs. */

/** Shows the copy buttons inside `root`, each beside the line that tells a screen reader what became of it. */
export function showCopyButtons(root) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    const said = Object.assign(document.createElement("span"), { className: "visually-hidden" });
    said.setAttribute("role", "status");
    button.after(said);
  }
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
      // Refused, or a page without TLS: the field is selected, its own menu or the keyboard does the rest.
      field.focus();
      field.select();
      words.textContent = "Sélectionné\u00a0: à copier";
    }
    button.nextElementSibling.textContent = words.textContent;
    setTimeout(() => {
      words.textContent = before;
      button.nextElementSibling.textContent = "";
    }, 3000);
  });
}
