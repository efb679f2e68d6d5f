// A password that can be looked at, and a word when the capitals are locked. Without this script it is a plain field.

export function revealable(field) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button link reveal";
  button.setAttribute("aria-controls", field.id);
  const hint = document.createElement("p");
  hint.className = "helptext";
  hint.setAttribute("role", "status");
  field.before(hint);
  field.after(button);

  function say() {
    const hidden = field.type === "password";
    button.textContent = hidden ? "Afficher le mot de passe" : "Masquer le mot de passe";
    button.setAttribute("aria-pressed", String(!hidden));
  }

  button.addEventListener("click", () => {
    field.type = field.type === "password" ? "text" : "password";
    say();
    field.focus();
  });
  // Browsers keep what was typed in a text field, and show it again.
  field.form.addEventListener("submit", () => (field.type = "password"));
  for (const event of ["keydown", "keyup"]) {
    field.addEventListener(event, (pressed) => {
      const locked = pressed.getModifierState?.("CapsLock") ?? false;
      hint.textContent = locked ? "Les majuscules sont verrouillées." : "";
    });
  }
  say();
}
