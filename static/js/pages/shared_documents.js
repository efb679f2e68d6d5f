// Photos and documents for the practitioner: each file leaves as it is chosen, in a request of its own.

import { Refused, post } from "../lib/upload.js";
import { UploadQueue } from "../lib/upload_queue.js";
import { t } from "../lib/language.js";

const box = document.querySelector("[data-shared]");
const part = (name) => box.querySelector(`[data-part="${name}"]`);
const input = box.querySelector("input[type=file]");
const token = document.querySelector("#shared-form [name=csrfmiddlewaretoken]").value;

const queue = new UploadQueue({
  limit: 10 * 1024 * 1024,
  send(file) {
    const body = new FormData();
    body.append("file", file);
    return send(box.dataset.shared, body);
  },
  on: {
    sending(file) {
      part("retry").hidden = true;
      say(t("Envoi de {name}…", { name: file.name }));
    },
    added(file, list) {
      settle(t("{name}\u00a0: ajouté.", { name: file.name }));
      part("list").innerHTML = list;
    },
    refused(file, words) {
      settle("");
      complain(t("{name}\u00a0: {words}", { name: file.name, words }));
    },
    stuck(file) {
      settle(t("{name} n’est pas envoyé\u00a0: vérifiez votre connexion.", { name: file.name }));
      part("retry").hidden = false;
    },
  },
});

part("send").hidden = true;
input.multiple = true;
// This box may stand inside another form, which listens to its own fields.
for (const kind of ["input", "change", "focusout"]) box.addEventListener(kind, (event) => event.stopPropagation());

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-open-shared]")) document.getElementById("shared").showModal();
});
input.addEventListener("change", () => {
  part("errors").replaceChildren();
  queue.add([...input.files]);
  // The same file may be chosen again.
  input.value = "";
});
part("retry").addEventListener("click", () => queue.run());
addEventListener("online", () => queue.run());

box.addEventListener("click", async (event) => {
  const button = event.target.closest("[formaction]");
  if (!button) return;
  event.preventDefault();
  button.disabled = true;
  try {
    part("list").innerHTML = await send(button.formAction, null);
    say(t("Supprimé."));
    input.focus();
  } catch (error) {
    button.disabled = false;
    complain(error instanceof Refused ? error.message : t("Le fichier n’est pas supprimé\u00a0: vérifiez votre connexion."));
  }
});

/** The list as the server has it now. */
function send(address, body) {
  const progress = (percent) => {
    part("progress").hidden = false;
    part("progress").value = percent;
  };
  return post(address, body, { token, progress });
}

function settle(words) {
  part("progress").hidden = true;
  say(words);
}

function say(words) {
  part("state").textContent = words;
}

function complain(words) {
  const line = document.createElement("li");
  line.textContent = words;
  part("errors").append(line);
}
