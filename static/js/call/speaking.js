/** Who speaks: a ring around the other person's name and around the own picture; and a word to who speaks while muted. */

import { loudness, MutedVoice, Voice } from "./voice.js";
import { t } from "../lib/language.js";

const TICK_MS = 150;
// Samples of 170 ms at 48 kHz: no sound falls between two ticks.
const WINDOW = 8192;
const MUTED = t("Votre micro est coupé.");

export function start(room) {
  const { root, session, media, find, toast } = room;
  const ear = new Ear();
  const [own, other] = [new Voice(), new Voice()];
  const muted = new MutedVoice();

  const follow = () => {
    ear.follow(media.microphone);
    // Said no longer than it is true.
    if (media.state.microphone && toast.words === MUTED) toast.hide();
  };
  root.addEventListener("rofim:media", follow);
  follow();
  setInterval(() => {
    const at = performance.now();
    const live = session.view.phase === "live";
    const on = media.state.microphone;
    const level = ear.level();
    mark(find("own"), on && own.hear(level, at));
    const heard = live && other.hear(levelOf(session.connection), at);
    for (const part of ["name", "face"]) mark(find(part), heard);
    if (on) muted.forget();
    else if (live && muted.hear(level, at)) {
      toast.show(MUTED, { label: t("Activer le micro"), press: () => media.state.microphone || media.toggleMicrophone() });
    }
  }, TICK_MS);
}

function mark(element, speaking) {
  const value = String(speaking);
  if (element.dataset.speaking !== value) element.dataset.speaking = value;
}

/** The other side's level, from 0 to 1; the browser measures it anyway. */
function levelOf(connection) {
  const receiver = connection?.getReceivers().find(({ track }) => track.kind === "audio");
  return receiver?.getSynchronizationSources()[0]?.audioLevel ?? 0;
}

/**
 * The own level, muted or not. A muted track gives silence, so it is a copy that is listened to: here only, and no
 * longer than the microphone itself is held, whose light it keeps on.
 */
class Ear {
  #track = null;
  #copy = null;
  #source = null;
  #context = null;
  #analyser = null;
  #samples = new Float32Array(WINDOW);

  follow(track) {
    if (track === this.#track) return;
    this.#track = track;
    this.#copy?.stop();
    this.#source?.disconnect();
    this.#copy = this.#source = null;
    if (!track) return;
    this.#context ??= this.#makeContext();
    this.#copy = track.clone();
    this.#copy.enabled = true;
    this.#source = this.#context.createMediaStreamSource(new MediaStream([this.#copy]));
    this.#source.connect(this.#analyser);
  }

  level() {
    if (!this.#copy || this.#context.state !== "running") return 0;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return loudness(this.#samples);
  }

  #makeContext() {
    const context = new AudioContext();
    this.#analyser = new AnalyserNode(context, { fftSize: WINDOW });
    // Until a gesture the browser processes no sound; muting is one.
    const resume = () => context.state === "suspended" && context.resume();
    for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, resume);
    return context;
  }
}
