import assert from "node:assert/strict";
import { test } from "node:test";

import { clockWords, durationWords, silentWords, statusWords, timeWords, warningWords } from "../../static/js/call/words.js";

const plain = (words) => words.replaceAll("\u00a0", " ");

test("time as on the pill: « 12:41 · reste 3 h 17 »", () => {
  const startedAt = 0;
  assert.equal(plain(timeWords({ startedAt: 1, endsAt: 12_600_001, now: 761_001 })), "12:41 · reste 3 h 17");
  assert.equal(timeWords({ startedAt: null, endsAt: null, now: startedAt }), "");
  assert.equal(clockWords(3_723_000), "1:02:03");
  assert.equal(clockWords(-5), "00:00");
  assert.deepEqual([45_000, 540_000, -1, 3_600_000].map((ms) => plain(durationWords(ms))), ["45 s", "9 min", "0 s", "1 h 00"]);
  assert.equal(plain(warningWords(600)), "La consultation se termine dans 10 minutes.");
});

test("every phase has its words, for both", () => {
  const base = { peerLeft: null, socketLost: false, end: null };
  for (const role of ["practitioner", "patient"]) {
    for (const phase of ["connecting", "waiting", "calling", "live", "interrupted", "left", "replaced", "refused", "ended"]) {
      for (const online of [true, false]) {
        const { title, detail } = statusWords({ ...base, phase }, { name: "Dr Martin", role, online });
        assert.ok(title || detail, `${role} ${phase}`);
        assert.doesNotMatch(title + detail, /undefined|null/);
      }
    }
  }
  // A patient's access doesn't expire: the practitioner has moved the appointment or given a new code.
  const refused = (role) => statusWords({ ...base, phase: "refused" }, { name: "X", role }).title;
  assert.equal(refused("patient"), "Votre rendez-vous ou votre code a changé.");
  assert.equal(refused("practitioner"), "Votre accès a expiré.");
  assert.equal(statusWords({ ...base, phase: "ended" }, { name: "X", role: "patient" }).title, "La consultation est terminée");
  const ended = (reason, startedAt, role) => statusWords({ ...base, phase: "ended", end: { reason }, startedAt }, { name: "X", role });
  const again = "Pour un autre rendez-vous, contactez votre praticien.";
  assert.deepEqual(ended("cancelled", null, "patient"), { title: "La consultation est annulée.", detail: again });
  assert.equal(ended("cancelled", null, "practitioner").detail, "");
  assert.deepEqual(ended("time-limit", null, "patient"), { title: "La consultation n’a pas eu lieu.", detail: again });
  assert.equal(ended("time-limit", 1, "patient").detail, "La durée maximale est atteinte.");
});

test("after a minute both read who is missing and what to do", () => {
  const view = { phase: "waiting", peerLeft: "lost", socketLost: false, end: null, missing: true, startedAt: 1 };
  const words = (role, fields) => {
    const { title, detail } = statusWords({ ...view, ...fields }, { name: "X", role });
    return plain(`${title} ${detail}`);
  };
  const keep = "Gardez cette page ouverte : l’appel reprendra tout seul.";
  for (const phase of ["waiting", "interrupted"]) {
    assert.equal(words("practitioner", { phase }), `X n’est pas de retour. ${keep}`);
    assert.equal(words("patient", { phase }), `X n’est pas de retour. ${keep} On peut aussi vous téléphoner.`);
  }
  // Nobody was ever there: nobody has gone.
  assert.match(words("practitioner", { startedAt: null, peerLeft: null }), /n’est pas encore là/);
  // Our own network is the cause: not a word about the other one.
  assert.match(words("patient", { phase: "interrupted", socketLost: true }), /^Votre connexion est coupée/);
  assert.match(words("patient", { phase: "interrupted", peerLeft: null }), /rechargez cette page/);
});

test("what doesn't arrive while the rest goes on has its words", () => {
  assert.equal(silentWords("video", "X"), "L’image de X est arrêtée.");
  assert.match(silentWords("audio", "X"), /Le son de X/);
  assert.equal(silentWords(null, "X"), "");
});
