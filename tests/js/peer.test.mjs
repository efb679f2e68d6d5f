import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { origin, Peer } from "../../static/js/call/peer.js";
import { FakeClock, FakeConnection, fakeCandidate, settle } from "./fakes.mjs";

const clock = new FakeClock();

/** A Peer whose frames are kept, or carried to another one in order. */
function makePeer({ polite = false, tracks = { audio: null, video: null } } = {}) {
  const sent = [];
  const peer = new Peer({
    PeerConnection: FakeConnection,
    ice: {},
    polite,
    send: (frame) => sent.push(structuredClone(frame)),
    tracks,
    makeStream: () => ({}),
    clock,
    on: { track: () => {}, state: () => {} },
  });
  return { peer, sent, connection: peer.connection };
}

async function deliver(from, to) {
  for (const frame of from.sent.splice(0)) {
    const fits = await to.peer.receive(frame);
    if (!fits) return frame;
  }
  await settle();
  return null;
}

async function negotiate(caller, callee) {
  caller.peer.start();
  await settle();
  await deliver(caller, callee);
  await deliver(callee, caller);
}

const descriptions = ({ sent }) => sent.filter((frame) => frame.type === "description").map((frame) => frame.description.type);

let a, b;
beforeEach(() => {
  a = makePeer();
  b = makePeer({ polite: true });
});

test("the origin line of a description is its identity", () => {
  assert.deepEqual(origin("v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 812 3 IN IP4 0.0.0.0\r\n"), { id: "812", version: "3" });
  assert.deepEqual(origin("nothing"), { id: null, version: null });
});

test("both ends make the same data channel, once, and with the first offer", async () => {
  await negotiate(a, b);
  await a.peer.restart();
  await settle();
  await deliver(a, b);
  await deliver(b, a);
  for (const { connection } of [a, b]) {
    assert.deepEqual(connection.channels.map(({ label, negotiated, id }) => ({ label, negotiated, id })), [
      { label: "rofim", negotiated: true, id: 0 },
    ]);
  }
  assert.deepEqual(descriptions(a), []);
});

test("an offer without tracks is answered by one that sends both ways", async () => {
  await negotiate(a, b);
  assert.equal(a.connection.signalingState, "stable");
  assert.equal(b.connection.signalingState, "stable");
  assert.deepEqual(b.connection.getTransceivers().map((t) => t.direction), ["sendrecv", "sendrecv"]);
  assert.ok(!a.peer.fresh && !b.peer.fresh);
});

test("sound goes before picture, on both ends", async () => {
  await negotiate(a, b);
  for (const { connection } of [a, b]) {
    assert.deepEqual(
      connection.getTransceivers().map(({ receiver, sender }) => [receiver.track.kind, sender.parameters.encodings]),
      [["audio", [{ priority: "high", networkPriority: "high" }]], ["video", [{ priority: "low", networkPriority: "low" }]]],
    );
  }
});

test("a track that comes later is sent without another offer", async () => {
  await negotiate(a, b);
  const track = { kind: "video" };
  await a.peer.setTrack("video", track);
  await b.peer.setTrack("video", track);
  assert.equal(a.connection.getTransceivers()[1].sender.track, track);
  assert.equal(b.connection.getTransceivers()[1].sender.track, track);
  assert.deepEqual(descriptions(a), []);
});

test("glare between fresh peers: the impolite one goes on, the polite one asks to be replaced", async () => {
  a.peer.start();
  b.peer.start();
  await settle();
  const offer = b.sent.splice(0)[0];
  assert.equal(await a.peer.receive(offer), true);
  assert.equal(a.connection.signalingState, "have-local-offer");
  const unfit = await deliver(a, b);
  assert.equal(unfit.description.type, "offer");
  const replacement = makePeer({ polite: true });
  await replacement.peer.receive(unfit);
  await deliver(replacement, a);
  assert.equal(a.connection.signalingState, "stable");
  assert.equal(replacement.connection.getTransceivers().length, 2);
});

