import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Channel } from "../../static/js/call/channel.js";
import { Chat, TEXT_LENGTH } from "../../static/js/call/chat.js";
import { fileWords, linkParts, sizeWords, tooLongWords } from "../../static/js/call/chat_words.js";
import { connect, meet } from "./fake_channels.mjs";
import { FakeClock, settle } from "./fakes.mjs";

let clock;
let number;

beforeEach(() => {
  clock = new FakeClock();
  clock.time = 1_000_000;
  number = 0;
});

/** A page with its part of the discussion; `shown` is what its reader sees. */
function page(name) {
  const channel = new Channel({ clock, page: name });
  const shown = [];
  const chat = new Chat({
    channel,
    clock,
    makeId: () => `${name}-${++number}`,
    on: {
      added: (entry, before) => shown.splice(before ? shown.indexOf(before) : shown.length, 0, entry),
      changed: () => {},
      dropped: (entry) => shown.splice(shown.indexOf(entry), 1),
    },
  });
  chat.setLive(true);
  return { channel, chat, shown, texts: () => shown.map(({ text }) => text), states: () => shown.map(({ state }) => state) };
}

test("a message arrives and is acknowledged", async () => {
  const [doctor, patient] = [page("doctor-page"), page("patient-page")];
  const { left } = await connect(doctor.channel, patient.channel);
  left.held = true;
  doctor.chat.say("Bonjour");
  assert.deepEqual(doctor.states(), ["sent"]);
  left.flow();
  await settle(3);
  assert.deepEqual(doctor.states(), ["received"]);
  assert.deepEqual([patient.texts(), patient.shown[0].mine], [["Bonjour"], false]);
});

test("what was written without a channel waits, and arrives in order", async () => {
  const [doctor, patient] = [page("doctor-page"), page("patient-page")];
  for (const text of ["un", "deux", "trois"]) doctor.chat.say(text);
  assert.deepEqual(doctor.states(), ["waiting", "waiting", "waiting"]);
  await connect(doctor.channel, patient.channel);
  doctor.chat.say("quatre");
  await settle(3);
  assert.deepEqual(patient.texts(), ["un", "deux", "trois", "quatre"]);
  assert.deepEqual(new Set(doctor.states()), new Set(["received"]));
});

test("a lost acknowledgement brings no double, a lost message comes again", async () => {
  const [doctor, patient] = [page("doctor-page"), page("patient-page")];
  const { left, right } = await connect(doctor.channel, patient.channel);
  right.held = true;
  doctor.chat.say("arrivé");
  await settle(3);
  left.held = true;
  doctor.chat.say("perdu");
  left.lose();
  await connect(doctor.channel, patient.channel);
  assert.deepEqual(patient.texts(), ["arrivé", "perdu"]);
  assert.deepEqual(doctor.states(), ["received", "received"]);
});

test("while the call is broken nothing counts as sent", async () => {
  const [doctor, patient] = [page("doctor-page"), page("patient-page")];
  const { left } = await connect(doctor.channel, patient.channel);
  left.held = true;
  doctor.chat.say("en route");
  doctor.chat.setLive(false);
  assert.deepEqual(doctor.states(), ["waiting"]);
  doctor.chat.setLive(true);
  assert.deepEqual(doctor.states(), ["sent"]);
  assert.deepEqual(patient.texts(), []);
});

test("a reloaded page gets back what was said, in order, above what it wrote meanwhile", async () => {
  const [doctor, patient] = [page("doctor-page"), page("patient-page")];
  const { left } = await connect(doctor.channel, patient.channel);
  doctor.chat.say("Bonjour");
  await settle(3);
  patient.chat.say("Bonjour docteur");
  await settle(3);
  left.lose();
  const reloaded = page("patient-page-again");
  reloaded.chat.say("Me revoilà");
  doctor.chat.say("Vous m’entendez ?");
  await connect(doctor.channel, reloaded.channel);
  assert.deepEqual(reloaded.texts(), ["Bonjour", "Bonjour docteur", "Me revoilà", "Vous m’entendez ?"]);
  assert.deepEqual(reloaded.shown.slice(0, 2).map(({ mine, past }) => [mine, past]), [[false, true], [true, true]]);
  assert.deepEqual(doctor.texts(), ["Bonjour", "Bonjour docteur", "Vous m’entendez ?", "Me revoilà"]);
});

test("the longest history passes in frames that the other end takes", async () => {
  const [doctor, patient] = [page("doctor-page"), page("patient-page")];
  const { left } = await connect(doctor.channel, patient.channel);
  for (let count = 0; count < 310; count++) {
    doctor.chat.say(`${count}${"\u0001".repeat(TEXT_LENGTH - 3)}`);
    await clock.pass(50);
  }
  left.lose();
  const reloaded = page("patient-page-again");
  const { left: again } = await connect(doctor.channel, reloaded.channel);
  await settle();
  assert.deepEqual([doctor.shown.length, reloaded.shown.length], [300, 300]);
  assert.ok(reloaded.texts().every((text, index) => text === doctor.texts()[index]));
  assert.ok(again.sent.every((text) => text.length <= 65_536));
});

