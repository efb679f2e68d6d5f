/** The level of a microphone on a <meter>, some 20 times a second while it is shown; and whether it hears anything at all. */

import { t } from "../lib/language.js";

const TICK_MS = 50;
// Speech at a hand's width moves the needle to the middle: RMS amplitude 0.05 of full scale.
const GAIN = 10;
// On the meter's scale 0.02 is an RMS amplitude of 0.002. A muted microphone gives 0, a quiet room some 0.005.
const HEARD = 0.02;
const HEARD_TIMES = 3;
const SILENT_AFTER_MS = 6000;

/** Tells a microphone that hears from a silent one, from levels (0 to 1) measured several times a second. */
export class SilenceDetector {
  #since = null;
  #heard = 0;

  /** @returns {"listening" | "heard" | "silent"} after this level at `now` (ms); once heard it stays so. */
  add(level, now) {
    this.#since ??= now;
    if (level >= HEARD) this.#heard += 1;
    if (this.#heard >= HEARD_TIMES) return "heard";
    return now - this.#since >= SILENT_AFTER_MS ? "silent" : "listening";
  }
}

export class LevelMeter {
  #meter;
  #context = null;
  #source = null;
  #analyser = null;
  #timer = null;
  #track = null;
  #measured;

  /** @param {HTMLMeterElement} meter from 0 to 1 @param {(level: number) => void} measured not called while the browser withholds sound */
  constructor(meter, measured = () => {}) {
    this.#meter = meter;
    this.#measured = measured;
  }

  /** Follows this track, or nothing. */
  follow(track) {
    this.#source?.disconnect();
    this.#source = null;
    this.#meter.value = 0;
    this.#track = track;
    if (track) this.#context ??= this.#makeContext();
    this.#showState();
    if (!track) return;
    this.#analyser ??= new AnalyserNode(this.#context, { fftSize: 1024 });
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
    this.#timer ??= setInterval(() => this.#measure(), TICK_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#source?.disconnect();
    this.#context?.close();
    this.#timer = this.#source = this.#context = this.#analyser = this.#track = null;
  }

  #makeContext() {
    const context = new AudioContext();
    context.onstatechange = () => this.#showState();
    const resume = () => context.state === "suspended" && context.resume();
    for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, resume, { once: true });
    return context;
  }

  /** After a reload the browser wants a gesture before sound is processed; a dead needle would look like a dead microphone. */
  #showState() {
    this.#meter.parentElement.hidden = !this.#track || this.#context.state !== "running";
  }

  #measure() {
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    this.#meter.value = Math.min(1, Math.sqrt(power) * GAIN);
    if (this.#context.state === "running") this.#measured(this.#meter.value);
  }
}

const SILENT = t("Nous ne vous entendons pas\u00a0: dites quelques mots. Si la barre ne bouge pas, vérifiez que le micro n’est pas coupé (bouton du casque, touche du clavier, réglages du son), ou choisissez-en un autre.");
const MUTED = t("Votre micro est coupé.");

/** A meter with its words (`_level.html`): says so when the microphone hears nothing for some seconds. */
export class MicrophoneLevel {
  #meter;
  #hint;
  #detector = null;
  #followed = undefined;

  /** @param {HTMLElement} box */
  constructor(box) {
    this.#hint = box.querySelector("[data-level=hint]");
    this.#meter = new LevelMeter(box.querySelector("meter"), (level) => this.#listen(level));
  }

  /** Follows this track, or nothing; one that its user has muted is not called silent. */
  follow(track, { muted = false } = {}) {
    const followed = muted ? null : track;
    if (followed !== this.#followed) {
      this.#followed = followed;
      this.#detector = new SilenceDetector();
      this.#meter.follow(followed);
    }
    if (!followed) this.#say(track ? MUTED : "");
  }

  stop() {
    this.#meter.stop();
    this.#followed = undefined;
    this.#say("");
  }

  #listen(level) {
    if (!this.#followed) return;
    this.#say(this.#detector.add(level, performance.now()) === "silent" ? SILENT : "");
  }

  #say(words) {
    if (this.#hint.textContent !== words) this.#hint.textContent = words;
  }
}
