/** Whether a level is a voice, and how long a warning about it keeps quiet. Pure. */

// Speech at a hand's width has an RMS amplitude of some 0.05 of full scale, a quiet room with noise suppression less
// than 0.005.
const VOICE = 0.02;
// Words have gaps.
const HOLD_MS = 500;
// A cough is shorter than a sentence: so many loud samples within so long.
const SENTENCE = { samples: 4, within: 3000 };
const WARNED_MS = 10_000;

export class Voice {
  #loudAt = -Infinity;

  /** Takes a level from 0 to 1 at this millisecond; says whether somebody speaks. */
  hear(level, at) {
    if (level >= VOICE) this.#loudAt = at;
    return at - this.#loudAt <= HOLD_MS;
  }
}

export class MutedVoice {
  #loud = [];
  #warnedAt = -Infinity;

  /** Takes a level of the muted microphone; true when it is time to say that nobody hears it. */
  hear(level, at) {
    if (level >= VOICE) this.#loud.push(at);
    this.#loud = this.#loud.filter((loudAt) => at - loudAt <= SENTENCE.within);
    if (this.#loud.length < SENTENCE.samples || at - this.#warnedAt < WARNED_MS) return false;
    this.#warnedAt = at;
    this.#loud = [];
    return true;
  }

  /** The microphone is on again: what was said into the muted one is over. */
  forget() {
    this.#loud = [];
  }
}

/** Root mean square of samples from -1 to 1. */
export function loudness(samples) {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  return Math.sqrt(power / samples.length);
}
