/**
 * One RTCPeerConnection under the W3C's perfect negotiation (WebRTC 1.0, section 10.7).
 *
 * A Peer lives as long as the pair of connections that it belongs to. When the other page makes a new connection
 * (reload, another browser, a connection beyond repair), its offer carries another session id in its `o=` line
 * (RFC 8829, 5.2.1): `receive` then says that the offer needs a new Peer, because a DTLS transport never changes its partner.
 *
 * Whoever has something to negotiate calls `start()` or `restart()`, and only while the other side listens: a frame for
 * an absent peer is dropped by the server.
 */

import { Gathering } from "./gathering.js";

const KINDS = ["audio", "video"];
// Sound first: the order in which the browser spends what the network has (W3C WebRTC Priority, 4; marks of RFC 8837).
const PRIORITY = { audio: "high", video: "low" };
// Both ends make it themselves (RFC 8832 has nothing to tell them): it comes with the first offer and needs no other.
const CHANNEL = { label: "rofim", options: { negotiated: true, id: 0 } };

// An answer names the offer that it answers, in an attribute that browsers ignore (RFC 8866, 5.13): after a reload or a
// rollback an answer still on its way would otherwise pass for the answer to the next offer.
const ANSWERS = "x-answers";

/** Which connection made a description (`id`), and its how-manieth it is (`version`). */
export function origin(sdp) {
  const [, id = null, version = null] = /^o=\S+ (\S+) (\S+)/m.exec(sdp) ?? [];
  return { id, version };
}

function offerTag(sdp) {
  const { id, version } = origin(sdp);
  return `${id}-${version}`;
}

function answers(answer, offer) {
  const tag = new RegExp(`^a=${ANSWERS}:(\\S+)`, "m").exec(answer)?.[1];
  return tag === undefined || tag === offerTag(offer);
}

function fragment(description) {
  return /^a=ice-ufrag:(\S+)/m.exec(description?.sdp ?? "")?.[1];
}

function configuration({ iceServers = [], iceTransportPolicy = "all" }) {
  return { iceServers, iceTransportPolicy, bundlePolicy: "max-bundle" };
}

export class Peer {
  #pc;
  #polite;
  #send;
  #on;
  #clock;
  #stream;
  #tracks;
  #transceivers = {};
  #channel = null;
  #remoteId = null;
  #makingOffer = false;
  #ignoringOffer = false;
  #gathering = null;
  #closed = false;

  /**
   * @param {object} parts
   * @param {typeof RTCPeerConnection} parts.PeerConnection
   * @param {{iceServers: RTCIceServer[], iceTransportPolicy: ?RTCIceTransportPolicy}} parts.ice
   * @param {boolean} parts.polite who gives way when both offer at once
   * @param {(frame: object) => void} parts.send
   * @param {{audio: ?MediaStreamTrack, video: ?MediaStreamTrack}} parts.tracks what to send from the start
   * @param {() => MediaStream} parts.makeStream one stream for both tracks, so that the other side keeps lips and voice together
   * @param {{now: Function, setTimeout: Function, clearTimeout: Function}} parts.clock
   * @param {{track: Function, state: Function, channel: (channel: RTCDataChannel) => void}} parts.on `channel` once it is open
   */
  constructor({ PeerConnection, ice, polite, send, tracks, makeStream, clock, on }) {
    this.#polite = polite;
    this.#send = send;
    this.#on = on;
    this.#clock = clock;
    this.#tracks = { ...tracks };
    this.#stream = makeStream();
    const pc = new PeerConnection(configuration(ice));
    this.#pc = pc;
    pc.onnegotiationneeded = () => this.#negotiate();
    pc.onicecandidate = ({ candidate }) => this.#gathering?.take(candidate);
    pc.onconnectionstatechange = () => !this.#closed && this.#on.state(pc.connectionState);
    pc.ontrack = ({ track }) => !this.#closed && this.#on.track(track);
  }

  get connection() {
    return this.#pc;
  }

  get state() {
    return this.#pc.connectionState;
  }

  /** Whether descriptions were ever exchanged: a fresh Peer may be dropped without anybody noticing. */
  get fresh() {
    return this.#remoteId === null;
  }

  /** Whether an offer of ours is still without its answer. */
  get offering() {
    return this.#makingOffer || this.#pc.signalingState === "have-local-offer";
  }

