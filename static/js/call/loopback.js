/** Two connections in one page that exchange a word: does this browser, does this network let a call through? */

const WORD = "bonjour";

/**
 * True once the word has gone from one to the other within `patience`.
 * @param {object} parts
 * @param {typeof RTCPeerConnection} parts.PeerConnection
 * @param {RTCIceServer[]} parts.iceServers
 * @param {boolean} parts.relayed through TURN only: the near end has nothing else, the far end may take any way to it
 * @param {{setTimeout: Function, clearTimeout: Function}} parts.clock
 * @param {number} parts.patience milliseconds
 */
export async function loopback({ PeerConnection, iceServers = [], relayed = false, clock, patience = 10_000 }) {
  const ends = [];
  let timer;
  try {
    const near = new PeerConnection({ iceServers, iceTransportPolicy: relayed ? "relay" : "all" });
    ends.push(near);
    const far = new PeerConnection({ iceServers });
    ends.push(far);
    const arrived = new Promise((resolve, reject) => {
      timer = clock.setTimeout(() => resolve(false), patience);
      passCandidates(near, far);
      passCandidates(far, near);
      far.ondatachannel = ({ channel }) => (channel.onmessage = ({ data }) => resolve(data === WORD));
      const channel = near.createDataChannel("rehearsal");
      channel.onopen = () => channel.send(WORD);
      introduce(near, far).catch(reject);
    });
    return await arrived;
  } catch {
    return false;
  } finally {
    clock.clearTimeout(timer);
    for (const end of ends) end.close();
  }
}

function passCandidates(from, to) {
  from.onicecandidate = ({ candidate }) => candidate && to.addIceCandidate(candidate).catch(() => {});
}

async function introduce(near, far) {
  const offer = await near.createOffer();
  // The far end first: candidates come as soon as the near one has its own description.
  await far.setRemoteDescription(offer);
  await near.setLocalDescription(offer);
  const answer = await far.createAnswer();
  await near.setRemoteDescription(answer);
  await far.setLocalDescription(answer);
}

/** Whether a WebSocket opens at all within `patience`. */
export function knock({ url, WebSocket: Socket, clock, patience = 8000 }) {
  return new Promise((resolve) => {
    let socket;
    const timer = clock.setTimeout(() => done(false), patience);
    const done = (reached) => {
      clock.clearTimeout(timer);
      if (socket) {
        socket.onopen = socket.onclose = null;
        socket.close();
      }
      resolve(reached);
    };
    try {
      socket = new Socket(url);
    } catch {
      done(false);
      return;
    }
    socket.onopen = () => done(true);
    socket.onclose = () => done(false);
  });
}
