/** Stand-ins for what a browser brings: a clock that is turned by hand, sockets, and RTCPeerConnections that negotiate. */

export class FakeClock {
  time = 0;
  #timers = new Map();
  #next = 1;

  now = () => this.time;

  setTimeout = (action, wait) => {
    const id = this.#next++;
    this.#timers.set(id, { at: this.time + wait, action });
    return id;
  };

  clearTimeout = (id) => this.#timers.delete(id);

  /** Lets milliseconds pass; what a timer sets off settles before the next one. */
  async pass(milliseconds) {
    const until = this.time + milliseconds;
    for (;;) {
      const [due] = [...this.#timers].filter(([, timer]) => timer.at <= until).sort((a, b) => a[1].at - b[1].at);
      if (!due) break;
      this.#timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].action();
      await settle();
    }
    this.time = until;
    await settle();
  }

  get pending() {
    return this.#timers.size;
  }
}

/** Until every promise that can go on has gone on. */
export async function settle(turns = 20) {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export class FakeWebSocket {
  static made = [];
  readyState = 0;
  sent = [];
  deaf = false;

  constructor(url) {
    this.url = url;
    FakeWebSocket.made.push(this);
  }

  static get last() {
    return FakeWebSocket.made.at(-1);
  }

  send(text) {
    const frame = JSON.parse(text);
    this.sent.push(frame);
    if (frame.type === "ping" && !this.deaf) this.say({ type: "pong" });
  }

  close() {
    this.readyState = 3;
  }

  // What the server does:
  accept() {
    this.readyState = 1;
    this.onopen?.();
  }

  say(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  drop(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

let connections = 0;

/** The signalling states, the transceivers and the negotiation-needed flag of an RTCPeerConnection; no network. */
export class FakeConnection {
  signalingState = "stable";
  connectionState = "new";
  localDescription = null;
  remoteDescription = null;
  closed = false;
  restarts = 0;
  candidates = [];
  channels = [];
  // What arrives while time passes, if the test turns this clock.
  static clock = new FakeClock();
  flows = { audio: true, video: true };
  bytes = { audio: 0, video: 0 };
  addresses = 1;
  // Or "slowly": the last candidate, null, is the test's to send.
  gathers = "at once";
  #id = `id${++connections}`;
  #version = 0;
  #transceivers = [];
  #needed = false;
  #before = null;
  #generation = 0;
  #restarting = false;
  #answered = null;

  constructor(configuration) {
    this.configuration = configuration;
  }

  get id() {
    return this.#id;
  }

  getTransceivers() {
    return this.#transceivers;
  }

  addTransceiver(trackOrKind, { direction }) {
    const kind = trackOrKind.kind ?? trackOrKind;
    const transceiver = this.#makeTransceiver(kind, direction);
    transceiver.sender.track = typeof trackOrKind === "string" ? null : trackOrKind;
    this.#need();
    return transceiver;
  }

  createDataChannel(label, options) {
    const channel = { label, ...options };
    this.channels.push(channel);
    return channel;
  }

  // As Chromium: other servers before the first description ask for a negotiation.
  setConfiguration(configuration) {
    this.configuration = configuration;
    if (!this.localDescription) this.#need();
  }

  restartIce() {
    this.restarts += 1;
    this.#restarting = true;
    this.#need();
  }

  async setLocalDescription() {
    if (this.closed) throw new Error("closed");
    const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
    if (!this.#transceivers.length) throw new Error("max-bundle configured but session description has no BUNDLE group");
    await null;
    if (this.signalingState === "stable") this.#before = this.localDescription;
    this.#needed = false;
    this.signalingState = type === "offer" ? "have-local-offer" : "stable";
    const fragment = this.#fragment(type);
    const sdp = `v=0\r\no=- ${this.#id} ${++this.#version} IN IP4 127.0.0.1\r\na=ice-ufrag:${fragment}\r\n`;
    this.localDescription = { type, sdp };
    for (let n = 0; n < this.addresses; n++) this.onicecandidate?.({ candidate: fakeCandidate(fragment) });
    if (this.gathers === "at once") this.onicecandidate?.({ candidate: null });
  }

  async setRemoteDescription(description) {
    if (this.closed) throw new Error("closed");
    await null;
    if (description.type === "answer" && this.signalingState !== "have-local-offer") throw new Error("InvalidStateError");
    if (description.type === "offer" && this.signalingState === "have-local-offer") this.localDescription = this.#before;
    this.remoteDescription = description;
    this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
    if (description.type === "offer" && !this.#transceivers.length) {
      for (const kind of ["audio", "video"]) this.#makeTransceiver(kind, "recvonly");
    }
    if (description.type === "answer") this.#fire();
  }

  async addIceCandidate(candidate) {
    if (!this.remoteDescription?.sdp.includes(`a=ice-ufrag:${candidate.usernameFragment}`)) throw new Error("unknown ufrag");
    this.candidates.push(candidate);
  }

  async getStats() {
    for (const kind of ["audio", "video"]) if (this.flows[kind]) this.bytes[kind] = FakeConnection.clock.now();
    return new Map(["audio", "video"].map((kind) => [kind, { type: "inbound-rtp", kind, bytesReceived: this.bytes[kind] }]));
  }

  close() {
    this.closed = true;
    this.signalingState = "closed";
  }

  // What the network does:
  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  #makeTransceiver(kind, direction) {
    const sender = {
      track: null,
      parameters: { encodings: [{}] },
      replaceTrack: async (track) => void (sender.track = track),
      setStreams: () => {},
      getParameters: () => structuredClone(sender.parameters),
      setParameters: async (parameters) => void (sender.parameters = parameters),
    };
    const transceiver = { direction, sender, receiver: { track: { kind } } };
    this.#transceivers.push(transceiver);
    return transceiver;
  }

  /** Other ICE credentials for a restart, and for the answer to one. */
  #fragment(type) {
    const remote = /ice-ufrag:(\S+)/.exec(this.remoteDescription?.sdp ?? "")?.[1];
    if (this.#restarting || (type === "answer" && this.#answered && this.#answered !== remote)) this.#generation += 1;
    this.#restarting = false;
    if (type === "answer") this.#answered = remote;
    return `${this.#id}.${this.#generation}`;
  }

  #need() {
    if (this.#needed) return;
    this.#needed = true;
    this.#fire();
  }

  #fire() {
    queueMicrotask(() => {
      if (this.#needed && this.signalingState === "stable") this.onnegotiationneeded?.();
    });
  }
}

export function fakeCandidate(usernameFragment, candidate = "candidate:1 1 udp 1 127.0.0.1 9 typ host") {
  const init = { candidate, sdpMid: "0", usernameFragment };
  return { ...init, toJSON: () => init };
}
