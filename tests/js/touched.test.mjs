import assert from "node:assert/strict";
import { test } from "node:test";

import { isTouched } from "../../static/js/lib/touched.js";

const choice = (selectedIndex, preset) => ({
  type: "select-one",
  selectedIndex,
  options: [0, 1, 2].map((index) => ({ defaultSelected: index === preset })),
});

test("a text is touched once it is another one", () => {
  assert.equal(isTouched({ type: "text", value: "", defaultValue: "" }), false);
  assert.equal(isTouched({ type: "text", value: "Leeds", defaultValue: "" }), true);
  assert.equal(isTouched({ type: "textarea", value: "", defaultValue: "Leeds" }), true);
  assert.equal(isTouched({ type: "submit", value: "1" }), false);
});

test("a tick is touched by its state, not by its value", () => {
  assert.equal(isTouched({ type: "checkbox", value: "on", checked: false, defaultChecked: false }), false);
  assert.equal(isTouched({ type: "radio", value: "F", checked: true, defaultChecked: false }), true);
});

test("a list is touched when another line is chosen; without a preset one the first counts as preset", () => {
  assert.equal(isTouched(choice(0, -1)), false);
  assert.equal(isTouched(choice(2, 2)), false);
  assert.equal(isTouched(choice(1, -1)), true);
  assert.equal(isTouched(choice(0, 2)), true);
});
