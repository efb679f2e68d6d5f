/**
 * What arrives during a call, sound and picture each for itself: a connection may pass for sound while nothing comes.
 *
 * Looks every 2 s, and finds out in passing that the machine slept. A peer that has nothing to send (`expected`) is not
 * silent; one that says it sends and doesn't is: the remedies of its silence are tried in turn, then only told, since
 * the camera of a phone whose page is in the background stays off whatever we do.
 */

const LOOK_MS = 2000;
const SLEPT_MS = 10_000;
// After a change of network or a sleep one look a second later tells whether anything still arrives.
const DOUBT_MS = 1000;
const SILENCES = {
  all: { after: 6000, remedies: ["restart", "renew"] },
  audio: { after: 10_000, remedies: ["restart", "renew"] },
  video: { after: 10_000, remedies: ["restart"] },
};
// What helped for so long was a remedy; until then the next one is due.
const CURED_MS = 30_000;
// Without sound there is no consultation: the remedies begin again.
const AGAIN_MS = 60_000;

export class Flow {
  #clock;
  #timers;
  #call;
  #connection = null;
  #bytes = null;
  #since = {};
  #doubted = false;
  #tried = 0;
  #triedAt = -Infinity;
  #lookedAt = 0;
  /** "all", "audio" or "video" if that doesn't arrive although it is sent; else null. */
  silent = null;

  /**
   * @param {{now: Function}} clock
   * @param {import("./timers.js").Timers} timers
   * @param {object} call
   * @param {() => ?RTCPeerConnection} call.connection the one of now
   * @param {() => {audio: boolean, video: boolean}} call.expected what the other side says it sends
   * @param {(remedy: "restart"|"renew") => boolean} call.remedy tries it; false if nobody would hear
   * @param {(milliseconds: number) => void} call.slept the machine did, for so long
   * @param {() => void} call.change `silent` changed
   */
  constructor(clock, timers, call) {
    this.#clock = clock;
    this.#timers = timers;
    this.#call = call;
  }

  /** Watches until the timers are cancelled. */
  begin() {
    this.silent = this.#connection = null;
    this.#doubted = false;
    this.#tried = 0;
    this.#lookedAt = this.#clock.now();
    this.#timers.after("look", LOOK_MS, () => this.#look());
  }

  /** Something happened to the network: if nothing arrives within a second, it is repaired at once. */
  async doubt() {
    if (this.#doubted) return;
    this.#doubted = true;
    await this.#measure();
    if (!this.#timers.has("look")) return;
    this.#timers.after("look", DOUBT_MS, () => this.#look());
  }

  async #look() {
    const now = this.#clock.now();
    const late = now - this.#lookedAt - LOOK_MS;
    this.#lookedAt = now;
    this.#timers.after("look", LOOK_MS, () => this.#look());
    if (late > SLEPT_MS) {
      this.#connection = null;
      this.#doubted = false;
      this.#call.slept(late);
      return;
    }
    const measured = await this.#measure();
    if (measured) this.#judge(now);
  }

  /** Notes what has arrived since the last time; false if there is nothing to compare, or nothing to measure. */
  async #measure() {
    const connection = this.#call.connection();
    if (connection?.connectionState !== "connected") {
      this.#connection = null;
      this.#doubted = false;
      this.#hear(null);
      return false;
    }
    const bytes = await bytesReceived(connection);
    if (connection !== this.#call.connection()) return false;
    const now = this.#clock.now();
    const before = connection === this.#connection ? this.#bytes : null;
    [this.#connection, this.#bytes] = [connection, bytes];
    const expected = this.#call.expected();
    for (const kind of ["audio", "video"]) {
      if (!before || bytes[kind] > before[kind] || !expected[kind]) this.#since[kind] = now;
    }
    // What one side doesn't send says nothing about the path; what arrives does.
    if (before && (bytes.audio > before.audio || bytes.video > before.video)) this.#doubted = false;
    if (!expected.audio && !expected.video) this.#doubted = false;
    return before !== null;
  }

  #judge(now) {
    if (this.#doubted) {
      this.#doubted = false;
      this.#call.remedy("restart");
      return;
    }
    const { audio, video } = this.#since;
    const waited = { all: now - Math.max(audio, video), audio: now - audio, video: now - video };
    const silence = Object.keys(SILENCES).find((kind) => waited[kind] >= SILENCES[kind].after) ?? null;
    if (silence) this.#cure(silence, now);
    else if (now - this.#triedAt >= CURED_MS) this.#tried = 0;
    this.#hear(silence);
  }

  #cure(silence, now) {
    const { remedies, after } = SILENCES[silence];
    if (silence !== "video" && now - this.#triedAt >= AGAIN_MS) this.#tried = 0;
    if (this.#tried >= remedies.length || now - this.#triedAt < after) return;
    if (!this.#call.remedy(remedies[this.#tried])) return;
    this.#tried += 1;
    this.#triedAt = now;
  }

  #hear(silence) {
    if (silence === this.silent) return;
    this.silent = silence;
    this.#call.change();
  }
}

/** Bytes of sound and of picture that this connection received so far. */
export async function bytesReceived(connection) {
  const bytes = { audio: 0, video: 0 };
  try {
    for (const report of (await connection.getStats()).values()) {
      if (report.type === "inbound-rtp") bytes[report.kind] += report.bytesReceived ?? 0;
    }
  } catch {
    // A closed connection has no statistics.
  }
  return bytes;
}
