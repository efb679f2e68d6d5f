// lib/language.js, lib/english.js: everything that the patient's modules say has its English, and nothing else has.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

// As base.html loads it: before the modules.
await import("../../static/js/lib/english.js");
const { LOCALE, t } = await import("../../static/js/lib/language.js");
const { problemHelp, obstacleHelp, inAppHelp } = await import("../../static/js/call/help.js");
const { browserWords, verdictWords, WORDS } = await import("../../static/js/call/rehearsal.js");
const { fileWords, tooLongWords, unreadWords } = await import("../../static/js/call/chat_words.js");
const { figuresWords, qualityWords } = await import("../../static/js/call/quality_words.js");
const { statusWords, timeWords } = await import("../../static/js/call/words.js");
const { remaining } = await import("../../static/js/pages/gate.js");

const root = new URL("../../static/js/", import.meta.url);
const FRENCH = /[àâçéèêëîïôùûœ«»’]/;
// What is between two letters of an English word is no French apostrophe.
const isFrench = (words) => FRENCH.test(words.replace(/(?<=[a-z])’(?=(?:s|t|re)\b)/g, ""));

/** Source of every module that the patient's pages load, by name. */
function patientsModules() {
  const found = new Map();
  const read = (name) => {
    if (found.has(name)) return;
    const source = readFileSync(new URL(name, root), "utf8");
    found.set(name, source);
    for (const [, path] of source.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
      read(new URL(path, new URL(name, root)).pathname.slice(root.pathname.length));
    }
  };
  for (const page of ["gate", "intake", "outside", "shared_documents", "rehearsal", "patient_room"]) read(`pages/${page}.js`);
  return found;
}

const unquoted = (literal) => JSON.parse(`"${literal}"`);

/** The source strings of every call of t(): one, or two by a condition. */
function keysOf(source) {
  return [...source.matchAll(/\bt\((?:[^()"]*\? )?"([^"]*)"(?: : "([^"]*)")?/g)].flatMap(([, one, other]) => [one, other]).filter(Boolean).map(unquoted);
}

test("each source string has its English, with the same places; no other has", () => {
  const wanted = new Set([...patientsModules().values()].flatMap(keysOf));
  assert.deepEqual([...wanted].filter((key) => !(key in globalThis.ENGLISH)), []);
  assert.deepEqual(Object.keys(globalThis.ENGLISH).filter((key) => !wanted.has(key)), []);
  const places = (words) => words.match(/\{\w+\}/g)?.sort() ?? [];
  for (const [french, english] of Object.entries(globalThis.ENGLISH)) {
    assert.deepEqual(places(english), places(french));
    assert.ok(!isFrench(english), english);
  }
});

test("no module of the patient's says French of its own", () => {
  const said = [];
  for (const [name, source] of patientsModules()) {
    // The one half of it that is the practitioner's.
    if (name === "call/snapshot_dialog.js") continue;
    const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "").replace(/\bt\((?:[^()"]*\? )?"[^"]*"(?: : "[^"]*")?/g, "");
    for (const [literal] of code.matchAll(/"[^"\n]*"|`[^`\n]*`/g)) if (FRENCH.test(literal)) said.push(`${name}: ${literal}`);
  }
  assert.deepEqual(said, ['call/chat_words.js: ".,;:!?…\'’"']);
});

test("places are filled once: a name is never read as a place", () => {
  assert.equal(t("{name} est là.", { name: "{name}" }), "{name} is here.");
  assert.equal(t("unknown {here}"), "unknown {here}");
  assert.equal(LOCALE, "en-GB");
});

test("in English, what is composed of several parts is English too", () => {
  const words = [];
  const browsers = ["chrome", "firefox", "safari", "samsung"].flatMap((family) =>
    ["ios", "android", "mac", "windows", ""].flatMap((platform) => [null, "", "Gmail"].map((inApp) => ({ family, name: family, platform, inApp }))),
  );
  for (const browser of browsers) {
    for (const lacks of ["camera", "microphone", "both"]) {
      for (const reason of ["refused", "dismissed", "system", "missing", "busy", "lost", "unknown"]) words.push(problemHelp({ reason, lacks }, browser));
    }
    words.push(obstacleHelp("unsupported", browser), inAppHelp(browser), browserWords("browser-old", browser), browserWords(null, browser));
  }
  for (const phase of ["connecting", "waiting", "calling", "live", "interrupted", "left", "replaced", "refused", "ended"]) {
    for (const more of [{}, { socketLost: true }, { peerLeft: "lost" }, { peerLeft: "gone" }, { missing: true, startedAt: 1 }]) {
      for (const online of [true, false]) words.push(statusWords({ phase, ...more }, { name: "Dr X", role: "patient", online }));
    }
  }
  words.push(obstacleHelp("insecure"), WORDS, verdictWords("red", { told: true }), tooLongWords(5000), unreadWords(2), remaining(9999));
  words.push(timeWords({ startedAt: 0, endsAt: 9e6, now: 5e5 }), figuresWords({ rtt: 0.08, loss: 0, up: { loss: 0.02 } }));
  for (const cause of ["own", "other", "delay", "computer", null]) words.push(qualityWords({ grade: "fair", cause }, { name: "Dr X", camera: true, phone: true }));
  for (const state of ["waiting", "moving", "checking", "received"]) words.push(fileWords({ mine: true, state, size: 2e6, done: 5000 }));
  const all = words.flatMap((each) => JSON.stringify(each).match(/"(?:[^"\\]|\\.)*"/g));
  assert.deepEqual(all.filter(isFrench), []);
  assert.ok(all.includes('"The call will start by itself."'));
});

test("every module of t() is one of the patient's", () => {
  const known = patientsModules();
  for (const folder of ["call", "lib", "pages"]) {
    for (const file of readdirSync(new URL(folder, root))) {
      const name = `${folder}/${file}`;
      if (!known.has(name) && file.endsWith(".js")) assert.deepEqual(keysOf(readFileSync(new URL(name, root), "utf8")), [], name);
    }
  }
});
