/** The level of a microphone on a <meter>, some 20 times a second while it is shown. */

const TICK_MS = 50;
// Speech at a hand's width moves the needle to the middle: RMS amplitude 0.05 of full scale.
const GAIN = 10;

export class LevelMeter {
  #meter;
  #context = null;
  #source = null;
  #analyser = null;
  #timer = null;

  /** @param {HTMLMeterElement} meter from 0 to 1 */
  constructor(meter) {
    this.#meter = meter;
  }

  /** Follows this track, or nothing. */
  follow(track) {
    this.#source?.disconnect();
    this.#source = null;
    this.#meter.value = 0;
    if (!track) return;
    this.#context ??= this.#makeContext();
    this.#analyser ??= new AnalyserNode(this.#context, { fftSize: 1024 });
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
    this.#timer ??= setInterval(() => this.#measure(), TICK_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#source?.disconnect();
    this.#context?.close();
    this.#timer = this.#source = this.#context = this.#analyser = null;
  }

  #makeContext() {
    const context = new AudioContext();
    // After a reload the browser wants a gesture before sound is processed; a dead needle would look like a dead microphone.
    const showState = () => (this.#meter.parentElement.hidden = context.state !== "running");
    context.onstatechange = showState;
    showState();
    const resume = () => context.state === "suspended" && context.resume();
    for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, resume, { once: true });
    return context;
  }

  #measure() {
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    this.#meter.value = Math.min(1, Math.sqrt(power) * GAIN);
  }
}