test("glare in an established call: the polite one rolls back, answers, and its wish comes after", async () => {
  await negotiate(a, b);
  await Promise.all([a.peer.restart(), b.peer.restart()]);
  await settle();
  const fromB = b.sent.splice(0);
  await deliver(a, b);
  for (const frame of fromB) await a.peer.receive(frame);
  await deliver(b, a);
  await deliver(a, b);
  await deliver(b, a);
  assert.equal(a.connection.signalingState, "stable");
  assert.equal(b.connection.signalingState, "stable");
});

test("100 of 100 forced glares end stable, on the same descriptions", async () => {
  for (let round = 0; round < 100; round++) {
    [a, b] = [makePeer(), makePeer({ polite: true })];
    await negotiate(a, b);
    await Promise.all([a.peer.restart(), b.peer.restart()]);
    for (let step = 0; step < 40; step++) {
      // A different interleaving each round, the same in every run.
      const [from, to] = (round * 2654435761 + step * 40503) % 5 < 2 ? [a, b] : [b, a];
      const frame = from.sent.shift();
      if (frame) assert.equal(await to.peer.receive(frame), true);
      await settle(3);
    }
    assert.deepEqual([a.sent, b.sent], [[], []]);
    for (const { connection } of [a, b]) assert.equal(connection.signalingState, "stable");
    assert.equal(originOf(a.connection.remoteDescription), originOf(b.connection.localDescription));
    assert.equal(originOf(b.connection.remoteDescription), originOf(a.connection.localDescription));
  }
});

function originOf({ sdp }) {
  return JSON.stringify(origin(sdp));
}

test("an offer of another connection is for another Peer", async () => {
  await negotiate(a, b);
  const reloaded = makePeer({ polite: true });
  reloaded.peer.start();
  await settle();
  assert.equal((await deliver(reloaded, a)).description.type, "offer");
  assert.ok(!a.connection.closed);
});

test("an answer of another connection is for another Peer, once it answers what was asked", async () => {
  await negotiate(a, b);
  const late = b.connection.localDescription;
  await a.peer.restart();
  await settle();
  const renewed = makePeer({ polite: true });
  await deliver(a, renewed);
  assert.ok(await a.peer.receive({ type: "description", description: { type: "answer", sdp: `${late.sdp}a=x-answers:old\r\n` } }));
  assert.equal((await deliver(renewed, a)).description.type, "answer");
});

test("an answer to an older offer is not taken for the answer to this one", async () => {
  a.peer.start();
  await settle();
  await deliver(a, b);
  const late = b.sent.find((frame) => frame.type === "description");
  const reloaded = makePeer();
  reloaded.peer.start();
  await settle();
  await reloaded.peer.receive(late);
  assert.equal(reloaded.connection.signalingState, "have-local-offer");
  assert.ok(reloaded.peer.fresh);
});

test("an answer nobody asked for is ignored", async () => {
  await negotiate(a, b);
  await a.peer.receive({ type: "description", description: { type: "answer", sdp: b.connection.localDescription.sdp } });
  assert.equal(a.connection.signalingState, "stable");
});

test("other servers alone are nothing to offer: whoever waits goes on waiting", async (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  b.peer.configure({ iceServers: [{ urls: "turn:new" }] });
  await settle();
  assert.deepEqual(descriptions(b), []);
  await negotiate(a, b);
  assert.equal(b.connection.signalingState, "stable");
  assert.equal(warn.mock.callCount(), 0);
});

test("a restart offers anew over an offer that nobody answered, with the newest TURN credentials", async () => {
  await negotiate(a, b);
  await a.peer.restart();
  await settle();
  a.sent.length = 0;
  a.peer.configure({ iceServers: [{ urls: "turn:new" }] });
  await a.peer.restart();
  await settle();
  assert.deepEqual(a.connection.configuration.iceServers, [{ urls: "turn:new" }]);
  assert.equal(a.connection.restarts, 2);
  assert.deepEqual(descriptions(a), ["offer"]);
  await deliver(a, b);
  await deliver(b, a);
  assert.equal(a.connection.signalingState, "stable");
  assert.deepEqual(descriptions(a), []);
});

test("relay only stays so when the credentials change", () => {
  const configurations = [{}, { iceServers: [{ urls: "turn:t" }], iceTransportPolicy: "relay" }].map((ice) => {
    a.peer.configure(ice);
    return a.connection.configuration;
  });
  assert.deepEqual(configurations.map(({ iceTransportPolicy: policy }) => policy), ["all", "relay"]);
  assert.deepEqual(configurations.map(({ bundlePolicy: policy }) => policy), ["max-bundle", "max-bundle"]);
});

