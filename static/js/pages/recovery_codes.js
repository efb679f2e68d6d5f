// The recovery codes, shown once: print them, copy them. Downloading is a plain link.
import { showCopyButtons, watchCopyButtons } from "./copy_button.js";

const print = document.querySelector("[data-print]");
print.hidden = false;
print.addEventListener("click", () => window.print());
showCopyButtons(document);
watchCopyButtons();
// A reload asks for this page anew: it doesn't send the form again, which would replace the codes just printed.
history.replaceState(null, "", location.href);
