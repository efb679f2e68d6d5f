import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Channel, MESSAGE_BYTES } from "../../static/js/call/channel.js";
import { connect, FakeDataChannel, meet } from "./fake_channels.mjs";
import { FakeClock, settle } from "./fakes.mjs";

let clock;
let one;
let two;

beforeEach(() => {
  clock = new FakeClock();
  one = new Channel({ clock, page: "page-one" });
  two = new Channel({ clock, page: "page-two" });
});

function heard(channel, type) {
  const messages = [];
  channel.on(type, (message) => messages.push(message));
  return messages;
}

test("both ends open once, and know the page again that they met before", async () => {
  const opened = [];
  one.onOpen(({ samePage }) => opened.push(samePage));
  await connect(one, two);
  await connect(one, two);
  const reloaded = new Channel({ clock, page: "page-two-reloaded" });
  await connect(one, reloaded);
  assert.deepEqual(opened, [false, true, false]);
});

test("nothing but hello is said before the other end listens", async () => {
  const messages = heard(two, "word");
  const [left, right] = FakeDataChannel.pair();
  one.attach(left);
  await settle(3);
  assert.equal(one.ready, false);
  assert.equal(one.send({ type: "word" }), false);
  two.attach(right);
  await settle(3);
  assert.equal(one.send({ type: "word" }), true);
  await settle(3);
  assert.equal(messages.length, 1);
});

test("a channel that went unseen takes nothing more, and lets go whoever waited for room", async () => {
  const { left } = await connect(one, two, { held: true });
  one.sendBytes(new Uint8Array(MESSAGE_BYTES));
  one.sendBytes(new Uint8Array(MESSAGE_BYTES));
  const waited = one.room();
  left.lose();
  assert.equal(one.send({ type: "word" }), false);
  await connect(one, two);
  assert.equal(await waited, false);
});

test("there is room again when one chunk is left to leave", async () => {
  const { left } = await connect(one, two, { held: true });
  one.sendBytes(new Uint8Array(MESSAGE_BYTES));
  assert.equal(await one.room(), true);
  one.sendBytes(new Uint8Array(MESSAGE_BYTES));
  let room = null;
  one.room().then((is) => (room = is));
  await settle(3);
  assert.equal(room, null);
  left.flow(1);
  await settle(3);
  assert.equal(room, true);
});

test("the smaller limit of the other end counts", async () => {
  await connect(one, two, { limit: 16_384 });
  assert.equal(one.limit, 16_384);
  await connect(one, two, { limit: Infinity });
  assert.equal(one.limit, MESSAGE_BYTES);
});

test("hostile messages are dropped, whatever they are", async () => {
  const words = heard(one, "word");
  const chunks = [];
  one.onBytes((data) => chunks.push(data));
  const theirs = await meet(one);
  const bad = [
    "", "{", "null", "[]", "1", '"word"', '{"type": 1}', '{"type": "constructor"}', '{"type": "__proto__"}', '{"type": "toString"}',
    '{"type": "onOpen"}', '{"type": "hello"}', '{"type": "hello", "version": 1, "page": {}}', '{"type": ["word"]}', "NaN",
    JSON.stringify({ type: "word", text: "x".repeat(MESSAGE_BYTES) }), "[".repeat(60_000),
  ];
  for (const data of bad) theirs.say(data);
  theirs.say(new Uint8Array(MESSAGE_BYTES + 1));
  await settle();
  assert.deepEqual([words, chunks], [[], []]);
  theirs.say({ type: "word", text: "good" });
  await settle(3);
  assert.equal(words.length, 1);
});

test("10,000 messages at once are not 10,000 messages", async () => {
  const words = heard(one, "word");
  const theirs = await meet(one);
  for (let count = 0; count < 10_000; count++) theirs.say({ type: "word" });
  await settle();
  assert.ok(words.length <= 200, `${words.length}`);
  await clock.pass(1000);
  theirs.say({ type: "word" });
  await settle(3);
  assert.ok(words.length <= 200, `${words.length}`);
});

test("whoever doesn't say hello is not heard", async () => {
  const words = heard(one, "word");
  const [mine, theirs] = FakeDataChannel.pair();
  one.attach(mine);
  theirs.say({ type: "word" });
  theirs.say({ type: "hello", version: 2, page: "from-the-future", answer: false });
  theirs.say({ type: "word" });
  await settle(3);
  assert.deepEqual([one.ready, words], [false, []]);
});
