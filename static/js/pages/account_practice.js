// « Mon cabinet »: proposes the communes of the postal code.

import { proposeCommunes } from "../lib/communes.js";

const form = document.querySelector("[data-practice]");
const city = form.elements.practice_city;
proposeCommunes({ postal: form.elements.practice_postal_code, city, address: form.querySelector("[data-communes]").dataset.communes, filled: () => {} });