  /** Makes the first offer. The answering side never calls it: its transceivers come with the offer. */
  start() {
    for (const kind of KINDS) {
      this.#transceivers[kind] = this.#pc.addTransceiver(this.#tracks[kind] ?? kind, {
        direction: "sendrecv",
        streams: [this.#stream],
      });
    }
    this.#openChannel();
  }

  /** Other servers from the next ICE restart on, whoever asks for it: TURN credentials are ephemeral. */
  configure(ice) {
    try {
      this.#pc.setConfiguration(configuration(ice));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** New ICE credentials and candidates on the same connection, in a new offer even if nobody answered the last one. */
  async restart() {
    if (this.#closed) return;
    this.#gathering?.stop();
    this.#pc.restartIce();
    // The browser asks for an offer in the stable state only. No rollback: it stops Chromium's picture, both ways, until
    // the next answer; and that never comes if the old path is the one that heals.
    if (this.#pc.signalingState === "have-local-offer") await this.#negotiate();
  }

  /** Sends another track of this kind, or none, without negotiating. */
  async setTrack(kind, track) {
    this.#tracks[kind] = track;
    try {
      await this.#transceivers[kind]?.sender.replaceTrack(track);
    } catch (error) {
      this.#failed(error);
    }
  }

  /**
   * A description or candidate of the other side; the caller waits for one before handing the next.
   * @returns {Promise<boolean>} false if it needs a new Peer, because the other side has one
   */
  async receive(frame) {
    if (this.#closed) return true;
    try {
      if (frame.type === "description") return await this.#describe(frame.description);
      await this.#addCandidate(frame.candidate);
    } catch (error) {
      this.#failed(error);
    }
    return true;
  }

  close() {
    this.#closed = true;
    this.#gathering?.stop();
    const pc = this.#pc;
    pc.onnegotiationneeded = pc.onicecandidate = pc.onconnectionstatechange = pc.ontrack = null;
    pc.close();
  }

  async #negotiate() {
    // Chromium asks for it after `setConfiguration` with other servers, whether or not there is anything to negotiate; an
    // offer of nothing fails and leaves a connection that refuses every description from then on.
    if (this.#closed || !this.#pc.getTransceivers().length) return;
    try {
      this.#makingOffer = true;
      await this.#describeSelf();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#makingOffer = false;
    }
  }

  async #describe(description) {
    const pc = this.#pc;
    const isOffer = description.type === "offer";
    const { id: remoteId } = origin(description.sdp);
    if (!isOffer && !(pc.signalingState === "have-local-offer" && answers(description.sdp, pc.localDescription.sdp))) {
      return true;
    }
    if (!this.fresh && remoteId !== this.#remoteId) return false;
    const collision = isOffer && (this.#makingOffer || pc.signalingState !== "stable");
    this.#ignoringOffer = collision && !this.#polite;
    if (this.#ignoringOffer) return true;
    // Our own transceivers would not match the offered ones (RFC 8829, 5.10): a rollback would leave them doubled.
    if (collision && this.fresh) return false;
    // Whatever we were about to say, it isn't the answer to this.
    if (isOffer) this.#gathering?.stop();
    await pc.setRemoteDescription(description);
    this.#remoteId = remoteId;
    if (isOffer) {
      await this.#adoptTransceivers();
      this.#openChannel();
      await this.#describeSelf();
    }
    if (!this.#closed) this.#prioritize();
    return true;
  }

  async #describeSelf() {
    const former = this.#gathering;
    former?.stop();
    const gathering = new Gathering(this.#clock, {
      describe: () => this.#sendDescription(),
      candidate: (candidate) => this.#send({ type: "candidate", candidate }),
      again: () => this.#offerAgain(),
    });
    this.#gathering = gathering;
    const before = fragment(this.#pc.localDescription);
    await this.#pc.setLocalDescription();
    if (this.#closed) return;
    gathering.begin(fragment(this.#pc.localDescription) === before ? former : null);
  }

  #offerAgain() {
    if (this.state === "connected") return true;
    if (this.#pc.signalingState !== "stable") return false;
    this.#negotiate();
    return true;
  }

  async #adoptTransceivers() {
    for (const transceiver of this.#pc.getTransceivers()) {
      const kind = transceiver.receiver.track.kind;
      if (this.#transceivers[kind]) continue;
      this.#transceivers[kind] = transceiver;
      transceiver.direction = "sendrecv";
      transceiver.sender.setStreams?.(this.#stream);
      if (this.#tracks[kind]) await transceiver.sender.replaceTrack(this.#tracks[kind]);
    }
  }

  /** Only once both have described themselves: what is set before, Chromium forgets in negotiating. */
  #prioritize() {
    for (const [kind, { sender }] of Object.entries(this.#transceivers)) {
      const parameters = sender.getParameters();
      for (const encoding of parameters.encodings ?? []) encoding.priority = encoding.networkPriority = PRIORITY[kind];
      // Without it the call goes on all the same.
      sender.setParameters(parameters).catch(() => {});
    }
  }

  #openChannel() {
    if (this.#channel) return;
    const channel = this.#pc.createDataChannel(CHANNEL.label, CHANNEL.options);
    this.#channel = channel;
    channel.binaryType = "arraybuffer";
    channel.onopen = () => !this.#closed && this.#on.channel(channel);
  }

  async #addCandidate(candidate) {
    if (!candidate || this.fresh) return;
    try {
      await this.#pc.addIceCandidate(candidate);
    } catch (error) {
      // A candidate of an offer that we ignored, or of a connection that is gone, has no home here.
      if (!this.#ignoringOffer && this.#belongs(candidate)) throw error;
    }
  }

  #belongs(candidate) {
    const { usernameFragment } = candidate;
    return !usernameFragment || usernameFragment === fragment(this.#pc.remoteDescription);
  }

  #sendDescription() {
    if (this.#closed) return;
    const { type, sdp } = this.#pc.localDescription;
    const tag = type === "answer" ? `a=${ANSWERS}:${offerTag(this.#pc.remoteDescription.sdp)}\r\n` : "";
    this.#send({ type: "description", description: { type, sdp: sdp + tag } });
  }

  #failed(error) {
    // A closed connection rejects whatever was under way; anything else is for the console, the session's timers repair it.
    if (!this.#closed) console.warn("peer:", error);
  }
}
