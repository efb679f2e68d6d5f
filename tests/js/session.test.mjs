import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeWebSocket, settle } from "./fakes.mjs";
import { description, offers, sent, Stay, welcome, ws } from "./stay.mjs";

let stay, clock, views, peers, session;
beforeEach(() => {
  stay = new Stay();
  ({ clock, views, peers, session } = stay);
});

const phase = () => session.view.phase;
const live = (fields) => stay.live(fields);

test("alone, it waits and offers nothing", async () => {
  session.join();
  assert.equal(phase(), "connecting");
  welcome();
  await clock.pass(20_000);
  assert.equal(phase(), "waiting");
  assert.equal(offers(), 0);
});

test("the newcomer offers at once, with the welcome's servers", async () => {
  session.join();
  welcome({ peer: true });
  await settle();
  assert.equal(phase(), "calling");
  assert.equal(offers(), 1);
  assert.deepEqual(peers.at(-1).configuration.iceServers, [{ urls: "stun:s" }]);
  assert.deepEqual(sent("state"), [{ type: "state", microphone: false, camera: false, screen: false }]);
});

test("whoever waited leaves the offer to the newcomer, and offers if none comes", async () => {
  session.join();
  welcome();
  ws().say({ type: "peer-joined", epoch: 2 });
  await clock.pass(1400);
  assert.equal(offers(), 0);
  await clock.pass(200);
  assert.equal(offers(), 1);
});

test("relay only comes with the welcome", async () => {
  session.join();
  welcome({ peer: true, iceTransportPolicy: "relay" });
  await settle();
  assert.equal(peers.at(-1).configuration.iceTransportPolicy, "relay");
});

test("fresh credentials reach a connection that lives, for a restart by either side, and the next connection", async () => {
  await live();
  const connection = peers.at(-1);
  ws().say({ type: "ice-servers", iceServers: [{ urls: "turn:new" }], iceTransportPolicy: "relay" });
  for (const { configuration } of [connection, (await renewed(connection))]) {
    assert.deepEqual(configuration.iceServers, [{ urls: "turn:new" }]);
    assert.equal(configuration.iceTransportPolicy, "relay");
  }
});

test("the welcome of a socket that came back brings fresh credentials, too", async () => {
  await live();
  ws().drop();
  await clock.pass(500);
  welcome({ peer: true, iceServers: [{ urls: "turn:newer" }] });
  assert.deepEqual(peers.at(-1).configuration.iceServers, [{ urls: "turn:newer" }]);
  assert.equal(peers.length, 2);
});

/** The connection that follows one beyond repair. */
async function renewed(connection) {
  connection.become("failed");
  await clock.pass(15_000);
  assert.ok(connection.closed);
  return peers.at(-1);
}

test("an answered offer and a connection make it live; the far side's state shows", async () => {
  await live();
  assert.equal(phase(), "live");
  ws().say({ type: "state", microphone: false, camera: true, screen: false });
  assert.deepEqual(session.view.remote, { microphone: false, camera: true, screen: false });
});

test("glare: the polite newcomer gives way with a new connection", async () => {
  session.join();
  welcome({ peer: true, polite: true });
  await settle();
  const mine = peers.at(-1);
  ws().say(description("offer", "far"));
  await settle();
  assert.ok(mine.closed);
  assert.equal(sent("description").at(-1).description.type, "answer");
});

test("glare: the impolite one holds to its offer", async () => {
  session.join();
  welcome({ peer: true });
  await settle();
  ws().say(description("offer", "far"));
  await settle();
  assert.ok(!peers.at(-1).closed);
  assert.equal(sent("description").length, 1);
});

test("our restart is answered by a new connection over there: we make one, too, and offer", async () => {
  await live();
  peers.at(-1).become("failed");
  await clock.pass(0);
  assert.equal(offers(), 2);
  const before = peers.length;
  ws().say(description("answer", "far's second"));
  await settle();
  assert.equal(peers.length, before + 1);
  assert.equal(offers(), 3);
});

test("the far page reloads: a new connection answers its offer", async () => {
  await live();
  const before = peers.at(-1);
  ws().say({ type: "peer-left", reason: "gone" });
  ws().say({ type: "peer-joined", epoch: 3 });
  ws().say(description("offer", "reloaded"));
  await settle();
  assert.ok(before.closed);
  assert.equal(sent("description").at(-1).description.type, "answer");
  peers.at(-1).become("connected");
  assert.equal(phase(), "live");
});

