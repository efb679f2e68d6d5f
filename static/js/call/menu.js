/** What opens from a button of the call stands beside it. « Plus »: the arrows walk through it (ARIA Authoring Practices, menu button), a choice closes it. */

export function start({ root, find }) {
  const menu = root.querySelector("#room-menu");
  const button = root.querySelector("[popovertarget=room-menu]");
  for (const popover of root.querySelectorAll("[popover]")) {
    popover.addEventListener("beforetoggle", () => place(popover, root.querySelector(`[popovertarget=${popover.id}]`)));
  }
  const items = () => [...menu.querySelectorAll("[role^=menuitem]")].filter((item) => item.getClientRects().length);

  menu.addEventListener("beforetoggle", ({ newState }) => {
    button.setAttribute("aria-expanded", String(newState === "open"));
    if (newState === "open") mirror();
  });
  menu.addEventListener("toggle", ({ newState }) => newState === "open" && items()[0]?.focus());
  menu.addEventListener("keydown", (event) => {
    const shown = items();
    const at = shown.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") menu.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    shown.at(to % shown.length)?.focus();
  });
  menu.addEventListener("click", ({ target }) => {
    const item = target.closest("[role^=menuitem]");
    if (!item) return;
    menu.hidePopover();
    if (item.dataset.press) find(item.dataset.press).click();
  });

  /** An entry says what the button says that it presses. */
  function mirror() {
    for (const item of menu.querySelectorAll("[data-press]")) {
      const pressed = find(item.dataset.press);
      item.hidden = pressed.hidden;
      item.querySelector("span").textContent = pressed.getAttribute("aria-label");
    }
  }
}

/** Where its button is, for the stylesheet: distances of the button's edges from the window's. */
function place(popover, button) {
  const { left, right, top, bottom } = button.getBoundingClientRect();
  const edges = { left, right: document.documentElement.clientWidth - right, top: bottom, bottom: innerHeight - top };
  for (const [edge, distance] of Object.entries(edges)) popover.style.setProperty(`--${edge}`, `${distance}px`);
}
