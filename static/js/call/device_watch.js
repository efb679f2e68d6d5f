/** Devices that come and go while a page uses them: what is lost is said, what is new is offered, what was lacking is taken. */

import { t } from "../lib/language.js";

const KINDS = ["audio", "video", "speaker"];
// Chromium's names for whatever the system uses now.
const ROLES = new Set(["default", "communications"]);
const OTHERS = { audio: t("un autre micro"), video: t("un autre caméra") };
const FALLBACK_MS = 8000;

/**
 * What was plugged in between two lists of LocalMedia.list(): one device with all that it brings, or null. Pure.
 * @returns {?{label: string, ids: {audio?: string, video?: string, speaker?: string}}}
 */
export function newcomer(before, after) {
  const fresh = KINDS.flatMap((kind) => {
    const known = new Set(before[kind].map(({ deviceId }) => deviceId));
    return after[kind].filter(({ deviceId, label }) => label && !ROLES.has(deviceId) && !known.has(deviceId)).map((device) => ({ kind, device }));
  });
  if (!fresh.length) return null;
  const [{ device: first }] = fresh;
  const parts = fresh.filter(({ device }) => device === first || (first.groupId && device.groupId === first.groupId));
  const ids = {};
  for (const { kind, device } of parts) ids[kind] ??= device.deviceId;
  return { label: first.label, ids };
}

/** Whether a chosen loudspeaker was there and is no more. Pure. */
export function isGone(id, before, after) {
  const has = (list) => list.some(({ deviceId }) => deviceId === id);
  return has(before) && !has(after);
}

export class DeviceWatch {
  #media;
  #part;
  #changed;
  #known = null;
  #offered = null;
  #timer = null;

  /**
   * @param {HTMLElement} box with `_device_note.html`
   * @param {import("./media.js").LocalMedia} media
   * @param {Function} changed after each change of what there is
   */
  constructor(box, media, changed) {
    this.#media = media;
    this.#changed = changed;
    this.#part = (name) => box.querySelector(`[data-note=${name}]`);
    this.#part("use").addEventListener("click", () => this.#use());
    this.#part("close").addEventListener("click", () => this.#hide());
  }

  /** From now on. */
  start() {
    navigator.mediaDevices.addEventListener("devicechange", this);
    document.addEventListener("visibilitychange", this);
    this.check();
  }

  stop() {
    navigator.mediaDevices.removeEventListener("devicechange", this);
    document.removeEventListener("visibilitychange", this);
    this.#hide();
  }

  handleEvent({ type }) {
    if (type === "devicechange") this.check();
    // A telephone takes the camera away for another application, and gives it back when one returns.
    else if (document.visibilityState === "visible" && ["lost", "busy"].includes(this.#media.problem?.reason)) this.#media.retry();
  }

  /** Compares what there is with what there was; before the first permission devices have no names, and nothing is said. */
  async check() {
    const now = await this.#media.list();
    const before = this.#known;
    this.#known = now;
    this.#changed();
    if (!before || !this.#media.opened) return;
    const speaker = this.#media.ids.speaker;
    if (speaker && isGone(speaker, before.speaker, now.speaker)) {
      this.#media.chooseSpeaker("");
      this.#say(t("Votre haut-parleur n’est plus là\u00a0: le son passe par celui de l’appareil."));
    }
    const found = before.audio.some(({ label }) => label) || before.video.some(({ label }) => label) ? newcomer(before, now) : null;
    if (this.#lacks(now, before)) this.#media.retry();
    else if (found && !this.#uses(found)) this.#offer(found);
    else if (this.#offered && !this.#has(now, this.#offered)) this.#hide();
  }

  /** A device went away and another one took its place. */
  sayFallback({ kind, label }) {
    const gone = kind === "audio" ? t("Votre micro n’est plus là") : t("Votre caméra n’est plus là");
    this.#say(t("{gone}\u00a0: l’appel continue avec {other}.", { gone, other: label || OTHERS[kind] }));
  }

  #lacks(now, before) {
    const { problem } = this.#media;
    if (!problem || !["missing", "lost", "busy"].includes(problem.reason)) return false;
    const kinds = { camera: ["video"], microphone: ["audio"], both: ["audio", "video"] }[problem.lacks];
    return kinds.some((kind) => now[kind].length > before[kind].length);
  }

  #uses({ ids }) {
    return KINDS.some((kind) => ids[kind] && ids[kind] === this.#media.ids[kind]);
  }

  #has(now, { ids }) {
    return KINDS.some((kind) => ids[kind] && now[kind].some(({ deviceId }) => deviceId === ids[kind]));
  }

  #offer(found) {
    this.#offered = found;
    this.#show(t("Nouvel appareil\u00a0: {label}.", { label: found.label }), { offer: true });
  }

  async #use() {
    const { ids } = this.#offered;
    this.#hide();
    if (ids.speaker) this.#media.chooseSpeaker(ids.speaker);
    for (const kind of ["audio", "video"]) {
      if (ids[kind]) await this.#media.choose(kind, ids[kind]);
    }
    this.#changed();
  }

  #say(words) {
    this.#show(words, { offer: false });
    this.#timer = setTimeout(() => this.#hide(), FALLBACK_MS);
  }

  #show(words, { offer }) {
    clearTimeout(this.#timer);
    this.#part("words").textContent = words;
    this.#part("use").hidden = !offer;
    this.#part("box").hidden = false;
  }

  #hide() {
    clearTimeout(this.#timer);
    this.#offered = null;
    this.#part("box").hidden = true;
  }
}
