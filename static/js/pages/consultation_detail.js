/* One appointment: the link to copy, and what was sent, which htmx asks for again by itself. */
import { isAnsweredElsewhere } from "../lib/htmx_answer.js";
import { showCopyButtons, watchCopyButtons } from "./copy_button.js";

showCopyButtons(document);
watchCopyButtons();

// Logged out meanwhile: session.js says so, and what is being typed stays.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (isAnsweredElsewhere(event)) event.detail.shouldSwap = false;
});
