import assert from "node:assert/strict";
import { test } from "node:test";

import { isGone, newcomer } from "../../static/js/call/device_watch.js";
import { LocalMedia, obstacle, openMedia, reason } from "../../static/js/call/media.js";
import { watchPermissions } from "../../static/js/call/permission.js";

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

test("Chromium says whether the person, nobody or the system refused", () => {
  const of = (message) => reason({ name: "NotAllowedError", message });
  assert.deepEqual(["Permission denied", "Permission dismissed", "Permission denied by system", undefined].map(of), ["refused", "dismissed", "system", "refused"]);
});

/** Cameras and microphones by their ids. */
class FakeDevices {
  present = { audio: ["mic-1", "mic-2"], video: ["cam-1", "cam-2"] };
  error = null;
  waiting = [];
  held = false;
  opened = [];

  async getUserMedia(wanted) {
    if (this.held) await new Promise((resolve) => this.waiting.push(resolve));
    const tracks = ["audio", "video"].filter((kind) => wanted[kind]).map((kind) => this.#track(kind, wanted[kind]));
    return { getAudioTracks: () => tracks.filter(({ kind }) => kind === "audio"), getVideoTracks: () => tracks.filter(({ kind }) => kind === "video") };
  }

  #track(kind, constraints) {
    const exact = constraints.deviceId?.exact;
    const id = exact ? this.present[kind].find((present) => present === exact) : this.present[kind][0];
    if (this.error || !id) throw Object.assign(new Error(), { name: this.error ?? (exact ? "OverconstrainedError" : "NotFoundError") });
    const track = { kind, enabled: true, readyState: "live", label: `Label of ${id}`, getSettings: () => ({ deviceId: id }), stop() { this.readyState = "ended"; } };
    this.opened.push(track);
    return track;
  }
}

function storage() {
  const items = new Map();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
}

/** A LocalMedia, and what it told. */
function make({ devices = new FakeDevices(), tab = storage(), kept = storage() } = {}) {
  const told = { tracks: {}, fallbacks: [], changes: 0 };
  const on = {
    track: (kind, track) => (told.tracks[kind] = track),
    change: () => (told.changes += 1),
    fallback: (found) => told.fallbacks.push(found),
  };
  return { media: new LocalMedia({ devices, storage: tab, kept, on }), devices, tab, kept, told };
}

test("the chosen devices are remembered across visits, what was switched off only in the tab", async () => {
  const first = make();
  await first.media.open();
  assert.equal(await first.media.choose("audio", "mic-2"), true);
  await first.media.choose("video", "cam-2");
  first.media.chooseSpeaker("speaker-2");
  await first.media.toggleMicrophone();
  await first.media.useCamera(false);

  const sameTab = make({ tab: first.tab, kept: first.kept }).media;
  await sameTab.open();
  assert.deepEqual([sameTab.state.microphone, sameTab.state.camera, sameTab.soundOnly], [false, false, true]);
  const nextVisit = make({ kept: first.kept }).media;
  await nextVisit.open();
  assert.deepEqual(nextVisit.ids, { audio: "mic-2", video: "cam-2", speaker: "speaker-2" });
  assert.deepEqual([nextVisit.state.microphone, nextVisit.state.camera, nextVisit.soundOnly], [true, true, false]);
});

test("a remembered device that is gone gives way to the default in silence", async () => {
  const { media, kept, devices } = make();
  await media.open();
  await media.choose("audio", "mic-2");
  await media.choose("video", "cam-2");
  devices.present.audio = ["mic-1"];
  const next = make({ kept, devices });
  await next.media.open();
  assert.deepEqual([next.media.ids.audio, next.media.ids.video], ["mic-1", "cam-2"]);
  assert.equal(next.media.problem, null);
  assert.deepEqual(next.told.fallbacks, []);
  devices.present.video = [];
  const later = make({ kept, devices }).media;
  await later.open();
  assert.equal(later.ids.audio, "mic-1");
  assert.deepEqual(later.problem, { reason: "missing", lacks: "camera" });
});

test("the other camera is asked for by the side it looks to, and stays off while the camera is off", async () => {
  const { media, devices, told } = make();
  const asked = [];
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (wanted) => (asked.push(wanted.video && wanted.video.facingMode), open(wanted));
  await media.open();
  const front = media.camera;
  await media.flipCamera();
  assert.deepEqual([front.readyState, media.state.camera], ["ended", true]);
  await media.toggleCamera();
  await media.flipCamera();
  assert.deepEqual([media.state.camera, media.soundOnly, told.tracks.video], [false, true, null]);
  await media.toggleCamera();
  assert.equal(media.state.camera, true);
  assert.deepEqual(asked, ["user", "environment", "user"]);
});

test("a store that refuses costs only the memory", async () => {
  for (const broken of [null, { getItem() { throw new Error(); }, setItem() { throw new Error(); } }, { getItem: () => "[", setItem() {} }]) {
    const { media } = make({ tab: broken, kept: broken });
    await media.open();
    await media.choose("audio", "mic-2");
    assert.equal(media.ids.audio, "mic-2");
  }
});

