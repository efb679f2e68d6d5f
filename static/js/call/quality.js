/** How good the connection is, from two samples of getStats(). Pure, but for the connection that it reads. */

// Seconds of round trip and share of lost packets from which a conversation suffers (ITU-T G.114, G.113 annex).
const FAIR = { rtt: 0.3, loss: 0.03 };
const POOR = { rtt: 0.6, loss: 0.1 };

/** "good" | "fair" | "poor" of a measure. */
export function grade({ rtt, loss }) {
  if (rtt >= POOR.rtt || loss >= POOR.loss) return "poor";
  if (rtt >= FAIR.rtt || loss >= FAIR.loss) return "fair";
  return "good";
}

/** Sums of a report, to be compared with an earlier one. */
export function sums(report) {
  const total = { lost: 0, received: 0, rtt: 0, jitter: 0, kind: null };
  for (const entry of report.values()) {
    if (entry.type === "inbound-rtp") {
      total.lost += entry.packetsLost ?? 0;
      total.received += entry.packetsReceived ?? 0;
      total.jitter = Math.max(total.jitter, entry.jitter ?? 0);
    } else if (entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded") {
      total.rtt = entry.currentRoundTripTime ?? total.rtt;
      total.kind = report.get(entry.localCandidateId)?.candidateType ?? total.kind;
    }
  }
  return total;
}

export class QualityMeter {
  #connection = null;
  #before = null;

  /** The measure since the last call: seconds, share of packets, kind of path; null for the first one of a connection. */
  async measure(connection) {
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#before = null;
    }
    const now = sums(await connection.getStats());
    const before = this.#before;
    this.#before = now;
    if (!before) return null;
    const lost = Math.max(0, now.lost - before.lost);
    const received = Math.max(0, now.received - before.received);
    const loss = lost + received ? lost / (lost + received) : 1;
    return { rtt: now.rtt, loss, jitter: now.jitter, kind: now.kind };
  }
}
