// The gate: what is typed as a code, and the countdown in words.

import assert from "node:assert/strict";
import test from "node:test";

import { asCode, remaining, saysElse, tellOpened } from "../../static/js/pages/gate.js";

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

test("only a page that says something else is shown anew", async () => {
  const asked = [];
  const answers = (status) => async (address, options) => {
    asked.push([address, options.headers["If-None-Match"], options.redirect]);
    return { status };
  };
  // 0: the code was typed in another tab, or the site restarts.
  for (const [status, told] of [[200, true], [304, false], [0, false], [503, false]]) {
    assert.equal(await saysElse('W/"waiting-1"', "/visio/x/", answers(status)), told);
  }
  assert.deepEqual(asked[0], ["/visio/x/", 'W/"waiting-1"', "manual"]);
  // Whoever was inside when the appointment was moved away comes back in when it is moved back.
  const redirected = async () => ({ status: 0, type: "opaqueredirect" });
  assert.equal(await saysElse("", "/visio/x/", redirected), false);
  assert.equal(await saysElse("", "/visio/x/", redirected, true), true);
  assert.equal(await saysElse("", "/visio/x/", async () => ({ status: 0, type: "error" }), true), false);
  assert.equal(await saysElse("", "/visio/x/", () => Promise.reject(new TypeError("network"))), false);
});
