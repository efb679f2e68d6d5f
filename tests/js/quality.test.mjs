import assert from "node:assert/strict";
import { test } from "node:test";

import { diagnose, grade, QualityMeter } from "../../static/js/call/quality.js";
import { figuresWords, qualityWords } from "../../static/js/call/quality_words.js";

const plain = (words) => words.replaceAll("\u00a0", " ");
const fine = { rtt: 0.05, loss: 0, jitter: 0, kind: "host", up: { loss: 0, available: 2_000_000, limited: "none" } };
const but = ({ up = {}, ...rest }) => diagnose({ ...fine, ...rest, up: { ...fine.up, ...up } });

test("the connection's three grades", () => {
  assert.equal(grade({ rtt: 0.05, loss: 0 }), "good");
  assert.equal(grade({ rtt: 0.05, loss: 0.05 }), "fair");
  assert.equal(grade({ rtt: 0.7, loss: 0 }), "poor");
  assert.equal(grade({ rtt: null, loss: null }), "good");
});

test("whose fault it is", () => {
  assert.deepEqual(but({}), { grade: "good", cause: null });
  assert.deepEqual(but({ up: { loss: 0.2 } }), { grade: "poor", cause: "own" });
  assert.deepEqual(but({ loss: 0.2 }), { grade: "poor", cause: "other" });
  assert.deepEqual(but({ loss: 0.2, up: { loss: 0.05 } }), { grade: "poor", cause: "other" });
  assert.deepEqual(but({ loss: 0.2, up: { loss: 0.2 } }), { grade: "poor", cause: "own" });
  assert.deepEqual(but({ rtt: 0.4 }), { grade: "fair", cause: "delay" });
  assert.deepEqual(but({ up: { available: 100_000, limited: "bandwidth" } }), { grade: "poor", cause: "own" });
  assert.deepEqual(but({ up: { available: 300_000, limited: "bandwidth" } }), { grade: "fair", cause: "own" });
});

test("a narrow way that is wide enough is no fault; a slow computer is one when nothing else is", () => {
  assert.equal(but({ up: { available: 100_000, limited: "none" } }).grade, "good");
  assert.equal(but({ up: { available: null, limited: "bandwidth" } }).grade, "good");
  assert.deepEqual(but({ up: { limited: "cpu" } }), { grade: "fair", cause: "computer" });
  assert.deepEqual(but({ loss: 0.2, up: { limited: "cpu" } }), { grade: "poor", cause: "other" });
});

test("every cause has its words, with what to do", () => {
  const who = { name: "Sophie Carpentier", camera: true, phone: false };
  const said = (grade, cause, more = {}) => plain(Object.values(qualityWords({ grade, cause }, { ...who, ...more })).join(" | "));
  assert.equal(said("good", null), "bonne connexion | L’image et le son passent bien dans les deux sens.");
  assert.equal(said("poor", "own"), "mauvaise connexion | Votre connexion est faible : rapprochez-vous du Wi-Fi ou coupez la caméra.");
  assert.equal(said("poor", "own", { camera: false }), "mauvaise connexion | Votre connexion est faible : rapprochez-vous du Wi-Fi.");
  assert.match(said("fair", "other"), /^connexion moyenne \| La connexion de Sophie Carpentier est faible\. Proposez-lui/);
  assert.match(said("fair", "delay"), /laissez un court silence/);
  assert.equal(said("fair", "computer"), "ordinateur surchargé | Votre ordinateur est surchargé : fermez d’autres programmes.");
  assert.equal(said("fair", "computer", { phone: true }), "téléphone surchargé | Votre téléphone est surchargé : fermez d’autres applications.");
  assert.equal(plain(figuresWords({ ...fine, loss: 0.021 })), "Aller-retour 50 ms · perdu : 0 % à l’envoi, 2 % à l’arrivée");
});

/** A report as Chromium gives it, or, with `bare`, as little of it as Firefox does. */
function report({ received = 0, lost = 0, sent = 0, fractionLost = 0, bare = false }) {
  const entries = [
    { type: "inbound-rtp", kind: "video", packetsReceived: received, packetsLost: lost, jitter: 0.01 },
    { type: "outbound-rtp", kind: "video", packetsSent: sent, ...(!bare && { qualityLimitationReason: "bandwidth" }) },
    { type: "outbound-rtp", kind: "audio", packetsSent: sent },
    { type: "remote-inbound-rtp", kind: "video", fractionLost },
    { type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "c", ...(!bare && { currentRoundTripTime: 0.08, availableOutgoingBitrate: 900_000 }) },
  ];
  return new Map([...entries.map((entry, index) => [String(index), entry]), ["c", { candidateType: "relay" }]]);
}

test("a measure is what happened since the one before", async () => {
  const clock = { time: 0, now: () => clock.time };
  const reports = [report({ received: 100, lost: 50, sent: 10 }), report({ received: 190, lost: 60, sent: 110, fractionLost: 0.2 })];
  const connection = { getStats: async () => reports.shift() };
  const meter = new QualityMeter(clock);
  assert.equal(await meter.measure(connection), null);
  clock.time = 12_000;
  const up = { loss: 0.1, available: 900_000, limited: "bandwidth" };
  assert.deepEqual(await meter.measure(connection), { rtt: 0.08, loss: 0.1, jitter: 0.01, kind: "relay", up });
});

test("the estimate of a young connection doesn't count, and what a browser doesn't tell is null", async () => {
  const clock = { now: () => 0 };
  for (const bare of [false, true]) {
    const meter = new QualityMeter(clock);
    const connection = { getStats: async () => report({ bare }) };
    await meter.measure(connection);
    const { loss, up } = await meter.measure(connection);
    assert.equal(loss, 1, "silence is loss");
    assert.equal((await meter.measure(connection, true)).loss, 0, "unless the other side has nothing to send");
    assert.deepEqual(up, { loss: 0, available: null, limited: bare ? null : "bandwidth" });
  }
});
