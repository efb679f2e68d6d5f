// The end of an idle login, seen from a page: with a clock and a server of the test's own.

import assert from "node:assert/strict";
import { test } from "node:test";

import { SessionWatch } from "../../static/js/lib/session_watch.js";

const IDLE = 1800;

/** A server whose session was last used at `seen`, and a clock that is turned by hand. */
function stage({ left = IDLE, user = "1" } = {}) {
  const timers = new Map();
  const told = [];
  const asked = [];
  let now = 0;
  let last = 0;
  const clock = {
    now: () => now,
    setTimeout: (act, wait) => (timers.set((last += 1), { act, at: now + wait }), last),
    clearTimeout: (id) => timers.delete(id),
  };
  const server = { seen: (left - IDLE) * 1000, user, final: false, down: false };
  const watch = new SessionWatch({
    async ask(method) {
      asked.push(method);
      if (server.down) throw new TypeError("network");
      const alive = Math.max(0, Math.floor(IDLE - (now - server.seen) / 1000));
      if (method === "POST" && alive) server.seen = now;
      const seconds = server.left ?? Math.max(0, Math.floor(IDLE - (now - server.seen) / 1000));
      return { left: seconds, final: server.final, user: seconds ? server.user : "", token: "fresh" };
    },
    clock,
    left,
    user,
    on: { state: (...what) => told.push(what), token: (token) => told.push(["token", token]) },
  });
  const settle = () => new Promise((done) => setImmediate(done));
  async function pass(seconds) {
    const until = now + seconds * 1000;
    for (;;) {
      const [id, next] = [...timers].sort((a, b) => a[1].at - b[1].at)[0] ?? [];
      if (!next || next.at > until) break;
      timers.delete(id);
      now = Math.max(now, next.at);
      next.act();
      await settle();
    }
    now = until;
    await settle();
  }
  watch.start();
  return { watch, server, asked, told, pass, states: () => told.filter(([what]) => what !== "token").map(([what]) => what) };
}

test("two minutes before the end it warns, counts down, and says when it is over", async () => {
  const { pass, told, states, watch } = stage();
  await pass(IDLE - 121);
  assert.deepEqual(states(), []);
  await pass(2);
  assert.equal(told.at(-1)[0], "warning");
  assert.ok([119, 120].includes(told.at(-1)[1]));
  await pass(60);
  assert.equal(told.at(-1)[0], "warning");
  assert.ok(told.at(-1)[1] <= 61 && told.at(-1)[1] >= 58);
  await pass(62);
  assert.equal(watch.state, "ended");
  assert.equal(states().filter((state) => state === "ended").length, 1);
});

test("« Rester connecté » begins a new half hour", async () => {
  const { watch, pass, states, asked } = stage();
  await pass(IDLE - 60);
  await watch.stay();
  assert.equal(states().at(-1), "calm");
  assert.equal(asked.at(-1), "POST");
  await pass(IDLE - 130);
  assert.equal(watch.state, "calm");
});

test("typing prolongs, at most once a minute, and the last key counts", async () => {
  const { watch, pass, asked } = stage();
  await pass(30);
  for (let each = 0; each < 50; each += 1) watch.acted();
  assert.deepEqual(asked, []);
  await pass(31);
  assert.deepEqual(asked, ["POST"]);
  watch.acted();
  await pass(120);
  assert.deepEqual(asked, ["POST", "POST"]);
  await pass(600);
  assert.equal(asked.length, 2);
});

test("a warning isn't waved away by a key that was meant for the form", async () => {
  const { watch, pass, asked } = stage();
  await pass(IDLE - 60);
  const before = asked.filter((method) => method === "POST").length;
  watch.acted();
  await pass(10);
  assert.equal(watch.state, "warning");
  assert.equal(asked.filter((method) => method === "POST").length, before);
});

test("another tab or a call prolonged it: the warning goes by itself", async () => {
  const { watch, server, pass } = stage();
  await pass(IDLE - 60);
  assert.equal(watch.state, "warning");
  server.seen = (IDLE - 58) * 1000;
  await pass(5);
  assert.equal(watch.state, "calm");
});

test("after the end a login in another tab brings the page back, with a new token", async () => {
  const { watch, server, pass, told } = stage();
  await pass(IDLE + 60);
  assert.equal(watch.state, "ended");
  server.seen = (IDLE + 60) * 1000;
  await pass(5);
  assert.equal(watch.state, "calm");
  assert.deepEqual(told.findLast(([what]) => what === "token"), ["token", "fresh"]);
});

test("somebody else logged in: the page is not theirs", async () => {
  const { watch, server, pass, told } = stage();
  await pass(IDLE + 60);
  server.seen = (IDLE + 60) * 1000;
  server.user = "2";
  const tokens = told.filter(([what]) => what === "token").length;
  await pass(5);
  assert.equal(watch.state, "other");
  assert.equal(told.filter(([what]) => what === "token").length, tokens);
});

test("without a network nobody is put out before the end, and nothing is shown after it", async () => {
  const { watch, server, pass } = stage();
  server.down = true;
  await pass(IDLE - 60);
  assert.notEqual(watch.state, "ended");
  await pass(120);
  assert.equal(watch.state, "ended");
  server.down = false;
  server.seen = (IDLE + 50) * 1000;
  await pass(10);
  assert.equal(watch.state, "calm");
});

test("the twelfth hour is announced as what nothing prolongs", async () => {
  const { server, pass, told } = stage();
  server.final = true;
  await pass(IDLE - 100);
  assert.equal(told.at(-1)[2], true);
});

test("a laptop that slept through the end says so when it is looked at", async () => {
  const { watch, server } = stage();
  server.left = 0;
  await watch.look();
  assert.equal(watch.state, "ended");
});
