import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeWebSocket, settle } from "./fakes.mjs";
import { description, offers, sent, Stay, welcome, ws } from "./stay.mjs";

let stay, clock, peers, session;
beforeEach(() => {
  stay = new Stay();
  ({ clock, peers, session } = stay);
});

const phase = () => session.view.phase;

test("connected, but nothing comes: it is said, and repaired, restart before renewal", async () => {
  await stay.live();
  const [connection] = peers.slice(-1);
  connection.flows = {};
  await clock.pass(8000);
  assert.equal(phase(), "interrupted");
  assert.equal(connection.restarts, 1);
  ws().say(description("answer", "far", 2));
  await clock.pass(10_000);
  assert.ok(connection.closed);
  assert.equal(sent("description").at(-1).description.type, "offer");
});

test("a restart that nobody answers is a page asleep: its connection is kept for when it wakes", async () => {
  await stay.live();
  const [connection] = peers.slice(-1);
  connection.flows = {};
  await clock.pass(40_000);
  assert.ok(!connection.closed);
  connection.flows = { audio: true, video: true };
  await clock.pass(4000);
  assert.equal(phase(), "live");
});

test("a picture alone that stops is told, and the call stays live", async () => {
  await stay.live();
  peers.at(-1).flows = { audio: true };
  await clock.pass(60_000);
  assert.deepEqual([phase(), session.view.silent], ["live", "video"]);
  assert.equal(peers.at(-1).restarts, 1);
  ws().say({ type: "state", microphone: true, camera: false, screen: false });
  await clock.pass(4000);
  assert.equal(session.view.silent, null);
});

test("another network: nothing comes for a second, and the connection restarts although it passes for connected", async () => {
  await stay.live();
  peers.at(-1).flows = {};
  session.wake();
  await settle();
  await clock.pass(1100);
  assert.equal(peers.at(-1).restarts, 1);
});

test("a change that touches nothing restarts nothing", async () => {
  await stay.live();
  session.wake();
  await clock.pass(5000);
  assert.equal(peers.at(-1).restarts, 0);
});

test("asleep for two minutes: socket and media are back within 10 s", async () => {
  await stay.live();
  const socket = ws();
  socket.deaf = true;
  peers.at(-1).flows = {};
  clock.time += 120_000;
  const woke = clock.now();
  while (ws() === socket && clock.now() - woke < 10_000) await clock.pass(100);
  welcome({ peer: true });
  while (!peers.at(-1).restarts && clock.now() - woke < 10_000) await clock.pass(100);
  assert.ok(clock.now() - woke < 8000, `${clock.now() - woke} ms`);
});

test("a machine that slept without a connection asks for one as soon as the socket is back", async () => {
  await stay.live();
  peers.at(-1).become("failed");
  ws().drop();
  clock.time += 120_000;
  await clock.pass(1000);
  welcome({ peer: true });
  await clock.pass(0);
  assert.ok(peers.at(-1).restarts >= 1);
});

test("out of the network and back: the socket is tried at once, not at the end of its wait", async () => {
  await stay.live();
  for (let n = 0; n < 5; n++) {
    ws().drop();
    await clock.pass(8000);
  }
  ws().drop();
  const made = FakeWebSocket.made.length;
  session.wake();
  assert.equal(FakeWebSocket.made.length, made + 1);
});

test("after 60 s without the other one it is said; their return ends it", async () => {
  await stay.live();
  peers.at(-1).flows = {};
  ws().say({ type: "peer-left", reason: "lost" });
  await clock.pass(59_000);
  assert.equal(session.view.missing, false);
  await clock.pass(4000);
  assert.equal(session.view.missing, true);
  ws().say({ type: "peer-joined", epoch: 3 });
  ws().say(description("offer", "back"));
  await settle();
  peers.at(-1).become("connected");
  assert.deepEqual([phase(), session.view.missing], ["live", false]);
});

test("a short cut starts no count that goes on", async () => {
  await stay.live();
  for (let cut = 0; cut < 5; cut++) {
    peers.at(-1).become("disconnected");
    await clock.pass(2500);
    peers.at(-1).become("connected");
    await clock.pass(20_000);
  }
  assert.equal(session.view.missing, false);
});

test("hung up: nobody is missing, and nothing is repaired", async () => {
  await stay.live();
  session.hangUp();
  const before = offers();
  session.wake();
  await clock.pass(120_000);
  assert.deepEqual([phase(), session.view.missing, offers(), clock.pending], ["left", false, before, 0]);
});
