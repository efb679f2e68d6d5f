import { showCopyButtons, watchCopyButtons } from "./copy_button.js";

showCopyButtons(document);
watchCopyButtons();
