// Photos and documents for the practitioner: each file leaves as it is chosen, in a request of its own.

const LIMIT = 10 * 1024 * 1024;
const box = document.querySelector("[data-shared]");
const part = (name) => box.querySelector(`[data-part="${name}"]`);
const input = box.querySelector("input[type=file]");
const token = document.querySelector("#shared-form [name=csrfmiddlewaretoken]").value;
// Files on their way, the first one first.
const waiting = [];
let sending = false;

part("send").hidden = true;
input.multiple = true;
// This box may stand inside another form, which listens to its own fields.
for (const kind of ["input", "change", "focusout"]) box.addEventListener(kind, (event) => event.stopPropagation());

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-open-shared]")) document.getElementById("shared").showModal();
});
input.addEventListener("change", () => {
  part("errors").replaceChildren();
  waiting.push(...input.files);
  // The same file may be chosen again.
  input.value = "";
  sendNext();
});
part("retry").addEventListener("click", sendNext);
addEventListener("online", sendNext);

box.addEventListener("click", async (event) => {
  const button = event.target.closest("[formaction]");
  if (!button) return;
  event.preventDefault();
  button.disabled = true;
  try {
    const answer = await post(button.formAction, null);
    part("list").innerHTML = answer.text;
    say("Supprimé.");
    input.focus();
  } catch (error) {
    button.disabled = false;
    complain(error.words ?? "Pas de connexion\u00a0: le fichier n’est pas supprimé.");
  }
});

async function sendNext() {
  if (sending || !waiting.length) return;
  const file = waiting[0];
  sending = true;
  part("retry").hidden = true;
  try {
    if (file.size > LIMIT) throw refusal("Ce fichier est trop lourd\u00a0: 10\u00a0Mo au plus.");
    say(`Envoi de ${file.name}…`);
    const body = new FormData();
    body.append("file", file);
    const answer = await post(box.dataset.shared, body, ({ loaded, total }) => {
      part("progress").hidden = false;
      part("progress").value = (100 * loaded) / (total || 1);
    });
    part("list").innerHTML = answer.text;
    waiting.shift();
    say(`${file.name}\u00a0: ajouté.`);
  } catch (error) {
    if (error.words) {
      waiting.shift();
      complain(`${file.name}\u00a0: ${error.words}`);
      say("");
    } else {
      // No network: the file stays in the queue.
      part("retry").hidden = false;
      say(`${file.name} n’est pas envoyé\u00a0: vérifiez votre connexion.`);
    }
  }
  part("progress").hidden = true;
  sending = false;
  if (part("retry").hidden) sendNext();
}

/** The answer's text; an error with `words` if the server refused, without if it was not reached. */
function post(address, body, onProgress) {
  return new Promise((resolve, reject) => {
    // fetch() tells nothing of an upload's progress.
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.setRequestHeader("X-CSRFToken", token);
    if (onProgress) request.upload.addEventListener("progress", onProgress);
    request.addEventListener("error", () => reject(new Error("network")));
    request.addEventListener("load", () => {
      const moved = new URL(request.responseURL).pathname !== new URL(address, location.href).pathname;
      if (moved || request.status === 403) reject(refusal("Votre session est fermée\u00a0: rechargez la page."));
      else if (request.status === 200) resolve({ text: request.responseText });
      else if (request.status === 400) reject(refusal(wordsOf(request.responseText)));
      else if (request.status === 413) reject(refusal("Ce fichier est trop lourd\u00a0: 10\u00a0Mo au plus."));
      else reject(new Error(String(request.status)));
    });
    request.send(body);
  });
}

function wordsOf(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return "Ce fichier n’a pas été accepté.";
  }
}

const refusal = (words) => Object.assign(new Error(words), { words });

function say(words) {
  part("state").textContent = words;
}

function complain(words) {
  const line = document.createElement("li");
  line.textContent = words;
  part("errors").append(line);
}