test("without a camera by choice nothing is lacking, and choosing one does not switch it on", async () => {
  const { media, devices } = make();
  devices.present.video = [];
  await media.open();
  assert.deepEqual(media.problem, { reason: "missing", lacks: "camera" });
  await media.useCamera(false);
  assert.equal(media.problem, null);
  devices.present.video = ["cam-1"];
  await media.choose("video", "cam-1");
  assert.equal(media.camera, null);
  await media.useCamera(true);
  assert.equal(media.ids.video, "cam-1");
});

test("asking again leaves alone what works", async () => {
  const { media, devices } = make();
  devices.present.video = [];
  await media.open();
  const { microphone } = media;
  devices.present.video = ["cam-1"];
  await media.retry();
  assert.equal(media.microphone, microphone);
  assert.equal(media.problem, null);
  assert.equal(media.ids.video, "cam-1");
});

test("an unplugged microphone is replaced by another, and that is said", async (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const { media, devices, told } = make();
  await media.open();
  const { microphone } = media;
  devices.present.audio = ["mic-2"];
  t.mock.timers.tick(60_000);
  await microphone.onended();
  assert.equal(media.ids.audio, "mic-2");
  assert.equal(told.tracks.audio, media.microphone);
  assert.deepEqual(told.fallbacks, [{ kind: "audio", label: "Label of mic-2" }]);
  assert.equal(media.problem, null);
});

test("with no other one it is lost; a device that ends at once is not opened for ever", async (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const { media, devices, told } = make();
  await media.open();
  devices.present.audio = [];
  t.mock.timers.tick(60_000);
  await media.microphone.onended();
  assert.deepEqual(media.problem, { reason: "lost", lacks: "microphone" });
  devices.present.audio = ["mic-1"];
  await media.retry();
  const asked = devices.opened.length;
  await media.microphone.onended();
  assert.deepEqual(media.problem, { reason: "lost", lacks: "microphone" });
  assert.equal(devices.opened.length, asked);
  assert.deepEqual(told.fallbacks, []);
});

test("another device that doesn't open leaves the one of now", async () => {
  const { media, devices } = make();
  await media.open();
  const { microphone } = media;
  devices.error = "NotAllowedError";
  assert.equal(await media.choose("audio", "mic-2"), false);
  assert.equal(media.microphone, microphone);
  assert.equal(microphone.readyState, "live");
  assert.equal(typeof microphone.onended, "function");
  assert.equal(media.problem, null);
});

test("where two can't be open at once the old one makes place", async () => {
  const { media, devices } = make();
  await media.open();
  const open = devices.getUserMedia.bind(devices);
  const old = media.camera;
  devices.getUserMedia = async (wanted) => {
    if (old.readyState === "live") throw Object.assign(new Error(), { name: "NotReadableError" });
    return open(wanted);
  };
  assert.equal(await media.choose("video", "cam-2"), true);
  assert.equal(media.ids.video, "cam-2");
});

test("of two requests the newer counts, and nothing stays open after the end", async () => {
  const { media, devices, told } = make();
  devices.held = true;
  const opening = media.open();
  media.stop();
  devices.waiting.shift()();
  await opening;
  assert.ok(devices.opened.every(({ readyState }) => readyState === "ended"));
  assert.deepEqual([media.opened, told.tracks.audio, told.tracks.video], [false, null, null]);
});

const entry = (deviceId, label, groupId = "") => ({ deviceId, label, groupId });
const list = ({ audio = [], video = [], speaker = [] } = {}) => ({ audio, video, speaker });

test("a headset is one newcomer with its two halves; roles of the system are none", () => {
  const before = list({ audio: [entry("default", "Default"), entry("a", "Built-in", "g0")], speaker: [entry("s", "Built-in", "g0")] });
  const after = list({
    audio: [...before.audio, entry("communications", "Communications"), entry("b", "Jabra", "g1")],
    speaker: [...before.speaker, entry("t", "Jabra", "g1")],
  });
  assert.deepEqual(newcomer(before, after), { label: "Jabra", ids: { audio: "b", speaker: "t" } });
  assert.equal(newcomer(after, after), null);
  assert.equal(newcomer(after, before), null);
  assert.equal(newcomer(list(), list({ audio: [entry("x", "")] })), null);
});

test("a loudspeaker is gone that was there", () => {
  assert.equal(isGone("t", [entry("t", "Jabra")], []), true);
  assert.equal(isGone("t", [], []), false);
  assert.equal(isGone("t", [entry("t", "Jabra")], [entry("t", "Jabra")]), false);
});

test("once allowed in the browser's settings, the devices are asked for again; a busy one is not", async () => {
  const statuses = {};
  const permissions = {
    async query({ name }) {
      if (name === "microphone") throw new TypeError("unknown name");
      return (statuses[name] = Object.assign(new EventTarget(), { state: "denied" }));
    },
  };
  const media = { problem: { reason: "refused", lacks: "camera" }, retries: 0, retry() { this.retries += 1; } };
  await watchPermissions(permissions, media);
  await watchPermissions(undefined, media);
  const become = (state) => {
    statuses.camera.state = state;
    statuses.camera.dispatchEvent(new Event("change"));
  };
  become("prompt");
  assert.equal(media.retries, 0);
  become("granted");
  assert.equal(media.retries, 1);
  media.problem = { reason: "busy", lacks: "camera" };
  become("granted");
  assert.equal(media.retries, 1);
});
