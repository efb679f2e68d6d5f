import assert from "node:assert/strict";
import { test } from "node:test";

import { obstacle, openMedia, reason } from "../../static/js/call/media.js";
import { clockWords, durationWords, problemWords, silentWords, statusWords, timeWords, warningWords } from "../../static/js/call/words.js";

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
  assert.equal(statusWords({ ...base, phase: "ended" }, { name: "X", role: "patient" }).title, "La consultation est terminée");
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

test("every problem of camera and microphone is explained", () => {
  for (const reason of ["refused", "missing", "busy", "lost", "unknown"]) {
    for (const lacks of ["camera", "microphone", "both"]) {
      const { title, detail } = problemWords({ reason, lacks }, "Mozilla/5.0 Firefox/153.0");
      assert.doesNotMatch(title + detail, /undefined|null/);
    }
  }
});

test("an insecure page and an old browser are told apart", () => {
  const RTCPeerConnection = class { addTransceiver() {} };
  const whole = { isSecureContext: true, RTCPeerConnection, WebSocket: class {}, navigator: { mediaDevices: { getUserMedia() {} } } };
  assert.equal(obstacle(whole), null);
  assert.equal(obstacle({ ...whole, isSecureContext: false }), "insecure");
  assert.equal(obstacle({ ...whole, RTCPeerConnection: undefined }), "unsupported");
  assert.equal(obstacle({ ...whole, navigator: {} }), "unsupported");
});

/** Devices of which only some open. */
function devices({ audio = true, video = true, error = "NotAllowedError" }) {
  return {
    async getUserMedia(wanted) {
      if ((wanted.audio && !audio) || (wanted.video && !video)) throw Object.assign(new Error(), { name: error });
      const tracks = (kind) => (wanted[kind] ? [{ kind }] : []);
      return { getAudioTracks: () => tracks("audio"), getVideoTracks: () => tracks("video") };
    },
  };
}

test("camera and microphone, else one of them, else nothing", async () => {
  const opened = async (available) => {
    const { audio, video, problem } = await openMedia(devices(available));
    return [!!audio, !!video, problem];
  };
  assert.deepEqual(await opened({}), [true, true, null]);
  assert.deepEqual(await opened({ video: false }), [true, false, { reason: "refused", lacks: "camera" }]);
  assert.deepEqual(await opened({ audio: false, error: "NotFoundError" }), [false, true, { reason: "missing", lacks: "microphone" }]);
  assert.deepEqual(await opened({ audio: false, video: false, error: "NotReadableError" }), [false, false, { reason: "busy", lacks: "both" }]);
});

test("getUserMedia's errors by what one can do about them", () => {
  assert.deepEqual(
    ["NotAllowedError", "NotFoundError", "NotReadableError", "TypeError"].map((name) => reason({ name })),
    ["refused", "missing", "busy", "unknown"],
  );
});
