// « Vérifications »: each tick is stored as it is made; one that was not stored goes back.

const box = document.querySelector("[data-checks]");
const lines = [...box.querySelectorAll("[data-kind]")];
const part = (root, name) => root.querySelector(`[data-part="${name}"]`);
const tickOf = (line) => line.querySelector('input[type="checkbox"]');
const detailOf = (line) => line.querySelector('input[name="detail"]');
// In the order in which they were made.
let queue = Promise.resolve();

function count() {
  const done = lines.filter((line) => tickOf(line).checked).length;
  part(box, "count").textContent = `${done} sur ${lines.length}`;
  return done;
}

async function store(line) {
  const checked = tickOf(line).checked;
  const detail = detailOf(line)?.value ?? "";
  const body = new URLSearchParams({ csrfmiddlewaretoken: box.querySelector('[name="csrfmiddlewaretoken"]').value });
  body.append("kind", line.dataset.kind);
  body.append("detail", detail);
  if (checked) body.append("checked", "1");
  let words = "";
  try {
    const response = await fetch(box.dataset.checks, { method: "POST", body, redirect: "manual" });
    if (!response.ok) throw new Error(String(response.status));
    const { at } = await response.json();
    part(line, "at").textContent = at ?? "";
    if (!at && detailOf(line)) detailOf(line).value = "";
    line.dataset.stored = String(checked);
  } catch {
    tickOf(line).checked = line.dataset.stored === "true";
    words = "Non enregistré\u00a0: réessayez.";
  }
  part(box, "state").textContent = words;
  count();
}

for (const line of lines) {
  line.dataset.stored = String(tickOf(line).checked);
  line.addEventListener("change", ({ target }) => {
    // Whoever types the place has asked for it.
    if (target === detailOf(line) && target.value.trim()) tickOf(line).checked = true;
    count();
    queue = queue.then(() => store(line));
  });
}
box.open = count() < lines.length;
