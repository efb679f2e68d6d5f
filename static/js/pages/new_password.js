// Pages that ask for a new password.

import { reveal, showStrength } from "../lib/new_password.js";

document.querySelectorAll("[data-strength]").forEach((box) => showStrength(box));
document.querySelectorAll("[data-reveal]").forEach(reveal);