test("what was written during a long cut is no flood", async () => {
  const [doctor, patient] = [page("doctor-page"), page("patient-page")];
  for (let count = 0; count < 120; count++) doctor.chat.say(`message ${count}`);
  const theirs = await meet(doctor.channel);
  assert.equal(theirs.other.said("chat").length, 20);
  await connect(doctor.channel, patient.channel);
  await settle();
  assert.deepEqual(patient.texts(), doctor.texts());
});

test("history comes once: nobody rewrites what was said", async () => {
  const patient = page("patient-page");
  const theirs = await meet(patient.channel);
  const past = (messages, last) => theirs.say({ type: "chat-past", messages, last });
  past([{ id: "past-0001", yours: true, text: "avant", at: 5 }], true);
  past([{ id: "past-0002", yours: true, text: "faux", at: 5 }], true);
  await settle(3);
  assert.deepEqual(patient.texts(), ["avant"]);
});

test("hostile messages leave no trace", async () => {
  const patient = page("patient-page");
  const theirs = await meet(patient.channel);
  patient.chat.say("à moi");
  const bad = [
    { type: "chat" }, { type: "chat", id: "short", text: "x" }, { type: "chat", id: "good-id-1", text: 5 },
    { type: "chat", id: "good-id-2", text: "x".repeat(TEXT_LENGTH + 1) }, { type: "chat", id: "good-id-3", text: " \n " },
    { type: "chat", id: { toString: "x" }, text: "x" }, { type: "chat", id: "__proto__", text: ["x"] },
    { type: "chat", id: patient.shown[0].id, text: "jamais dit" }, { type: "chat-ack" }, { type: "chat-ack", id: "nothing-like-it" },
    { type: "chat-past", messages: "x", last: true }, { type: "chat-past", messages: Array(51).fill({}), last: true },
    { type: "chat-past", messages: [null, 5, [], { id: "good-id-4", yours: "x", text: "x", at: 1 }, { id: "good-id-5", yours: true, text: "x", at: -1 },
      { id: "good-id-6", yours: true, text: "x", at: 1e300 }], last: false },
  ];
  for (const message of bad) theirs.say(message);
  await settle();
  assert.deepEqual(patient.texts(), ["à moi"]);
  assert.deepEqual(patient.states(), ["sent"]);
});

test("a flood fills no memory", async () => {
  const patient = page("patient-page");
  const theirs = await meet(patient.channel);
  for (let count = 0; count < 1000; count++) {
    theirs.say({ type: "chat", id: `flood-${count}`, text: "x" });
    await clock.pass(20);
  }
  assert.equal(patient.shown.length, 300);
});

test("an empty message and one that is too long are not sent", () => {
  const { chat, shown } = page("doctor-page");
  assert.deepEqual([chat.say("  \n"), chat.say("x".repeat(TEXT_LENGTH + 1)), shown.length], [false, false, 0]);
  assert.equal(tooLongWords(4213), "Votre message est trop long\u00a0: 4\u202f213 caractères, 4\u202f000 au plus.");
});

test("only http and https become links, without the full stop after them", () => {
  const hrefs = (text) => linkParts(text).filter(({ href }) => href).map(({ href }) => href);
  assert.deepEqual(hrefs("Voir https://ameli.fr/a?b=c. Et http://x.fr!"), ["https://ameli.fr/a?b=c", "http://x.fr"]);
  assert.deepEqual(hrefs("(https://fr.wikipedia.org/wiki/Angine_(m%C3%A9decine))"), ["https://fr.wikipedia.org/wiki/Angine_(m%C3%A9decine))"]);
  assert.deepEqual(hrefs("(https://ameli.fr)"), ["https://ameli.fr"]);
  assert.deepEqual(hrefs("javascript:alert(1) data:text/html,x file:///etc https://<script> https://"), []);
  const text = "a https://b.fr c\u202ehttps://d.fr";
  assert.equal(linkParts(text).map((part) => part.text).join(""), text);
});

test("a hostile link costs nothing and shows where it leads", () => {
  const before = performance.now();
  linkParts(`https://x${"!".repeat(2000)}a${".)".repeat(990)}`);
  assert.ok(performance.now() - before < 500);
  for (const mark of ["\u202e", "\u2067", "\u200f"]) {
    const [link, rest] = linkParts(`https://evil.fr/${mark}rf.ilema//:sptth`);
    assert.deepEqual([link.href, rest.text[0]], ["https://evil.fr/", mark]);
  }
});

test("sizes and states in words", () => {
  assert.deepEqual([1, 900, 12_300, 5 * 1024 * 1024, 52_000_000].map(sizeWords), ["1\u00a0octet", "900\u00a0octets", "12\u00a0Ko", "5\u00a0Mo", "50\u00a0Mo"]);
  assert.equal(fileWords({ mine: false, state: "moving", size: 2048, done: 1024 }), "1\u00a0Ko sur 2\u00a0Ko");
  for (const reason of ["withdrawn", "refused", "full", "damaged", "interrupted", "unreadable"]) {
    for (const mine of [true, false]) assert.ok(fileWords({ mine, state: "stopped", reason }));
  }
});
