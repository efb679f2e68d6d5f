import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Attention, REPEAT_MS } from "../../static/js/lib/attention.js";
import { DOWN_MS, GATHER_MS, LiveRows, UP_MS } from "../../static/js/lib/live_rows.js";
import { FakeClock } from "./fakes.mjs";

let clock, calls, asked;
const call = (keys, again) => calls.push([keys.join(" "), again]);
const ask = () => (asked += 1);

beforeEach(() => {
  clock = new FakeClock();
  calls = [];
  asked = 0;
});

test("whoever comes is told at once, and again each minute while anybody waits", async () => {
  const attention = new Attention({ clock, call });
  attention.update(["a"]);
  assert.deepEqual(calls, [["a", false]]);
  await clock.pass(REPEAT_MS - 1);
  attention.update(["a"]);
  assert.equal(calls.length, 1);
  await clock.pass(1);
  assert.deepEqual(calls.at(-1), ["a", true]);
  attention.update([]);
  await clock.pass(10 * REPEAT_MS);
  assert.equal(calls.length, 2);
  assert.equal(clock.pending, 0);
});

test("who waited before the page came is not told as new, but not forgotten either", async () => {
  const attention = new Attention({ clock, call }, ["a"]);
  attention.update(["a"]);
  assert.deepEqual(calls, []);
  await clock.pass(REPEAT_MS);
  assert.deepEqual(calls, [["a", true]]);
  attention.update(["a", "b"]);
  assert.deepEqual(calls.at(-1), ["b", false]);
});

test("several signals of one moment ask once", async () => {
  const rows = new LiveRows({ clock, ask });
  for (let index = 0; index < 50; index++) rows.changed();
  await clock.pass(GATHER_MS);
  assert.equal(asked, 1);
  await clock.pass(UP_MS - 1);
  assert.equal(asked, 1);
});

test("with the socket it looks rarely, without it often", async () => {
  const rows = new LiveRows({ clock, ask });
  await clock.pass(DOWN_MS);
  assert.equal(asked, 1);
  rows.changed();
  await clock.pass(GATHER_MS + UP_MS);
  assert.equal(asked, 3);
  rows.down();
  rows.down();
  await clock.pass(5 * DOWN_MS);
  assert.equal(asked, 8);
});

test("a question without an answer is asked again soon, once", async () => {
  const rows = new LiveRows({ clock, ask });
  rows.changed();
  await clock.pass(GATHER_MS);
  rows.failed();
  await clock.pass(DOWN_MS);
  assert.equal(asked, 2);
  await clock.pass(UP_MS - 1);
  assert.equal(asked, 2);
  await clock.pass(1);
  assert.equal(asked, 3);
});
