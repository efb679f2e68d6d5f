/** Measures the connection, says how good it is and what to do about it, and sends as much picture as passes. */

import { Throttle, limits, SAVING, STEPS, tell } from "./bandwidth.js";
import { diagnose, QualityMeter } from "./quality.js";
import { figuresWords, qualityWords } from "./quality_words.js";
import { t } from "../lib/language.js";

const MEASURE_MS = 2000;
// How long a word about a poor connection is not said again.
const SAID_MS = 60_000;
const REMEMBERED = "rofim-saving";
const MESSAGE = "bandwidth";

export function start(room) {
  new Connection(room).start();
}

class Connection {
  #room;
  #meter = new QualityMeter({ now: () => performance.now() });
  #throttle = new Throttle();
  #connection = null;
  #saving = sessionStorage.getItem(REMEMBERED) === "on";
  // What the other side's page asked for, and said of its picture.
  #theirs = { low: false, suspended: false };
  // What we said last.
  #ours = null;
  #found = null;
  #saidAt = -Infinity;
  #stale = false;
  #telling = false;

  constructor(room) {
    this.#room = room;
  }

  start() {
    const { root, find } = this.#room;
    find("saving").addEventListener("click", () => this.#toggleSaving());
    root.addEventListener("rofim:media", () => {
      // The room has just told the other side of the camera as it is.
      if (this.#ours?.suspended) this.#ours = null;
      this.#apply();
    });
    root.addEventListener("rofim:view", () => this.#show());
    root.addEventListener("rofim:channel", ({ detail }) => this.#listen(detail));
    if (this.#room.channel) this.#listen(this.#room.channel);
    setInterval(() => this.#measure(), MEASURE_MS);
    // The first measure is only what the next is compared with.
    this.#measure();
    this.#apply();
  }

  /** The step of now: what the connection bears, and less if somebody pays by the megabyte. */
  get #step() {
    return Math.max(this.#throttle.step, this.#saving || this.#theirs.low ? SAVING : 0);
  }

  get #suspended() {
    const { camera, screen } = this.#room.media.state;
    return camera && !screen && !!STEPS[this.#step].suspended;
  }

  async #measure() {
    const { session, media } = this.#room;
    const { connection } = session;
    if (connection?.connectionState !== "connected") return;
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#throttle = new Throttle();
    }
    const { microphone, camera, screen } = session.view.remote;
    const silent = !microphone && !camera && !screen;
    const measured = await this.#meter.measure(connection, silent).catch(() => null);
    if (!measured || session.view.phase !== "live" || connection !== session.connection) return;
    const { rtt, loss, jitter, kind } = measured;
    session.sendQuality({ rtt, loss, jitter, kind });
    if (media.picture) this.#throttle.hear(measured, performance.now());
    this.#apply();
    this.#judge(measured);
  }

  // --- What is sent ------------------------------------------------------------------------------

  #apply() {
    this.#stale = true;
    if (!this.#telling) this.#tellAll();
    this.#show();
    this.#share();
  }

  /** One setParameters at a time; of several wishes meanwhile only the last counts. */
  async #tellAll() {
    this.#telling = true;
    while (this.#stale) {
      this.#stale = false;
      await this.#tell().catch(() => {});
    }
    this.#telling = false;
  }

  async #tell() {
    const { session, media } = this.#room;
    for (const { sender, receiver } of session.connection?.getTransceivers() ?? []) {
      if (receiver.track.kind !== "video" || !sender.track) continue;
      const { width = 1280, height = 720 } = sender.track.getSettings();
      await tell(sender, limits(this.#step, { size: Math.min(width, height), screen: media.state.screen }));
    }
  }

  /** A suspended picture is a camera that is off to the other side, which shows a face instead of a picture that stands still. */
  #share() {
    const { session, media } = this.#room;
    const suspended = this.#suspended;
    const ours = { low: this.#saving, suspended };
    if (ours.low === this.#ours?.low && suspended === this.#ours.suspended) return;
    if (suspended || this.#ours?.suspended) session.setLocal({ ...media.state, camera: media.state.camera && !suspended });
    this.#ours = ours;
    this.#send({ ask: false });
  }

  #send({ ask }) {
    const { channel } = this.#room;
    if (channel?.readyState === "open") channel.send(JSON.stringify({ type: MESSAGE, ...this.#ours, ask }));
  }

  #listen(channel) {
    this.#theirs = { low: false, suspended: false };
    channel.addEventListener("message", ({ data }) => this.#hear(data));
    // What the other page said before this one listened is lost.
    this.#send({ ask: true });
    this.#apply();
  }

  #hear(data) {
    const message = parse(data);
    if (message?.type !== MESSAGE) return;
    this.#theirs = { low: message.low === true, suspended: message.suspended === true };
    if (message.ask === true) this.#send({ ask: false });
    this.#apply();
  }

  #toggleSaving() {
    this.#saving = !this.#saving;
    sessionStorage.setItem(REMEMBERED, this.#saving ? "on" : "off");
    this.#apply();
  }

  // --- What is said ------------------------------------------------------------------------------

  #show() {
    const { find, session } = this.#room;
    const { phase, remote } = session.view;
    find("saving").setAttribute("aria-checked", String(this.#saving));
    find("self-suspended").hidden = !this.#suspended;
    const dark = phase === "live" && !remote.camera && !remote.screen;
    find("remote-suspended").hidden = !(dark && this.#theirs.suspended);
    find("remote-dark").hidden = !(dark && !this.#theirs.suspended);
    if (phase === "live") return;
    find("quality").hidden = true;
    find("quality-detail").hidePopover?.();
    this.#found = null;
  }

  #judge(measured) {
    const { find, root, media, toast } = this.#room;
    const found = diagnose(measured);
    const before = this.#found;
    this.#found = found;
    find("quality-figures").textContent = figuresWords(measured);
    // One bad second is no bad connection: words change when two measures in a row agree.
    if (before !== null && (before.grade !== found.grade || before.cause !== found.cause)) return;
    const phone = matchMedia("(pointer: coarse)").matches;
    const words = qualityWords(found, { name: root.dataset.name, camera: media.state.camera, phone });
    say(find("quality-words"), words.pill);
    say(find("quality-advice"), words.detail);
    find("quality").hidden = false;
    find("quality").dataset.grade = found.grade;
    const now = performance.now();
    if (before === null || found.grade !== "poor" || now - this.#saidAt < SAID_MS) return;
    this.#saidAt = now;
    const action = found.cause === "own" && !this.#saving && { label: t("Économiser la connexion"), press: () => this.#toggleSaving() };
    toast.show(words.detail, action || undefined);
  }
}

function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function parse(data) {
  try {
    return typeof data === "string" ? JSON.parse(data) : null;
  } catch {
    return null;
  }
}
