/* Creating an appointment: one's own patients proposed while the name is typed. */
import { proposeWhileTyping } from "../lib/combobox.js";
import { askServer } from "./consultation_hour.js";

const form = document.querySelector("[data-hour-form]");
const list = document.getElementById("suggestions");
const fields = form.elements;

proposeWhileTyping({
  input: fields.patient_last_name,
  list,
  status: document.getElementById("suggestions-status"),
  ask: (q) => askServer(list.dataset.url, { q }),
  choose({ dataset }) {
    fields.patient_last_name.value = dataset.lastName;
    fields.patient_first_name.value = dataset.firstName;
    fields.patient_phone.value = dataset.phone;
    fields.patient_email.value = dataset.email;
    fields.date.focus();
    fields.date.select();
  },
});