test("the peer hangs up: within two seconds it is said, and a fresh connection waits", async () => {
  await live();
  peers.at(-1).flows = {};
  ws().say({ type: "peer-left", reason: "gone" });
  await clock.pass(2000);
  assert.equal(phase(), "waiting");
  assert.equal(session.view.peerLeft, "gone");
  assert.equal(peers.length, 3);
});

test("a peer that is no longer allowed is heard and seen no more, whatever it sends", async () => {
  await live();
  const connection = peers.at(-1);
  ws().say({ type: "peer-left", reason: "refused" });
  assert.equal(phase(), "waiting");
  assert.ok(connection.closed);
});

test("the peer's socket breaks but its sound goes on: nothing moves", async () => {
  await live();
  const connection = peers.at(-1);
  ws().say({ type: "peer-left", reason: "gone" });
  await clock.pass(10_000);
  assert.equal(phase(), "live");
  assert.ok(!connection.closed);
});

test("our socket breaks: the media goes on, unheard of for 5 s, and the socket comes back", async () => {
  await live();
  const connection = peers.at(-1);
  ws().drop();
  await clock.pass(400);
  assert.equal(phase(), "live");
  assert.equal(session.view.socketLost, false);
  ws().drop();
  await clock.pass(4700);
  assert.equal(session.view.socketLost, true);
  assert.equal(phase(), "live");
  welcome({ peer: true, epoch: 4 });
  await clock.pass(20_000);
  assert.equal(session.view.socketLost, false);
  assert.equal(peers.at(-1), connection);
  assert.equal(offers(), 0);
});

test("media that stays disconnected is restarted after 3 s; sooner it heals alone", async () => {
  await live();
  peers.at(-1).become("disconnected");
  assert.equal(phase(), "interrupted");
  await clock.pass(2900);
  assert.equal(peers.at(-1).restarts, 0);
  peers.at(-1).become("connected");
  await clock.pass(10_000);
  assert.equal(peers.at(-1).restarts, 0);
  peers.at(-1).become("disconnected");
  await clock.pass(3000);
  assert.equal(peers.at(-1).restarts, 1);
});

test("failed media is restarted at once; after three restarts the connection is new", async () => {
  await live();
  const first = peers.at(-1);
  first.become("failed");
  await clock.pass(0);
  assert.equal(first.restarts, 1);
  await clock.pass(10_000);
  assert.equal(first.restarts, 3);
  await clock.pass(5000);
  assert.ok(first.closed);
  assert.notEqual(peers.at(-1), first);
  assert.equal(phase(), "interrupted");
});

test("the polite side lets the other begin", async () => {
  await live({ polite: true });
  peers.at(-1).become("failed");
  await clock.pass(1400);
  assert.equal(peers.at(-1).restarts, 0);
  await clock.pass(200);
  assert.equal(peers.at(-1).restarts, 1);
});

test("without a socket nothing is restarted; the welcome does it", async () => {
  await live();
  ws().drop();
  peers.at(-1).become("failed");
  await clock.pass(400);
  assert.equal(peers.at(-1).restarts, 0);
  await clock.pass(100);
  welcome({ peer: true });
  await clock.pass(0);
  assert.equal(peers.at(-1).restarts, 1);
});

test("an offer that was lost with the socket is made anew", async () => {
  session.join();
  welcome({ peer: true });
  await settle();
  ws().drop();
  await clock.pass(500);
  welcome({ peer: true });
  await settle();
  assert.equal(offers(), 1);
});

test("a connection that never comes about is made anew after 8 s", async () => {
  session.join();
  welcome({ peer: true });
  await settle();
  const first = peers.at(-1);
  await clock.pass(8000);
  assert.ok(first.closed);
  assert.equal(offers(), 2);
});

test("ended: said with its reason, everything let go", async () => {
  await live();
  ws().say({ type: "ended", by: "practitioner", reason: "completed" });
  const { phase: now, end } = session.view;
  assert.deepEqual([now, end], ["ended", { by: "practitioner", reason: "completed" }]);
  assert.ok(peers.at(-1).closed);
  assert.equal(clock.pending, 0);
});

