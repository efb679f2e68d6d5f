// The proof of identity in the administration: zoom, turn, pages. Without this module the first page is shown, whole.

import { layout, scrolled, zoomed } from "../lib/viewer.js";

const viewer = document.querySelector("[data-viewer]");
if (viewer) start(viewer);

function start(root) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const view = part("view");
  const pages = [...root.querySelectorAll("[data-page]")];
  let current = 0;
  let zoom = 1;
  let turns = 0;

  function draw() {
    const image = pages[current];
    part("broken").hidden = !image.dataset.broken;
    image.hidden = Boolean(image.dataset.broken);
    part("place").textContent = pages.length > 1 ? `Page ${current + 1} sur ${pages.length}` : "";
    part("scale").textContent = zoom === 1 ? "Entier" : `× ${zoom.toLocaleString("fr-FR", { maximumFractionDigits: 1 })}`;
    for (const [name, isOff] of [["out", zoom === 1], ["fit", zoom === 1 && turns === 0], ["previous", current === 0], ["next", current === pages.length - 1]]) {
      if (part(name)) part(name).disabled = isOff;
    }
    if (!image.naturalWidth) return;
    const { sheet, image: size } = layout({
      page: { width: image.naturalWidth, height: image.naturalHeight },
      window: { width: view.clientWidth, height: view.clientHeight }, zoom, turns,
    });
    const box = part("sheet").style;
    [box.width, box.height] = [`${sheet.width}px`, `${sheet.height}px`];
    [image.style.width, image.style.height] = [`${size.width}px`, `${size.height}px`];
    image.style.transform = `translate(-50%, -50%) rotate(${turns * 90}deg)`;
  }

  function setZoom(next, point = { x: view.clientWidth / 2, y: view.clientHeight / 2 }) {
    const ratio = next / zoom;
    const { scrollLeft, scrollTop } = view;
    zoom = next;
    draw();
    view.scrollTo(scrolled(scrollLeft, point.x, ratio), scrolled(scrollTop, point.y, ratio));
  }

  function show(number) {
    if (number < 0 || number >= pages.length) return;
    pages[current].hidden = true;
    current = number;
    // What was hidden is loaded now: each page that is shown is a look of its own in the trail.
    pages[current].hidden = false;
    zoom = 1;
    draw();
  }

  const acts = {
    in: () => setZoom(zoomed(zoom, 1)),
    out: () => setZoom(zoomed(zoom, -1)),
    fit: () => { turns = 0; setZoom(1); },
    turn: () => { turns = (turns + 1) % 4; draw(); },
    previous: () => show(current - 1),
    next: () => show(current + 1),
    full: () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()),
  };
  const keys = { "+": "in", "=": "in", "-": "out", 0: "fit", r: "turn", R: "turn", PageUp: "previous", PageDown: "next" };

  root.addEventListener("click", ({ target }) => acts[target.closest("button")?.dataset.part]?.());
  view.addEventListener("keydown", (event) => {
    const act = acts[keys[event.key]];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  view.addEventListener("wheel", (event) => {
    // Alone it scrolls, as everywhere; two fingers on a touchpad arrive as Ctrl, too.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const edge = view.getBoundingClientRect();
    setZoom(zoomed(zoom, event.deltaY < 0 ? 1 : -1), { x: event.clientX - edge.left, y: event.clientY - edge.top });
  }, { passive: false });
  view.addEventListener("dblclick", (event) => {
    const edge = view.getBoundingClientRect();
    setZoom(zoom === 1 ? 2.5 : 1, { x: event.clientX - edge.left, y: event.clientY - edge.top });
  });
  view.addEventListener("pointermove", (event) => {
    // A finger scrolls by itself.
    if (event.pointerType === "mouse" && event.buttons === 1) view.scrollBy(-event.movementX, -event.movementY);
  });
  for (const image of pages) {
    image.draggable = false;
    image.addEventListener("load", draw);
    image.addEventListener("error", () => { image.dataset.broken = "true"; draw(); });
  }
  if (!root.requestFullscreen) part("full").hidden = true;
  new ResizeObserver(draw).observe(view);
  root.classList.add("is-live");
  part("bar").hidden = false;
  draw();
}
