/** How good the connection is and whose fault it is, from samples of getStats(). Pure, but for the connection that it reads. */

// Seconds of round trip and share of lost packets from which a conversation suffers (ITU-T G.114, G.113 annex).
export const FAIR = { rtt: 0.3, loss: 0.03 };
export const POOR = { rtt: 0.6, loss: 0.1 };
// Bits a second below which WebRTC itself gives up 960 × 540, and 640 × 360 (libwebrtc, video/config/simulcast.cc).
export const FAIR_BITRATE = 350_000;
export const POOR_BITRATE = 150_000;
// Milliseconds in which the estimate of the bandwidth climbs from its cautious start (libwebrtc: 300 kbit/s).
const ESTIMATING_MS = 10_000;

const GRADES = ["good", "fair", "poor"];

/** "good" | "fair" | "poor" of a measure. */
export function grade({ rtt, loss }) {
  if (rtt >= POOR.rtt || loss >= POOR.loss) return "poor";
  if (rtt >= FAIR.rtt || loss >= FAIR.loss) return "fair";
  return "good";
}

/**
 * How good it is both ways, and why it isn't better: "own" (what we send gets lost or has no room), "other" (what they
 * send gets lost), "delay" (of the way itself), "computer" (too slow for its own picture), or null.
 * Uplinks are narrower than downlinks, so a loss is put down to whoever sent.
 */
export function diagnose({ rtt, loss, up }) {
  const own = worst(grade({ rtt: 0, loss: up.loss }), room(up));
  const other = grade({ rtt: 0, loss });
  const delay = grade({ rtt, loss: 0 });
  const all = worst(own, other, delay);
  if (all === "good") return up.limited === "cpu" ? { grade: "fair", cause: "computer" } : { grade: "good", cause: null };
  return { grade: all, cause: own === all ? "own" : other === all ? "other" : "delay" };
}

function room({ available, limited }) {
  if (available === null || limited !== "bandwidth") return "good";
  return available < POOR_BITRATE ? "poor" : available < FAIR_BITRATE ? "fair" : "good";
}

function worst(...grades) {
  return GRADES[Math.max(...grades.map((grade) => GRADES.indexOf(grade)))];
}

/** Sums of a report, to be compared with an earlier one. What the browser doesn't tell is null. */
export function sums(report) {
  const total = { lost: 0, received: 0, rtt: 0, jitter: 0, kind: null, sent: {}, upLoss: {}, available: null, limited: null };
  for (const entry of report.values()) {
    if (entry.type === "inbound-rtp") {
      total.lost += entry.packetsLost ?? 0;
      total.received += entry.packetsReceived ?? 0;
      total.jitter = Math.max(total.jitter, entry.jitter ?? 0);
    } else if (entry.type === "outbound-rtp") {
      total.sent[entry.kind] = entry.packetsSent ?? 0;
      if (entry.kind === "video") total.limited = entry.qualityLimitationReason ?? null;
    } else if (entry.type === "remote-inbound-rtp") {
      total.upLoss[entry.kind] = entry.fractionLost ?? 0;
    } else if (entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded") {
      total.rtt = entry.currentRoundTripTime ?? total.rtt;
      total.kind = report.get(entry.localCandidateId)?.candidateType ?? total.kind;
      total.available = entry.availableOutgoingBitrate ?? total.available;
    }
  }
  return total;
}

export class QualityMeter {
  #clock;
  #connection = null;
  #since = 0;
  #before = null;

  /** @param {{now: () => number}} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * The measure since the last call; null for the first one of a connection. `silent`: the other side says that it
   * sends nothing, so that nothing is lost.
   * @returns {Promise<?{rtt: number, loss: number, jitter: number, kind: ?string, up: {loss: number, available: ?number, limited: ?string}}>}
   *   seconds, shares of packets, kind of path, bits a second
   */
  async measure(connection, silent = false) {
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#since = this.#clock.now();
      this.#before = null;
    }
    const now = sums(await connection.getStats());
    const before = this.#before;
    this.#before = now;
    if (!before) return null;
    const lost = Math.max(0, now.lost - before.lost);
    const received = Math.max(0, now.received - before.received);
    const loss = lost + received ? lost / (lost + received) : silent ? 0 : 1;
    const estimated = this.#clock.now() - this.#since >= ESTIMATING_MS;
    const up = { loss: upLoss(before, now), available: estimated ? now.available : null, limited: now.limited };
    return { rtt: now.rtt, loss, jitter: now.jitter, kind: now.kind, up };
  }
}

/** What the other side reported lost, of all that was sent meanwhile. */
function upLoss(before, now) {
  let sent = 0;
  let lost = 0;
  for (const [kind, total] of Object.entries(now.sent)) {
    const packets = Math.max(0, total - (before.sent[kind] ?? 0));
    sent += packets;
    lost += packets * (now.upLoss[kind] ?? 0);
  }
  return sent ? lost / sent : 0;
}
