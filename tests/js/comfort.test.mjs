import assert from "node:assert/strict";
import { test } from "node:test";

import { pressed } from "../../static/js/call/shortcuts.js";
import { Toast } from "../../static/js/call/toast.js";
import { loudness, MutedVoice, Voice } from "../../static/js/call/voice.js";
import { start as startWakeLock } from "../../static/js/call/wake_lock.js";
import { FakeClock, settle } from "./fakes.mjs";

const key = (name, more = {}) => ({ key: name, ...more });
const free = { typing: false, onButton: false };

test("single keys press the buttons of the call", () => {
  const parts = ["m", "M", "c", "e", "f", "t", "p", "?", "x", "Enter", "F1"].map((name) => pressed(key(name), free));
  const expected = ["microphone", "microphone", "camera", "share", "full-screen", "chat", "picture-in-picture", "help", null, null, null];
  assert.deepEqual(parts, expected);
  assert.equal(pressed(key(" "), free), "talk");
});

test("not while one types, nor with another key held, nor again while it is held", () => {
  assert.equal(pressed(key("m"), { ...free, typing: true }), null);
  for (const held of ["ctrlKey", "altKey", "metaKey", "repeat", "defaultPrevented"]) assert.equal(pressed(key("m", { [held]: true }), free), null);
  assert.equal(pressed(key(" "), { ...free, onButton: true }), null, "the space bar presses the button it is on");
  assert.equal(pressed(key("toString"), free), null);
});

test("a voice lasts over the gaps between its words", () => {
  const voice = new Voice();
  assert.equal(voice.hear(0.005, 0), false);
  assert.equal(voice.hear(0.05, 100), true);
  assert.equal(voice.hear(0, 500), true);
  assert.equal(voice.hear(0, 700), false);
  assert.equal(loudness(new Float32Array([1, -1, 1, -1])), 1);
  assert.equal(loudness(new Float32Array(4)), 0);
});

test("whoever speaks while muted is told once in 10 s; a cough is no speech", () => {
  const muted = new MutedVoice();
  const said = [];
  const speak = (from, to) => {
    for (let at = from; at < to; at += 150) if (muted.hear(0.05, at)) said.push(at);
  };
  speak(0, 400);
  muted.hear(0, 5000);
  speak(5000, 5400);
  assert.deepEqual(said, []);
  speak(10_000, 25_000);
  assert.ok(said[1] - said[0] >= 10_000);
  assert.equal(said.length, 2);
});

test("what was said before the microphone was on again is forgotten", () => {
  const muted = new MutedVoice();
  for (const at of [0, 150, 300]) muted.hear(0.05, at);
  muted.forget();
  assert.equal(muted.hear(0.05, 450), false);
});

function element() {
  const handlers = {};
  return { textContent: "", hidden: true, addEventListener: (name, handler) => (handlers[name] = handler), click: () => handlers.click() };
}

test("a toast says one thing, offers one thing, and goes", async () => {
  const [words, button, clock] = [element(), element(), new FakeClock()];
  const toast = new Toast({ words, button }, clock);
  let presses = 0;
  toast.show("Votre micro est coupé.", { label: "Activer le micro", press: () => presses++ });
  assert.deepEqual([words.textContent, button.textContent, button.hidden], ["Votre micro est coupé.", "Activer le micro", false]);
  await clock.pass(7000);
  assert.equal(toast.words, "Votre micro est coupé.");
  toast.show("Autre chose.");
  assert.equal(button.hidden, true);
  await clock.pass(7000);
  assert.equal(words.textContent, "Autre chose.");
  await clock.pass(1000);
  assert.equal(words.textContent, "");
  toast.show("Votre micro est coupé.", { label: "Activer le micro", press: () => presses++ });
  button.click();
  assert.deepEqual([presses, words.textContent, button.hidden], [1, "", true]);
  assert.equal(clock.pending, 0);
});

test("the screen stays on while one is in the room, again after the page was hidden, and no longer", async () => {
  const locks = [];
  const listeners = {};
  const document = { visibilityState: "visible", addEventListener: (name, handler) => (listeners[name] = handler) };
  const wakeLock = {
    async request() {
      const lock = { released: false, release: async () => (lock.released = true) };
      locks.push(lock);
      return lock;
    },
  };
  const session = { view: { phase: "waiting" } };
  startWakeLock({ root: { addEventListener: (name, handler) => (listeners[name] = handler) }, session }, { navigator: { wakeLock }, document });
  await settle();
  session.view.phase = "live";
  listeners["rofim:view"]();
  await settle();
  assert.equal(locks.length, 1);
  locks[0].released = true;
  document.visibilityState = "hidden";
  listeners.visibilitychange();
  await settle();
  assert.equal(locks.length, 1);
  document.visibilityState = "visible";
  listeners.visibilitychange();
  await settle();
  assert.equal(locks.length, 2);
  session.view.phase = "ended";
  listeners["rofim:view"]();
  await settle();
  assert.equal(locks[1].released, true);
});

test("a browser without wake locks, or one that refuses, changes nothing", async () => {
  const root = { addEventListener: () => {} };
  const session = { view: { phase: "live" } };
  const document = { visibilityState: "visible", addEventListener: () => {} };
  assert.equal(startWakeLock({ root, session }, { navigator: {}, document }), undefined);
  const wakeLock = { request: async () => Promise.reject(new DOMException("low battery", "NotAllowedError")) };
  await startWakeLock({ root, session }, { navigator: { wakeLock }, document });
});
