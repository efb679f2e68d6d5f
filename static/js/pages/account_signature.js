// « Ma signature »: drawn on the screen or chosen as a picture; either way the file field holds it, the server cleans
// it and shows what would be printed, and only then is it kept.

import { Strokes } from "../lib/strokes.js";
import { watchTabs } from "./tabs.js";

/** Pixels of the picture that is sent, enough for 5 cm on paper at 600 dpi. */
const SENT_WIDTH = 1200;
const form = document.querySelector("[data-signature]");
const canvas = form.querySelector("canvas");
const field = form.elements.signature;
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const strokes = new Strokes();
const context = canvas.getContext("2d");

// --- The pad -------------------------------------------------------------------------------------
function redraw() {
  const { width, height } = canvas.getBoundingClientRect();
  if (!width) return;
  const dots = Math.max(2, devicePixelRatio);
  canvas.width = Math.round(width * dots);
  canvas.height = Math.round(height * dots);
  // Ink is black whatever the theme: the pad is paper.
  context.strokeStyle = context.fillStyle = "#000";
  strokes.draw(context, canvas.width);
}

function pointOf(event) {
  const box = canvas.getBoundingClientRect();
  const pressure = event.pointerType === "pen" && event.pressure > 0 ? event.pressure : null;
  return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.width, at: event.timeStamp, pressure };
}

let pointer = null;

canvas.addEventListener("pointerdown", (event) => {
  // The palm that rests beside the pen is no second pen.
  if (pointer !== null || event.button !== 0) return;
  event.preventDefault();
  pointer = event.pointerId;
  canvas.setPointerCapture(pointer);
  strokes.begin(pointOf(event));
  redraw();
  show();
});
canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pointer) return;
  const all = event.getCoalescedEvents?.() ?? [];
  const grew = (all.length ? all : [event]).map((each) => strokes.move(pointOf(each)));
  if (grew.includes(true)) redraw();
});
for (const kind of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(kind, (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    strokes.end();
    redraw();
    drawn();
  });
}
new ResizeObserver(redraw).observe(canvas);

part("undo").addEventListener("click", () => {
  strokes.undo();
  redraw();
  drawn();
});
part("clear").addEventListener("click", () => {
  strokes.clear();
  redraw();
  drawn();
});
addEventListener("keydown", (event) => {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || strokes.isEmpty || part("draw").hidden) return;
  event.preventDefault();
  part("undo").click();
});

/** The drawing becomes the file of the form. */
async function drawn() {
  show();
  if (strokes.isEmpty) {
    setFile(null);
    return;
  }
  const sheet = document.createElement("canvas");
  sheet.width = SENT_WIDTH;
  sheet.height = Math.round((SENT_WIDTH * canvas.height) / canvas.width);
  const ink = sheet.getContext("2d");
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, sheet.width, sheet.height);
  ink.strokeStyle = ink.fillStyle = "#000";
  strokes.draw(ink, sheet.width);
  const blob = await new Promise((done) => sheet.toBlob(done, "image/png"));
  setFile(new File([blob], "signature.png", { type: "image/png" }));
}

function setFile(file) {
  const files = new DataTransfer();
  if (file) files.items.add(file);
  field.files = files.files;
  preview();
}

// --- What would be printed -----------------------------------------------------------------------
let shown = "";
let asked = 0;

field.addEventListener("change", () => {
  if (!strokes.isEmpty) strokes.clear();
  redraw();
  preview();
});

async function preview() {
  const number = (asked += 1);
  const [file] = field.files;
  let picture = "";
  let error = "";
  if (file) {
    part("busy").hidden = false;
    try {
      ({ picture, error } = await ask(file));
    } catch {
      error = "L’aperçu n’est pas venu\u00a0: vérifiez votre connexion.";
    }
  }
  // Drawn on meanwhile: a newer one is on its way.
  if (number !== asked) return;
  part("busy").hidden = true;
  URL.revokeObjectURL(shown);
  shown = picture;
  part("preview").hidden = !picture;
  if (picture) part("printed").src = picture;
  part("error").hidden = !error;
  part("error-words").textContent = error;
  show();
}

async function ask(file) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.append("preview", "1");
  body.append("signature", file);
  const response = await fetch(location.pathname, { method: "POST", body, redirect: "manual" });
  if (response.status === 422) return { picture: "", error: (await response.json()).error };
  if (!response.ok) throw new Error(String(response.status));
  return { picture: URL.createObjectURL(await response.blob()), error: "" };
}

function show() {
  part("undo").disabled = part("clear").disabled = strokes.isEmpty;
  part("hint").hidden = !strokes.isEmpty;
  part("save").disabled = part("preview").hidden;
}

part("choice").hidden = false;
part("draw").hidden = false;
part("file").hidden = true;
watchTabs(part("choice"));
show();
