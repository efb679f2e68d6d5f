// The pages that ask for a code: sent once, never again and again; the countdown; where the SMS is.

import assert from "node:assert/strict";
import test from "node:test";

import { readFromSms, sendWhenComplete } from "../../static/js/lib/code_field.js";
import { countDown } from "../../static/js/lib/resend.js";
import { watchSms } from "../../static/js/lib/sms_state.js";

function stage({ refused = false, typed = "" } = {}) {
  const form = new EventTarget();
  const field = new EventTarget();
  let sent = 0;
  form.requestSubmit = () => {
    const event = new Event("submit", { cancelable: true });
    if (form.dispatchEvent(event)) sent += 1;
  };
  field.value = typed;
  field.getAttribute = (name) => (name === "aria-invalid" && refused ? "true" : null);
  let release;
  sendWhenComplete(form, field, 6, (step) => (release = step));
  return {
    form,
    field,
    sent: () => sent,
    release: () => release(),
    type(text) {
      field.value = text;
      field.dispatchEvent(new Event("input"));
    },
  };
}

test("six digits are sent by themselves, once, however they are spaced", () => {
  for (const text of ["123456", "123 456", "123-456", " 123456 "]) {
    const { type, sent } = stage();
    type(text);
    type(text);
    assert.equal(sent(), 1);
  }
});

test("what was typed before the script came is sent, too", () => {
  assert.equal(stage({ typed: "123456" }).sent(), 1);
  assert.equal(stage({ typed: "12345" }).sent(), 0);
  assert.equal(stage({ typed: "123456", refused: true }).sent(), 0);
});

test("what is no complete code waits for its owner", () => {
  const { type, sent, form } = stage();
  for (const text of ["12345", "1234567", "ABCDEF", "12345a", ""]) type(text);
  assert.equal(sent(), 0);
  form.requestSubmit();
  assert.equal(sent(), 1);
});

test("a refused code is never sent by itself, and still by Enter", () => {
  const { type, sent, form } = stage({ refused: true });
  type("123456");
  assert.equal(sent(), 0);
  form.requestSubmit();
  assert.equal(sent(), 1);
});

test("a second press sends nothing, unless the answer was lost", () => {
  const { sent, form, release } = stage();
  form.requestSubmit();
  form.requestSubmit();
  assert.equal(sent(), 1);
  release();
  form.requestSubmit();
  assert.equal(sent(), 2);
});

test("the code of the SMS fills itself in and leaves", async () => {
  const { field, sent } = stage();
  await readFromSms(field, { credentials: { get: async () => ({ code: "482913" }) } });
  assert.equal(field.value, "482913");
  assert.equal(sent(), 1);
});

test("a phone that does not give the SMS changes nothing", async () => {
  const { field, sent } = stage();
  for (const get of [async () => null, async () => Promise.reject(new Error("AbortError"))]) {
    await readFromSms(field, { credentials: { get } });
  }
  assert.equal(field.value, "");
  assert.equal(sent(), 0);
});

function resendForm(wait) {
  const parts = { button: { disabled: false }, "[data-countdown]": { hidden: false, textContent: "" } };
  return { dataset: { wait }, querySelector: (name) => parts[name], parts };
}

test("the countdown ends by itself, or at once when nothing left", () => {
  let at = 0;
  const waiting = [];
  const form = resendForm("60");
  const mayResend = countDown(form, { now: () => at, later: (show) => waiting.push(show) });
  assert.equal(form.parts.button.disabled, true);
  assert.equal(form.parts["[data-countdown]"].textContent, "possible dans 60\u00a0s");
  at = 30_500;
  waiting.pop()();
  assert.equal(form.parts["[data-countdown]"].textContent, "possible dans 30\u00a0s");
  mayResend();
  assert.equal(form.parts.button.disabled, false);
  assert.equal(form.parts["[data-countdown]"].hidden, true);
});

async function watch(answers) {
  const planned = [];
  const seen = [];
  let asked = 0;
  const steps = [];
  watchSms({
    again: 1,
    ask: async () => {
      const answer = answers[asked++];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    show: (answer) => {
      seen.push(answer);
      return answer.again;
    },
    later: (step, pause) => (planned.push(pause), steps.push(step)),
  });
  while (steps.length) await steps.shift()();
  return { planned, seen, asked };
}

test("the page asks when it was told to, and stops at the end", async () => {
  const { planned, asked } = await watch([{ again: 1 }, { again: 3 }, { again: 0 }]);
  assert.deepEqual(planned, [1000, 1000, 3000]);
  assert.equal(asked, 3);
});

test("a lost answer is asked for again, a login that is over is not", async () => {
  const { planned, seen } = await watch([new Error("offline"), null]);
  assert.deepEqual(planned, [1000, 5000]);
  assert.deepEqual(seen, []);
});