test("closed with 4000 without a word, it has ended too", async () => {
  await live();
  ws().drop(4000);
  assert.equal(phase(), "ended");
});

test("replaced by another tab: stopped, until it is taken back here", async () => {
  await live();
  ws().drop(4409);
  await clock.pass(60_000);
  assert.equal(phase(), "replaced");
  assert.equal(FakeWebSocket.made.length, 1);
  session.join();
  welcome({ peer: true });
  await settle();
  assert.equal(phase(), "calling");
  assert.equal(offers(), 1);
});

test("no longer allowed", async () => {
  await live();
  ws().drop(4401);
  assert.equal(phase(), "refused");
});

test("hanging up says so and frees everything; coming back is a new call", async () => {
  await live();
  const before = ws();
  session.hangUp();
  assert.equal(phase(), "left");
  assert.deepEqual(before.sent.at(-1), { type: "leave" });
  assert.ok(peers.at(-1).closed);
  assert.equal(clock.pending, 0);
  session.join();
  welcome({ peer: true });
  await settle();
  assert.equal(offers(), 1);
});

test("while the socket is down the state page is asked every 3 s: the end is heard there", async () => {
  await live();
  ws().drop();
  await clock.pass(3000);
  assert.equal(phase(), "live");
  stay.state = { allowed: true, ended: "completed", endsAt: null };
  await clock.pass(3000);
  assert.equal(phase(), "ended");
  assert.equal(session.view.end.reason, "completed");
});

test("refused before the upgrade looks like a dead network; the state page says which", async () => {
  session.join();
  stay.state = { allowed: false };
  ws().drop(1006);
  await clock.pass(0);
  assert.equal(phase(), "refused");
});

test("a state page that doesn't answer either changes nothing", async () => {
  await live();
  stay.state = new Error("down");
  ws().drop();
  await clock.pass(9000);
  assert.equal(phase(), "live");
});

test("once the state page answers again the socket knocks at once, and only once", async () => {
  await live();
  stay.state = new Error("down");
  ws().drop();
  await clock.pass(20_000);
  stay.state = { allowed: true, ended: null, endsAt: null };
  const hung = ws();
  await clock.pass(3000);
  assert.notEqual(ws(), hung);
  const knocking = ws();
  await clock.pass(3500);
  assert.equal(ws(), knocking);
});

test("time runs by the server's clock and by its end", async () => {
  await live({ endsAt: "2026-11-22T23:20:10Z" });
  const view = session.view;
  assert.equal(view.now, Date.parse("2026-11-22T20:00:10Z"));
  assert.equal(view.endsAt - view.now, 12_000_000);
  assert.equal(view.now - view.startedAt, 600_000);
});

test("without an end yet it is asked for once the call begins", async () => {
  stay.state = { allowed: true, ended: null, endsAt: "2026-11-22T23:30:10Z" };
  await live();
  await settle();
  assert.equal(session.view.startedAt, Date.parse("2026-11-22T20:00:10Z"));
});

test("the arrival of the other one sets the end", () => {
  session.join();
  welcome();
  ws().say({ type: "peer-joined", epoch: 2, endsAt: "2026-11-22T23:30:00Z" });
  assert.equal(session.view.endsAt, Date.parse("2026-11-22T23:30:00Z"));
});

test("ten and two minutes before the end it warns", async () => {
  await live();
  ws().say({ type: "time-left", seconds: 600 });
  assert.equal(session.view.warning, 600);
});

test("unknown frames and null are ignored", async () => {
  await live();
  const before = views.length;
  ws().say({ type: "__proto__" });
  ws().say(null);
  ws().say({ type: "constructor" });
  assert.equal(views.length, before);
  assert.equal(phase(), "live");
});

test("quality is told at most every 10 s, good or bad", async () => {
  await live();
  const measure = { rtt: 0.1, loss: 0, jitter: 0.01, kind: "host" };
  for (let second = 0; second < 30; second += 2) {
    session.sendQuality({ ...measure, loss: second / 100 });
    await clock.pass(2000);
  }
  assert.deepEqual(sent("quality").map(({ loss }) => loss), [0, 0.1, 0.2]);
  assert.deepEqual(sent("quality")[0], { type: "quality", ...measure });
});
