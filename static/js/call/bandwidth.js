/** Sound first: how much picture is sent. Steps down while the connection is poor, comes back step by step. Pure. */

import { FAIR, POOR } from "./quality.js";

/**
 * From all to nothing. `needs`: bits a second without which the step makes no sense, `bitrate`: beyond which it gains
 * nothing, both of libwebrtc's own table (video/config/simulcast.cc). A shared screen keeps its detail and its fps go.
 */
export const STEPS = [
  { height: 720, fps: 30, bitrate: undefined, needs: 600_000, screen: { fps: 15, bitrate: undefined } },
  { height: 360, fps: 24, bitrate: 700_000, needs: 150_000, screen: { fps: 5, bitrate: 700_000 } },
  { height: 180, fps: 12, bitrate: 150_000, needs: 30_000, screen: { fps: 2, bitrate: 150_000 } },
  { suspended: true, needs: 0, screen: { fps: 1, bitrate: 100_000 } },
];
export const SAVING = 2;
const LAST = STEPS.length - 1;

// Milliseconds of bad measures before a step down, of good ones before a step up; a step up that fails at once makes
// the next wait twice as long.
const BAD_FOR = 6000;
const GOOD_FOR = 12_000;
const GOOD_FOR_AT_MOST = 96_000;
const FAILED_WITHIN = 20_000;
// A satellite's round trip is long with little traffic too: only one that grew comes from our own queue.
const GROWN = 2;
// Room that the next step must leave.
const MARGIN = 1.2;

export class Throttle {
  step = 0;
  #badSince = null;
  #goodSince = null;
  #patience = GOOD_FOR;
  #roseAt = -Infinity;
  #bestRtt = Infinity;

  /** Takes a measure of `QualityMeter` at this millisecond, while picture is sent; says the step from now on. */
  hear(measure, at) {
    this.#bestRtt = Math.min(this.#bestRtt, measure.rtt || Infinity);
    const { bad, good } = this.#judge(measure);
    this.#badSince = bad ? (this.#badSince ?? at) : null;
    this.#goodSince = good ? (this.#goodSince ?? at) : null;
    if (bad && this.step < LAST && at - this.#badSince >= BAD_FOR) {
      const failed = at - this.#roseAt <= FAILED_WITHIN;
      this.#patience = failed ? Math.min(2 * this.#patience, GOOD_FOR_AT_MOST) : GOOD_FOR;
      this.#move(1);
    } else if (good && this.step > 0 && at - this.#goodSince >= this.#patience) {
      this.#roseAt = at;
      this.#move(-1);
    }
    return this.step;
  }

  #move(by) {
    this.step += by;
    this.#badSince = this.#goodSince = null;
  }

  #judge({ rtt, up }) {
    const { suspended, needs } = STEPS[this.step];
    const delayed = rtt >= POOR.rtt && rtt >= GROWN * this.#bestRtt;
    // Without a picture nothing measures how much of one would pass.
    const known = up.available !== null && !suspended;
    const starved = known && up.limited === "bandwidth" && up.available < needs;
    const roomy = !known || this.step === 0 || up.available >= MARGIN * STEPS[this.step - 1].needs;
    return {
      bad: up.loss >= POOR.loss || delayed || starved,
      good: up.loss < FAIR.loss && !delayed && roomy,
    };
  }
}

/**
 * What RTCRtpSender.setParameters is told of the picture's encoding (WebRTC 1.0, 5.2.8); undefined: no limit.
 * @param {number} step of STEPS
 * @param {{size: number, screen: boolean}} picture `size`: its shorter edge in pixels (a phone's picture stands upright)
 */
export function limits(step, { size, screen }) {
  const { suspended = false, height, fps, bitrate, screen: shared } = STEPS[step];
  if (screen) return { active: true, scaleResolutionDownBy: 1, maxFramerate: shared.fps, maxBitrate: shared.bitrate };
  return {
    active: !suspended,
    scaleResolutionDownBy: suspended ? 1 : Math.max(1, size / height),
    maxFramerate: fps,
    maxBitrate: bitrate,
  };
}

/** Tells the sender, unless it knows already. Rejects before the first negotiation: then it is told later. */
export async function tell(sender, wanted) {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings ?? [];
  if (!encoding || Object.entries(wanted).every(([name, value]) => encoding[name] === value)) return;
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined) delete encoding[name];
    else encoding[name] = value;
  }
  await sender.setParameters(parameters);
}
