/**
 * What a pen, a finger or a mouse draws, independent of any canvas: positions are fractions of the drawing's width, so
 * that it may be drawn again at any size.
 */

/** Of the drawing's width: a pen of some 2.5 px on a telephone. */
const PEN = 0.0075;
/** Widths per millisecond at which a line is at its thinnest. */
const FAST = 0.004;

export class Strokes {
  #done = [];
  #open = null;

  get isEmpty() {
    return this.#done.length === 0 && !this.#open;
  }

  get count() {
    return this.#done.length;
  }

  /** @param {{x: number, y: number, at: number, pressure: number | null}} point `pressure`: 0 to 1, null for none. */
  begin(point) {
    this.#open = [{ x: point.x, y: point.y, at: point.at, width: point.pressure === null ? PEN : widthOf(point, null) }];
  }

  /** True if the line has grown. */
  move(point) {
    const last = this.#open?.at(-1);
    if (!last || Math.hypot(point.x - last.x, point.y - last.y) < 0.001) return false;
    // Half of the old: a line doesn't change its width from one point to the next.
    this.#open.push({ x: point.x, y: point.y, at: point.at, width: (last.width + widthOf(point, last)) / 2 });
    return true;
  }

  end() {
    if (this.#open) this.#done.push(this.#open);
    this.#open = null;
  }

  undo() {
    this.#open = null;
    this.#done.pop();
  }

  clear() {
    this.#open = null;
    this.#done = [];
  }

  /** Draws all on a 2D context whose drawing is `size` pixels wide. */
  draw(context, size) {
    context.lineCap = context.lineJoin = "round";
    for (const line of [...this.#done, ...(this.#open ? [this.#open] : [])]) drawLine(context, line, size);
  }
}

function widthOf(point, last) {
  if (point.pressure !== null) return PEN * (0.45 + 1.1 * point.pressure);
  const speed = Math.hypot(point.x - last.x, point.y - last.y) / Math.max(1, point.at - last.at);
  return PEN * (1.25 - 0.65 * Math.min(1, speed / FAST));
}

/** Curves through the middles between the points: what the hand drew has no corners. */
function drawLine(context, line, size) {
  const [first] = line;
  if (line.length === 1) {
    context.beginPath();
    context.arc(first.x * size, first.y * size, (first.width * size) / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  let from = first;
  for (let index = 1; index < line.length; index += 1) {
    const point = line[index];
    const next = line[index + 1];
    const to = next ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : point;
    context.beginPath();
    context.moveTo(from.x * size, from.y * size);
    context.quadraticCurveTo(point.x * size, point.y * size, to.x * size, to.y * size);
    context.lineWidth = point.width * size;
    context.stroke();
    from = to;
  }
}
