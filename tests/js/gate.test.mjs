// The gate: what is typed as a code, and the countdown in words.

import assert from "node:assert/strict";
import test from "node:test";

import { asCode, remaining, tellOpened } from "../../static/js/pages/gate.js";

test("a code is read however it is typed or pasted", () => {
  for (const [typed, read] of [["7k2m", "7K2M"], [" 7 K 2 M ", "7K2M"], ["oIlO", "0110"], ["7K2M99", "7K2M"], ["<é😀>", ""]]) {
    assert.equal(asCode(typed), read);
  }
});

test("the time left is said in words and never below nothing", () => {
  assert.equal(remaining(-3), "dans 0\u00a0min 00\u00a0s");
  assert.equal(remaining(61.2), "dans 1\u00a0min 02\u00a0s");
  assert.equal(remaining(3900), "dans 1\u00a0h 05");
  assert.equal(remaining(3 * 86400 + 5), "dans 3\u00a0jours");
});

test("that the link was opened is told once, and a dead network is no error", async () => {
  const sent = [];
  globalThis.FormData = class { constructor(form) { this.form = form; } };
  const form = { action: "/visio/x/ouvert/" };
  tellOpened(form, async (url, options) => {
    sent.push([url, options.method, options.keepalive]);
    throw new TypeError("network");
  });
  await Promise.resolve();
  assert.deepEqual(sent, [["/visio/x/ouvert/", "POST", true]]);
});
