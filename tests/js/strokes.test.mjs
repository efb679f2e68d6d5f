// A drawn signature, without a canvas.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Strokes } from "../../static/js/lib/strokes.js";

function paper() {
  const drawn = [];
  return {
    drawn,
    beginPath() {},
    moveTo: (...at) => drawn.push(["from", ...at]),
    quadraticCurveTo: (...at) => drawn.push(["to", ...at]),
    arc: (...at) => drawn.push(["dot", ...at]),
    fill() {},
    stroke() {
      drawn.push(["width", this.lineWidth]);
    },
  };
}

function line(strokes, ...points) {
  strokes.begin({ pressure: null, ...points[0] });
  for (const point of points.slice(1)) strokes.move({ pressure: null, ...point });
  strokes.end();
}

test("a dot is a dot, a line is drawn at any size", () => {
  const strokes = new Strokes();
  line(strokes, { x: 0.1, y: 0.1, at: 0 });
  line(strokes, { x: 0.2, y: 0.2, at: 0 }, { x: 0.4, y: 0.3, at: 50 });
  const small = paper();
  const large = paper();
  strokes.draw(small, 100);
  strokes.draw(large, 1000);
  assert.deepEqual(small.drawn[0].slice(0, 3), ["dot", 10, 10]);
  assert.deepEqual(large.drawn[0].slice(0, 3), ["dot", 100, 100]);
  const widths = [small, large].map((each) => each.drawn.find(([what]) => what === "width")[1]);
  assert.ok(Math.abs(widths[1] - 10 * widths[0]) < 1e-9);
});

test("undo takes the last line, clear all of them", () => {
  const strokes = new Strokes();
  assert.ok(strokes.isEmpty);
  line(strokes, { x: 0, y: 0, at: 0 }, { x: 1, y: 0, at: 10 });
  line(strokes, { x: 0, y: 0.1, at: 0 }, { x: 1, y: 0.1, at: 10 });
  strokes.undo();
  assert.equal(strokes.count, 1);
  strokes.undo();
  strokes.undo();
  assert.ok(strokes.isEmpty);
  line(strokes, { x: 0, y: 0, at: 0 });
  strokes.clear();
  assert.ok(strokes.isEmpty);
});

test("a fast hand and a light pen draw thin lines", () => {
  const width = (points) => {
    const strokes = new Strokes();
    line(strokes, ...points);
    const sheet = paper();
    strokes.draw(sheet, 1);
    return sheet.drawn.findLast(([what]) => what === "width")[1];
  };
  assert.ok(width([{ x: 0, y: 0, at: 0 }, { x: 0.5, y: 0, at: 20 }]) < width([{ x: 0, y: 0, at: 0 }, { x: 0.5, y: 0, at: 2000 }]));
  const pen = (pressure) => width([{ x: 0, y: 0, at: 0, pressure }, { x: 0.5, y: 0, at: 20, pressure }]);
  assert.ok(pen(0.2) < pen(0.9));
});

test("a hand that rests adds nothing", () => {
  const strokes = new Strokes();
  strokes.begin({ x: 0.5, y: 0.5, at: 0, pressure: null });
  assert.equal(strokes.move({ x: 0.5001, y: 0.5, at: 10, pressure: null }), false);
  assert.equal(strokes.move({ x: 0.52, y: 0.5, at: 20, pressure: null }), true);
});
