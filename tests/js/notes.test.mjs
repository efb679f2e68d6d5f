import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { NotesKeeper } from "../../static/js/lib/notes.js";
import { FakeClock, settle } from "./fakes.mjs";

/** A server with one text, as record.py keeps it. */
class Server {
  text = "";
  version = 0;
  writes = 0;
  down = false;
  deaf = false;
  refusing = false;

  async write(text, version) {
    if (this.down) throw new TypeError("network");
    if (this.refusing) return { kind: "refused" };
    if (text !== this.text) {
      if (version !== this.version) return { kind: "conflict", version: this.version, text: this.text };
      this.text = text;
      this.version += 1;
      this.writes += 1;
    }
    // Written, but the answer never arrives.
    if (this.deaf) throw new TypeError("network");
    return { kind: "saved", version: this.version };
  }
}

class Storage extends Map {
  getItem = (key) => this.get(key) ?? null;
  setItem = (key, value) => this.set(key, value);
  removeItem = (key) => this.delete(key);
}

let clock, server, storage;
beforeEach(() => {
  [clock, server, storage] = [new FakeClock(), new Server(), new Storage()];
});

/** A page that has just been loaded; `tab` is its sessionStorage. */
function open(tab = storage) {
  const page = { states: [], text: server.text, theirs: null };
  page.keeper = new NotesKeeper({
    post: (text, version) => server.write(text, version),
    storage: tab,
    key: "notes:abc",
    clock,
    text: server.text,
    version: server.version,
    on: {
      state: (state) => page.states.push(state),
      text: (text) => (page.text = text),
      conflict: (theirs) => (page.theirs = theirs),
    },
  });
  page.keeper.start();
  return page;
}

test("one save, a second after the last key", async () => {
  const page = open();
  for (const text of ["T", "To", "Tou"]) {
    page.keeper.typed(text);
    await clock.pass(900);
  }
  assert.equal(server.writes, 0);
  await clock.pass(100);
  assert.deepEqual([server.text, server.writes], ["Tou", 1]);
  assert.deepEqual(page.states.slice(-2), ["saving", "saved"]);
  assert.equal(storage.size, 0);
});

test("what is typed while it saves is saved next", async () => {
  const page = open();
  page.keeper.typed("a");
  page.keeper.save();
  page.keeper.typed("ab");
  await clock.pass(2500);
  assert.deepEqual([server.text, server.version], ["ab", 2]);
});

test("a cut: said, kept, tried again", async () => {
  const page = open();
  server.down = true;
  page.keeper.typed("toux");
  await clock.pass(1000);
  assert.equal(page.states.at(-1), "failed");
  assert.ok(storage.size);
  server.down = false;
  await clock.pass(5000);
  assert.deepEqual([server.text, page.states.at(-1), storage.size], ["toux", "saved", 0]);
});

test("a reload during a cut brings the text back and saves it", async () => {
  server.down = true;
  open().keeper.typed("toux");
  server.down = false;
  const again = open();
  await settle();
  assert.deepEqual([again.text, server.text], ["toux", "toux"]);
});

test("an answer that was lost is no conflict with oneself", async () => {
  const page = open();
  server.deaf = true;
  page.keeper.typed("toux");
  await clock.pass(1000);
  server.deaf = false;
  page.keeper.typed("toux sèche");
  await clock.pass(6000);
  assert.deepEqual([server.text, page.theirs], ["toux sèche", null]);
});

test("nor is it after a reload", async () => {
  const page = open();
  server.deaf = true;
  page.keeper.typed("toux");
  await clock.pass(1000);
  page.keeper.typed("toux sèche");
  server.deaf = false;
  const again = open();
  await settle();
  assert.deepEqual([server.text, again.theirs], ["toux sèche", null]);
});

for (const [choice, expected] of [["mine", "toux"], ["theirs", "fièvre"], ["both", "toux\n\nfièvre"]]) {
  test(`two tabs don't overwrite each other unseen: ${choice}`, async () => {
    const here = open();
    const there = open(new Storage());
    there.keeper.typed("fièvre");
    await clock.pass(1000);
    here.keeper.typed("toux");
    await clock.pass(1000);
    assert.deepEqual([server.text, here.theirs, here.states.at(-1)], ["fièvre", "fièvre", "conflict"]);
    here.keeper.settle(choice);
    await settle();
    assert.deepEqual([server.text, here.text, here.states.at(-1)], [expected, expected, "saved"]);
  });
}

test("a draft older than what another tab wrote is shown beside it", async () => {
  server.down = true;
  open().keeper.typed("toux");
  server.down = false;
  await server.write("fièvre", 0);
  const again = open();
  await settle();
  assert.deepEqual([again.text, again.theirs, server.text], ["toux", "fièvre", "fièvre"]);
});

test("logged out: said, kept, not hammered", async () => {
  const page = open();
  server.refusing = true;
  page.keeper.typed("toux");
  await clock.pass(60_000);
  assert.equal(page.states.filter((state) => state === "refused").length, 1);
  assert.ok(storage.size);
});

test("a storage that refuses harms nothing", async () => {
  const full = { getItem: () => "{", setItem() { throw new Error("quota"); }, removeItem: () => {} };
  open(full).keeper.typed("toux");
  await clock.pass(1000);
  assert.equal(server.text, "toux");
});
