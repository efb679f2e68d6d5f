import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Channel } from "../../static/js/call/channel.js";
import { ANSWER_MS, SnapshotAnswerer, SnapshotAsker } from "../../static/js/call/snapshot.js";
import { connect, meet } from "./fake_channels.mjs";
import { FakeClock, settle } from "./fakes.mjs";

let clock;
let heard;
let seen;

beforeEach(() => {
  clock = new FakeClock();
  heard = [];
  seen = [];
});

let number = 0;
function makeAsker(channel) {
  return new SnapshotAsker({ channel, clock, makeId: () => `request-${++number}`, answered: (answer) => heard.push(answer) });
}

function makeAnswerer(channel) {
  return new SnapshotAnswerer({ channel, clock, on: { asked: () => seen.push("asked"), over: () => seen.push("over"), done: (kept) => seen.push(kept) } });
}

async function room() {
  const [doctor, patient] = [new Channel({ clock, page: "doctor-page" }), new Channel({ clock, page: "patient-page" })];
  const parts = { doctor, patient, asker: makeAsker(doctor), answerer: makeAnswerer(patient) };
  return { ...parts, ...(await connect(doctor, patient)) };
}

test("agreed, refused, and told what became of it", async () => {
  const { asker, answerer } = await room();
  for (const agreed of [true, false]) {
    assert.equal(asker.ask(), true);
    await settle(3);
    answerer.answer(agreed);
    await settle(3);
  }
  asker.tell(true);
  await settle(3);
  assert.deepEqual(heard, ["agreed", "refused"]);
  assert.deepEqual(seen, ["asked", "over", "asked", "over", true]);
});

test("no answer within a minute is none; a later one doesn't count", async () => {
  const { asker, answerer } = await room();
  asker.ask();
  await clock.pass(ANSWER_MS + 1);
  answerer.answer(true);
  await settle(3);
  assert.deepEqual([heard, seen], [["expired"], ["asked", "over"]]);
});

test("an answer belongs to its question", async () => {
  const channel = new Channel({ clock, page: "doctor-page" });
  const asker = makeAsker(channel);
  const theirs = await meet(channel);
  theirs.say({ type: "snapshot-answer", agreed: true });
  asker.ask();
  for (const id of ["request-none", undefined, null, 5]) theirs.say({ type: "snapshot-answer", id, agreed: true });
  await settle(3);
  assert.deepEqual(heard, []);
  const { id } = theirs.other.said("snapshot-ask")[0];
  asker.withdraw();
  theirs.say({ type: "snapshot-answer", id, agreed: true });
  await settle(3);
  assert.deepEqual(heard, []);
});

test("anything but a plain yes is a no", async () => {
  const channel = new Channel({ clock, page: "doctor-page" });
  const asker = makeAsker(channel);
  const theirs = await meet(channel);
  for (const agreed of ["true", 1, {}, undefined]) {
    asker.ask();
    theirs.say({ type: "snapshot-answer", id: theirs.other.said("snapshot-ask").at(-1).id, agreed });
    await settle(3);
  }
  assert.deepEqual(heard, ["refused", "refused", "refused", "refused"]);
});

test("one question at a time on the patient's page; it goes when it is withdrawn", async () => {
  const channel = new Channel({ clock, page: "patient-page" });
  makeAnswerer(channel);
  const theirs = await meet(channel);
  for (const id of ["request-a", "request-b", 5]) theirs.say({ type: "snapshot-ask", id });
  for (const id of ["request-b", undefined, "request-a"]) theirs.say({ type: "snapshot-withdraw", id });
  await settle(3);
  assert.deepEqual(seen, ["asked", "over"]);
  assert.deepEqual(theirs.other.said("snapshot-answer"), [{ type: "snapshot-answer", id: "request-b", agreed: false }]);
});

test("a question ends with its connection", async () => {
  const { asker, answerer, doctor, patient, left } = await room();
  asker.ask();
  await settle(3);
  left.lose();
  await connect(doctor, patient);
  answerer.answer(true);
  await settle(3);
  assert.deepEqual([heard, seen], [["lost"], ["asked", "over"]]);
});

test("without a connection nobody is asked", () => {
  assert.equal(makeAsker(new Channel({ clock, page: "doctor-page" })).ask(), false);
});
