/** A Session with real sockets and peers over fake networks, and what the server and the other side say to it. */

import { Peer } from "../../static/js/call/peer.js";
import { Session } from "../../static/js/call/session.js";
import { RoomSocket } from "../../static/js/call/socket.js";
import { FakeClock, FakeConnection, FakeWebSocket, settle } from "./fakes.mjs";

const MAX_DURATION = 12_600_000;

/** `state` is what the state page answers, or an Error. */
export class Stay {
  clock = (FakeConnection.clock = new FakeClock());
  views = [];
  peers = [];
  state = { allowed: true, ended: null, endsAt: null };

  constructor() {
    FakeWebSocket.made = [];
    const { clock, views, peers } = this;
    clock.time = Date.parse("2026-11-22T20:00:00Z");
    this.session = new Session({
      clock,
      maxDuration: MAX_DURATION,
      fetchState: async () => {
        if (this.state instanceof Error) throw this.state;
        return this.state;
      },
      makeSocket: (on) => new RoomSocket({ url: "", WebSocket: FakeWebSocket, clock, random: () => 0.5, on }),
      makePeer: (parts) => new Peer({ ...parts, PeerConnection: FakeConnection, makeStream: () => ({}) }),
      on: { change: (view) => views.push(view), track: () => {}, peer: (connection) => peers.push(connection), channel: () => {} },
    });
  }

  /** In a call that began with our offer. */
  async live(fields) {
    this.session.join();
    welcome({ peer: true, ...fields });
    await settle();
    ws().say(description("answer", "far"));
    await settle();
    this.peers.at(-1).become("connected");
  }
}

export const ws = () => FakeWebSocket.last;
export const sent = (type) => ws().sent.filter((frame) => frame.type === type);
export const offers = () => sent("description").filter(({ description }) => description.type === "offer").length;

export function welcome(fields = {}) {
  if (ws().readyState === 0) ws().accept();
  ws().say({
    type: "welcome", version: 1, role: "practitioner", polite: false, epoch: 1, iceServers: [{ urls: "stun:s" }],
    peer: false, now: "2026-11-22T20:00:10Z", opensAt: "2026-11-22T19:30:00Z", endsAt: null, ...fields,
  });
}

export const description = (type, id, version = 1, ufrag = id) => ({
  type: "description",
  description: { type, sdp: `v=0\r\no=- ${id} ${version} IN IP4 127.0.0.1\r\na=ice-ufrag:${ufrag}\r\n` },
});