test("candidates of an ignored offer, of a stranger, or before any description have no effect", async () => {
  await a.peer.receive({ type: "candidate", candidate: fakeCandidate("nobody").toJSON() });
  await negotiate(a, b);
  await a.peer.receive({ type: "candidate", candidate: fakeCandidate("nobody").toJSON() });
  await a.peer.receive({ type: "candidate", candidate: null });
  assert.ok(a.connection.candidates.every((candidate) => candidate.usernameFragment.startsWith(b.connection.id)));
});

const candidateFrames = ({ sent }) => sent.filter((frame) => frame.type === "candidate").length;
const slowly = () => ((a.connection.gathers = "slowly"), (a.connection.addresses = 0));
const gather = (count, init) => {
  for (let n = 0; n < count; n++) a.connection.onicecandidate({ candidate: fakeCandidate("x", init) });
};

test("an offer takes along the candidates that come at once: 30 addresses need no frame of their own", async () => {
  a.connection.addresses = 30;
  await negotiate(a, b);
  await clock.pass(1000);
  assert.deepEqual([candidateFrames(a), candidateFrames(b)], [0, 0]);
});

test("a description waits 5 ms for another candidate, 20 ms in all, and for none after the last", async () => {
  for (const [steps, waited] of [[[], 20], [[3], 8], [[4, 4, 4, 4, 4, 4], 20]]) {
    a = makePeer();
    slowly();
    a.peer.start();
    await settle();
    const began = clock.now();
    for (const step of steps) {
      await clock.pass(step);
      if (a.sent.length) break;
      gather(1);
    }
    while (!a.sent.length) await clock.pass(1);
    assert.deepEqual(descriptions(a), ["offer"]);
    assert.equal(Math.min(20, clock.now() - began), waited);
    a.peer.close();
  }
  a = makePeer();
  slowly();
  a.peer.start();
  await settle();
  assert.deepEqual(a.sent, []);
  a.connection.onicecandidate({ candidate: null });
  assert.deepEqual(descriptions(a), ["offer"]);
});

test("late candidates are frames, 8 at most; the rest comes with another offer", async () => {
  slowly();
  a.peer.start();
  await settle();
  await clock.pass(50);
  await deliver(a, b);
  await deliver(b, a);
  gather(30);
  assert.equal(candidateFrames(a), 8);
  assert.deepEqual(descriptions(a), []);
  await clock.pass(500);
  await settle();
  assert.deepEqual(descriptions(a), ["offer"]);
  assert.equal(candidateFrames(a), 8);
});

test("late candidates of a call that is connected are not worth another offer", async () => {
  slowly();
  a.peer.start();
  await settle();
  await clock.pass(50);
  await deliver(a, b);
  await deliver(b, a);
  a.connection.become("connected");
  gather(30);
  await clock.pass(2000);
  assert.deepEqual(descriptions(a), []);
});

test("a browser's TCP candidates are no use to another browser", async () => {
  slowly();
  a.peer.start();
  await settle();
  await clock.pass(50);
  a.sent.length = 0;
  gather(3, "candidate:1 1 tcp 1518280447 192.168.1.5 9 typ host tcptype active");
  assert.deepEqual(a.sent, []);
});

test("an offer that is still waiting for candidates gives way to the other side's", async () => {
  await negotiate(a, b);
  b.connection.gathers = "slowly";
  await b.peer.restart();
  await settle();
  assert.deepEqual(b.sent, []);
  await a.peer.restart();
  await settle();
  await deliver(a, b);
  await clock.pass(100);
  assert.deepEqual(descriptions(b).slice(0, 1), ["answer"]);
});

test("a closed Peer says nothing more", async () => {
  await negotiate(a, b);
  a.sent.length = 0;
  a.peer.close();
  await a.peer.restart();
  assert.equal(await a.peer.receive({ type: "description", description: { type: "offer", sdp: "o=- z 1" } }), true);
  await settle();
  assert.deepEqual(a.sent, []);
  assert.ok(a.connection.closed);
});
