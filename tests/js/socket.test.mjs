import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { RoomSocket } from "../../static/js/call/socket.js";
import { FakeClock, FakeWebSocket } from "./fakes.mjs";

let clock, frames, downs, closes, socket;
beforeEach(() => {
  FakeWebSocket.made = [];
  clock = new FakeClock();
  [frames, downs, closes] = [[], 0, []];
  socket = new RoomSocket({
    url: "ws://room/?page=p",
    WebSocket: FakeWebSocket,
    clock,
    random: () => 0.5,
    on: { frame: (frame) => frames.push(frame), down: () => (downs += 1), closed: (code) => closes.push(code) },
  });
  socket.open();
});

const made = () => FakeWebSocket.made.length;

test("frames go both ways; pongs and rubbish go nowhere", () => {
  FakeWebSocket.last.accept();
  assert.equal(socket.send({ type: "leave" }), true);
  FakeWebSocket.last.say({ type: "welcome" });
  FakeWebSocket.last.say({ type: "pong" });
  FakeWebSocket.last.onmessage({ data: "{" });
  assert.deepEqual(frames, [{ type: "welcome" }]);
});

test("what is said to a closed socket is dropped", () => {
  assert.equal(socket.send({ type: "ping" }), false);
  assert.deepEqual(FakeWebSocket.last.sent, []);
});

test("whoever comes back after it was in says so; whoever joins again by hand doesn't", async () => {
  FakeWebSocket.last.drop();
  await clock.pass(1000);
  assert.equal(FakeWebSocket.last.url, "ws://room/?page=p");
  FakeWebSocket.last.accept();
  FakeWebSocket.last.drop();
  await clock.pass(1000);
  assert.equal(FakeWebSocket.last.url, "ws://room/?page=p&back=1");
  socket.open();
  assert.equal(FakeWebSocket.last.url, "ws://room/?page=p");
});

test("it comes back after 0.5, 1, 2, 4, 8, 8 s", async () => {
  for (const wait of [500, 1000, 2000, 4000, 8000, 8000]) {
    const before = made();
    FakeWebSocket.last.drop();
    await clock.pass(wait - 1);
    assert.equal(made(), before);
    await clock.pass(1);
    assert.equal(made(), before + 1);
  }
  assert.equal(downs, 6);
});

test("with jitter, yet never sooner than 0.5 s nor later than 8 s", async () => {
  for (const [random, wait] of [[0, 800], [1, 1200]]) {
    FakeWebSocket.made = [];
    const jittery = new RoomSocket({
      url: "", WebSocket: FakeWebSocket, clock, random: () => random, on: { frame() {}, down() {}, closed() {} },
    });
    jittery.open();
    FakeWebSocket.last.drop();
    await clock.pass(600);
    FakeWebSocket.last.drop();
    await clock.pass(wait - 1);
    assert.equal(made(), 2);
    await clock.pass(1);
    assert.equal(made(), 3);
  }
});

test("a socket that held starts the waits anew; one that fell at once doesn't", async () => {
  FakeWebSocket.last.drop();
  await clock.pass(500);
  FakeWebSocket.last.accept();
  FakeWebSocket.last.drop();
  await clock.pass(999);
  assert.equal(made(), 2);
  await clock.pass(1);
  FakeWebSocket.last.accept();
  await clock.pass(10_000);
  FakeWebSocket.last.drop();
  await clock.pass(500);
  assert.equal(made(), 4);
});

test("it pings every 5 s; two misses and it is dead", async () => {
  FakeWebSocket.last.accept();
  await clock.pass(5000);
  FakeWebSocket.last.deaf = true;
  await clock.pass(10_000);
  assert.equal(FakeWebSocket.last.sent.filter(({ type }) => type === "ping").length, 3);
  assert.equal(downs, 0);
  await clock.pass(5000);
  assert.equal(downs, 1);
  assert.equal(FakeWebSocket.last.readyState, 3);
  await clock.pass(500);
  assert.equal(made(), 2);
});

test("a socket that never opens is given up after 8 s", async () => {
  await clock.pass(7999);
  assert.equal(downs, 0);
  await clock.pass(1);
  assert.equal(downs, 1);
});

for (const code of [4000, 4401, 4409]) {
  test(`${code} is final`, async () => {
    FakeWebSocket.last.accept();
    FakeWebSocket.last.drop(code);
    await clock.pass(60_000);
    assert.deepEqual(closes, [code]);
    assert.deepEqual([made(), downs, clock.pending], [1, 0, 0]);
  });
}

for (const code of [1000, 1006, 1012, 4400, 4408, 4429]) {
  test(`${code} is not final`, async () => {
    FakeWebSocket.last.accept();
    FakeWebSocket.last.drop(code);
    await clock.pass(500);
    assert.deepEqual([closes, made()], [[], 2]);
  });
}

test("leaving says so and leaves no timer behind", async () => {
  const ws = FakeWebSocket.last;
  ws.accept();
  socket.leave();
  assert.deepEqual(ws.sent.at(-1), { type: "leave" });
  await clock.pass(60_000);
  assert.deepEqual([made(), clock.pending], [1, 0]);
});

test("waking gives up an attempt that hangs, not one that has just begun", async () => {
  FakeWebSocket.last.drop();
  socket.wake();
  socket.wake();
  assert.equal(made(), 2);
  await clock.pass(600);
  socket.wake();
  assert.equal(made(), 3);
  FakeWebSocket.last.accept();
  assert.ok(socket.isOpen);
});

test("waking tries at once, and finds out sooner whether an open socket lives", async () => {
  FakeWebSocket.last.drop();
  socket.wake();
  assert.equal(made(), 2);
  FakeWebSocket.last.accept();
  FakeWebSocket.last.deaf = true;
  socket.wake();
  await clock.pass(3000);
  assert.equal(downs, 2);
});

test("waking for several reasons at once costs a socket that lives nothing", async () => {
  FakeWebSocket.last.accept();
  for (let reason = 0; reason < 5; reason++) socket.wake();
  await clock.pass(20_000);
  assert.deepEqual([made(), downs], [1, 0]);
});
