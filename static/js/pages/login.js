// Login: the password can be looked at.

import { revealable } from "../lib/password_field.js";

for (const field of document.querySelectorAll("input[type=password]")) revealable(field);
