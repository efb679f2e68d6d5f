import assert from "node:assert/strict";
import { test } from "node:test";

import { Throttle, limits, tell } from "../../static/js/call/bandwidth.js";

const GOOD = { rtt: 0.05, up: { loss: 0, available: 2_000_000, limited: "none" } };
const LOSSY = { rtt: 0.05, up: { loss: 0.2, available: 2_000_000, limited: "none" } };

/** Hears a measure every 2 s; `steps` after each. */
function hearing() {
  const throttle = new Throttle();
  let at = 0;
  return (measure, seconds) => {
    for (const until = at + seconds * 1000; at < until; at += 2000) throttle.hear(measure, at);
    return throttle.step;
  };
}

test("a good connection sends all, a bad moment changes nothing", () => {
  const hear = hearing();
  assert.equal(hear(GOOD, 60), 0);
  assert.equal(hear(LOSSY, 4), 0);
  assert.equal(hear(GOOD, 2), 0);
  assert.equal(hear(LOSSY, 6), 0);
});

test("down step by step until only the sound is left, and up again more slowly", () => {
  const hear = hearing();
  assert.equal(hear(LOSSY, 8), 1);
  assert.equal(hear(LOSSY, 8), 2);
  assert.equal(hear(LOSSY, 8), 3);
  assert.equal(hear(LOSSY, 60), 3);
  assert.equal(hear(GOOD, 10), 3);
  assert.equal(hear(GOOD, 4), 2);
  assert.equal(hear(GOOD, 14), 1);
  assert.equal(hear(GOOD, 14), 0);
});

test("a step up that fails at once is tried again later and later", () => {
  const hear = hearing();
  hear(LOSSY, 8);
  assert.equal(hear(GOOD, 14), 0);
  assert.equal(hear(LOSSY, 8), 1);
  assert.equal(hear(GOOD, 14), 1);
  assert.equal(hear(GOOD, 12), 0);
});

test("so and so keeps the step", () => {
  const hear = hearing();
  hear(LOSSY, 8);
  assert.equal(hear({ ...LOSSY, up: { ...LOSSY.up, loss: 0.05 } }, 120), 1);
});

test("a delay that grew is our own queue, one that was always there is the way's", () => {
  const slow = { ...GOOD, rtt: 0.9 };
  let hear = hearing();
  assert.equal(hear(slow, 60), 0);
  hear = hearing();
  hear(GOOD, 4);
  assert.equal(hear(slow, 8), 1);
  assert.equal(hear({ ...GOOD, rtt: 0.2 }, 14), 0);
});

test("too little room for the step of now, and room enough for the next", () => {
  const room = (available) => ({ rtt: 0.05, up: { loss: 0, available, limited: "bandwidth" } });
  const hear = hearing();
  assert.equal(hear(room(500_000), 8), 1);
  assert.equal(hear(room(500_000), 60), 1, "360p has what it needs, 720p would not");
  assert.equal(hear(room(100_000), 8), 2);
  assert.equal(hear(room(20_000), 8), 3);
  assert.equal(hear(room(20_000), 14), 2, "without a picture nothing measures the room");
  assert.equal(hear(room(1_000_000), 28), 0);
});

test("what a browser doesn't measure is no reason", () => {
  const hear = hearing();
  assert.equal(hear({ rtt: 0.05, up: { loss: 0, available: null, limited: null } }, 60), 0);
  assert.equal(hear({ rtt: 0, up: { loss: 0.2, available: null, limited: null } }, 8), 1);
  assert.equal(hear({ rtt: 0, up: { loss: 0, available: null, limited: null } }, 14), 0);
});

test("the encoding of each step, for a camera and for a screen", () => {
  const camera = (step, size = 720) => Object.values(limits(step, { size, screen: false }));
  assert.deepEqual(camera(0), [true, 1, 30, undefined]);
  assert.deepEqual(camera(1), [true, 2, 24, 700_000]);
  assert.deepEqual(camera(2), [true, 4, 12, 150_000]);
  assert.equal(limits(3, { size: 720, screen: false }).active, false);
  assert.equal(camera(1, 240)[1], 1, "never larger than it is");
  for (const step of [0, 1, 2, 3]) {
    const { active, scaleResolutionDownBy } = limits(step, { size: 1080, screen: true });
    assert.deepEqual([active, scaleResolutionDownBy], [true, 1], "what cannot be read is no use");
  }
});

test("a sender is told once, and not before it has negotiated", async () => {
  const told = [];
  const sender = (encodings) => ({ getParameters: () => ({ encodings: structuredClone(encodings) }), setParameters: async (p) => told.push(p) });
  const wanted = limits(0, { size: 720, screen: false });
  await tell(sender([]), wanted);
  await tell(sender([{ active: true, scaleResolutionDownBy: 1, maxFramerate: 30 }]), wanted);
  assert.deepEqual(told, []);
  await tell(sender([{ active: false, maxBitrate: 150_000, priority: "low" }]), wanted);
  assert.deepEqual(told, [{ encodings: [{ active: true, scaleResolutionDownBy: 1, maxFramerate: 30, priority: "low" }] }]);
});
