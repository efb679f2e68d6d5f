/** The loudspeaker: a short sound, the question whether it was heard, and what to do if not. */

// A major chord, broken: C5, E5, G5. A loudspeaker that only crackles is heard as such.
const NOTES_HZ = [523.25, 659.25, 783.99];
const STEP_S = 0.22;
const RING_S = 0.9;

/** Whether the browser lets a page choose the loudspeaker. */
export const choosable = typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;

/** Sends an element's sound to this loudspeaker; to the system's own where that one is gone. */
export async function sendTo(element, id) {
  if (!choosable || element.sinkId === id) return;
  await element.setSinkId(id).catch(() => element.setSinkId("").catch(() => {}));
}

/** Plays the sound on this loudspeaker ("" for the system's own). */
export async function chime(id = "") {
  const context = new AudioContext();
  // A context that was refused sound stays suspended; this is called from a click.
  await context.resume();
  const out = new GainNode(context, { gain: 0.25 });
  let player = null;
  if (id && choosable) {
    const stream = context.createMediaStreamDestination();
    out.connect(stream);
    player = Object.assign(new Audio(), { srcObject: stream.stream });
    await sendTo(player, id);
    await player.play();
  } else {
    out.connect(context.destination);
  }
  const start = context.currentTime + 0.05;
  const notes = NOTES_HZ.map((frequency, index) => {
    const from = start + index * STEP_S;
    const volume = new GainNode(context, { gain: 0 });
    const note = new OscillatorNode(context, { type: "sine", frequency });
    note.connect(volume).connect(out);
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(1, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, from + RING_S);
    note.start(from);
    note.stop(from + RING_S);
    return note;
  });
  notes.at(-1).onended = () => {
    if (player) player.srcObject = null;
    context.close();
  };
}

/** The part of a page (`_loudspeaker.html`) that plays and asks. */
export class LoudspeakerTest {
  #part;

  /** @param {HTMLElement} box @param {{id: () => string, answered?: (heard: boolean) => void}} options `id` of the loudspeaker */
  constructor(box, { id, answered = () => {} }) {
    this.#part = (name) => box.querySelector(`[data-loudspeaker="${name}"]`);
    this.#part("play").addEventListener("click", () => {
      chime(id());
      this.#show({ question: true });
    });
    this.#part("heard").addEventListener("click", () => {
      this.#show({ thanks: true });
      this.#part("play").focus();
      answered(true);
    });
    this.#part("unheard").addEventListener("click", () => {
      this.#show({ question: true, advice: true });
      answered(false);
    });
  }

  /** As before the first sound. */
  reset() {
    this.#show({});
  }

  #show({ question = false, advice = false, thanks = false }) {
    this.#part("question").hidden = !question;
    for (const [name, shown] of Object.entries({ advice, thanks })) {
      if (this.#part(name)) this.#part(name).hidden = !shown;
    }
  }
}
