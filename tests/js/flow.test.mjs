import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Flow } from "../../static/js/call/flow.js";
import { Timers } from "../../static/js/call/timers.js";
import { FakeClock, FakeConnection } from "./fakes.mjs";

let clock, connection, expected, heard, done, flow;
beforeEach(async () => {
  clock = FakeConnection.clock = new FakeClock();
  connection = new FakeConnection();
  connection.connectionState = "connected";
  [expected, heard, done] = [{ audio: true, video: true }, true, []];
  flow = new Flow(clock, new Timers(clock), {
    connection: () => connection,
    expected: () => expected,
    remedy: (name) => heard && !!done.push(name),
    slept: (milliseconds) => done.push(`slept ${milliseconds}`),
    change: () => done.push(`silent ${flow.silent}`),
  });
  flow.begin();
  await clock.pass(10_000);
});

test("what arrives is left alone", async () => {
  await clock.pass(120_000);
  assert.deepEqual(done, []);
});

test("neither sound nor picture for 6 s: a restart, then another connection, and so again after a minute", async () => {
  connection.flows = {};
  await clock.pass(8000);
  assert.deepEqual(done.splice(0), ["restart", "silent all"]);
  await clock.pass(8000);
  assert.deepEqual(done.splice(0), ["renew"]);
  await clock.pass(50_000);
  assert.deepEqual(done.splice(0), []);
  await clock.pass(10_000);
  assert.deepEqual(done.splice(0), ["restart"]);
});

test("the sound alone for 10 s", async () => {
  connection.flows = { video: true };
  await clock.pass(12_000);
  assert.deepEqual(done.splice(0), ["restart", "silent audio"]);
  await clock.pass(12_000);
  assert.deepEqual(done.splice(0), ["renew"]);
});

test("a picture that stays away is restarted once, then only told: a phone's page in the background has none", async () => {
  connection.flows = { audio: true };
  await clock.pass(12_000);
  assert.deepEqual(done.splice(0), ["restart", "silent video"]);
  await clock.pass(600_000);
  assert.deepEqual(done.splice(0), []);
  connection.flows = { audio: true, video: true };
  await clock.pass(4000);
  assert.deepEqual(done.splice(0), ["silent null"]);
});

test("a microphone or camera that is off isn't missed; switched on, it has its time", async () => {
  expected = { audio: true, video: false };
  connection.flows = { audio: true };
  await clock.pass(60_000);
  expected = { audio: true, video: true };
  await clock.pass(8000);
  assert.deepEqual(done, []);
});

test("both off: nothing to miss, whatever happens to the network", async () => {
  expected = { audio: false, video: false };
  connection.flows = {};
  flow.doubt();
  await clock.pass(60_000);
  assert.deepEqual(done, []);
});

test("a remedy that nobody would hear is kept", async () => {
  heard = false;
  connection.flows = {};
  await clock.pass(20_000);
  assert.deepEqual(done.splice(0), ["silent all"]);
  heard = true;
  await clock.pass(2000);
  assert.deepEqual(done, ["restart"]);
});

test("in doubt, a second without anything is enough, however often one doubts", async () => {
  flow.doubt();
  await clock.pass(1100);
  assert.deepEqual(done, []);
  connection.flows = {};
  flow.doubt();
  await clock.pass(600);
  flow.doubt();
  await clock.pass(500);
  assert.deepEqual(done, ["restart"]);
});

test("a connection that isn't there is the ladder's; another one counts anew", async () => {
  connection.flows = {};
  await clock.pass(4000);
  connection.connectionState = "disconnected";
  await clock.pass(20_000);
  connection = new FakeConnection();
  connection.connectionState = "connected";
  await clock.pass(20_000);
  assert.deepEqual(done, []);
});

test("a machine that slept is told from one that is slow", async () => {
  clock.time += 9000;
  await clock.pass(2000);
  assert.deepEqual(done, []);
  clock.time += 120_000;
  await clock.pass(2000);
  assert.deepEqual(done.filter((what) => what.startsWith("slept")).length, 1);
});

test("statistics that never come, as Firefox's of a closed connection, stop nothing", async () => {
  const stuck = connection;
  stuck.getStats = () => new Promise(() => {});
  await clock.pass(10_000);
  connection = new FakeConnection();
  connection.connectionState = "connected";
  connection.flows = {};
  await clock.pass(12_000);
  assert.ok(done.includes("restart"));
});
