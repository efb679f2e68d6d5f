import assert from "node:assert/strict";
import { test } from "node:test";

import { CLOSEST, layout, scrolled, zoomed } from "../../static/js/lib/viewer.js";

test("a large picture is shown whole, a small one fills the window", () => {
  const window = { width: 300, height: 400 };
  const large = layout({ page: { width: 3000, height: 2000 }, window, zoom: 1, turns: 0 });
  assert.deepEqual(large.sheet, { width: 300, height: 200 });
  const small = layout({ page: { width: 30, height: 40 }, window, zoom: 1, turns: 0 });
  assert.deepEqual(small.sheet, window);
});

test("turned by a quarter it is fitted anew, by a half as before", () => {
  const view = { page: { width: 3000, height: 2000 }, window: { width: 300, height: 450 }, zoom: 1 };
  const lying = layout({ ...view, turns: 1 });
  assert.deepEqual(lying.sheet, { width: 300, height: 450 });
  assert.deepEqual(lying.image, { width: 450, height: 300 });
  assert.deepEqual(layout({ ...view, turns: 2 }), layout({ ...view, turns: 0 }));
});

test("zoom goes in and comes back to the whole page, and has an end", () => {
  let zoom = 1;
  for (let step = 0; step < 20; step += 1) zoom = zoomed(zoom, 1);
  assert.equal(zoom, CLOSEST);
  for (let step = 0; step < 20; step += 1) zoom = zoomed(zoom, -1);
  assert.equal(zoom, 1);
});

test("the point under the pointer stays under it", () => {
  // 40 px into the window over a page scrolled by 100: at 140 of the page, at 280 once doubled.
  assert.equal(scrolled(100, 40, 2), 240);
  assert.equal(scrolled(0, 40, 0.5), 0);
});
