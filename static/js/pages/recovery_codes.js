// The recovery codes, shown once: print them, copy them. Downloading is a plain link.
import { showCopyButtons, watchCopyButtons } from "./copy_button.js";

// Shown this once: a reload asks for the page anew instead of sending the form again.
history.replaceState(null, "", location.href);
const print = document.querySelector("[data-print]");
print.hidden = false;
print.addEventListener("click", () => window.print());
showCopyButtons(document);
watchCopyButtons();
