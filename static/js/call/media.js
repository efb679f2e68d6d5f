/**
 * The own camera and microphone: opening them with what there is, switching, muting, sharing the screen.
 *
 * A camera that is switched off is stopped, so that its light goes out; a microphone is only muted, so that it is back
 * at once. Whoever switched one off finds it off after a reload.
 */

const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const REMEMBERED = "rofim-media";

/** Why a browser can't hold a call at all: "insecure", "unsupported", or null. */
export function obstacle(scope = globalThis) {
  if (scope.isSecureContext === false) return "insecure";
  const { RTCPeerConnection: Connection, WebSocket: Socket, navigator: nav } = scope;
  const complete = Connection && Socket && nav?.mediaDevices?.getUserMedia && "addTransceiver" in Connection.prototype;
  return complete ? null : "unsupported";
}

/** "refused" | "missing" | "busy" | "unknown", from the name of a getUserMedia error (W3C Media Capture, 10.2). */
export function reason(error) {
  switch (error?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return "refused";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "unknown";
  }
}

/**
 * Camera and microphone, else the microphone only, else the camera only, else nothing.
 * @returns {Promise<{audio: ?MediaStreamTrack, video: ?MediaStreamTrack, problem: ?{reason: string, lacks: "camera"|"microphone"|"both"}}>}
 */
export async function openMedia(devices, { audio = AUDIO, video = VIDEO } = {}) {
  let first = null;
  const attempts = [{ audio, video }, ...(audio && video ? [{ audio }, { video }] : [])];
  for (const constraints of attempts) {
    try {
      const stream = await devices.getUserMedia(constraints);
      const tracks = { audio: stream.getAudioTracks()[0] ?? null, video: stream.getVideoTracks()[0] ?? null };
      const lacks = constraints.audio ? "camera" : "microphone";
      return { ...tracks, problem: first && { reason: reason(first), lacks } };
    } catch (error) {
      first ??= error;
    }
  }
  const lacks = audio && video ? "both" : audio ? "microphone" : "camera";
  return { audio: null, video: null, problem: { reason: reason(first), lacks } };
}

export class LocalMedia {
  #devices;
  #storage;
  #on;
  #camera = null;
  #screen = null;
  #microphone = null;
  #chosen;
  #facing = "user";

  /**
   * @param {object} parts
   * @param {MediaDevices} parts.devices
   * @param {Storage} parts.storage what was switched off, and the chosen devices, for as long as the tab lives
   * @param {{track: (kind: string, track: ?MediaStreamTrack) => void, change: Function}} parts.on
   */
  constructor({ devices, storage, on }) {
    this.#devices = devices;
    this.#storage = storage;
    this.#on = on;
    this.#chosen = { microphoneOff: false, cameraOff: false, audioId: "", videoId: "", ...this.#remembered() };
    this.problem = null;
    this.opened = false;
  }

  /** What the other side is told. */
  get state() {
    return {
      microphone: this.#microphone !== null && !this.#chosen.microphoneOff,
      camera: this.#camera !== null,
      screen: this.#screen !== null,
    };
  }

  /** What is sent as picture now: the screen, the camera, or nothing. */
  get picture() {
    return this.#screen ?? this.#camera;
  }

  get microphone() {
    return this.#microphone;
  }

  get ids() {
    return { audio: this.#microphone?.getSettings().deviceId, video: this.#camera?.getSettings().deviceId };
  }

  /** Asks for the devices; says in `problem` what could not be had. */
  async open() {
    const video = this.#chosen.cameraOff ? false : this.#videoConstraints();
    const opened = await openMedia(this.#devices, { audio: this.#audioConstraints(), video });
    this.problem = opened.problem;
    this.opened = true;
    this.#setMicrophone(opened.audio);
    this.#setCamera(opened.video);
    this.#on.change();
  }

  /** Mutes or unmutes; asks for the microphone again if there was none. */
  async toggleMicrophone() {
    const on = !this.state.microphone;
    this.#remember({ microphoneOff: !on });
    if (on && !this.#microphone) await this.#reopen("audio");
    if (this.#microphone) this.#microphone.enabled = on;
    this.#on.change();
  }

  async toggleCamera() {
    const on = !this.state.camera;
    this.#remember({ cameraOff: !on });
    if (on) await this.#reopen("video");
    else this.#setCamera(null);
    this.#on.change();
  }

  /** Another microphone or camera, by its id. */
  async choose(kind, id) {
    this.#remember({ [kind === "audio" ? "audioId" : "videoId"]: id });
    await this.#reopen(kind);
    this.#on.change();
  }

  /** The other camera of a phone. */
  async flipCamera() {
    this.#facing = this.#facing === "user" ? "environment" : "user";
    this.#remember({ videoId: "" });
    // Phones open one camera at a time.
    this.#camera?.stop();
    await this.#reopen("video");
    this.#on.change();
  }

  /** Starts or stops sharing the screen; refusing the browser's question changes nothing. */
  async toggleScreen() {
    if (this.#screen) {
      this.#endScreen();
      return;
    }
    let stream;
    try {
      stream = await this.#devices.getDisplayMedia({ video: { frameRate: { ideal: 15 } }, audio: false });
    } catch {
      return;
    }
    const [track] = stream.getVideoTracks();
    track.contentHint = "detail";
    track.onended = () => this.#endScreen();
    this.#screen = track;
    this.#on.track("video", track);
    this.#on.change();
  }

  /** The microphones and cameras there are; named only once one of them was allowed. */
  async list() {
    const devices = await this.#devices.enumerateDevices();
    const of = (kind) => devices.filter((device) => device.kind === kind && device.deviceId);
    return { audio: of("audioinput"), video: of("videoinput") };
  }

  /** Lets go of everything: no light stays on. */
  stop() {
    for (const track of [this.#microphone, this.#camera, this.#screen]) track?.stop();
    this.#microphone = this.#camera = this.#screen = null;
    this.opened = false;
    this.#on.track("audio", null);
    this.#on.track("video", null);
    this.#on.change();
  }

  async #reopen(kind) {
    const audio = kind === "audio" && this.#audioConstraints();
    const video = kind === "video" && this.#videoConstraints();
    const opened = await openMedia(this.#devices, { audio, video });
    this.problem = opened.problem;
    if (kind === "audio" && opened.audio) this.#setMicrophone(opened.audio);
    if (kind === "video") this.#setCamera(opened.video);
  }

  #setMicrophone(track) {
    if (this.#microphone !== track) this.#microphone?.stop();
    this.#microphone = track;
    if (track) {
      track.enabled = !this.#chosen.microphoneOff;
      track.onended = () => this.#lost("audio", track);
    }
    this.#on.track("audio", track);
  }

  #setCamera(track) {
    if (this.#camera !== track) this.#camera?.stop();
    this.#camera = track;
    if (track) track.onended = () => this.#lost("video", track);
    if (!this.#screen) this.#on.track("video", track);
  }

  #endScreen() {
    this.#screen?.stop();
    this.#screen = null;
    this.#on.track("video", this.#camera);
    this.#on.change();
  }

  /** Unplugged, or taken back in the browser's own bar. */
  #lost(kind, track) {
    if (track !== (kind === "audio" ? this.#microphone : this.#camera)) return;
    this.problem = { reason: "lost", lacks: kind === "audio" ? "microphone" : "camera" };
    if (kind === "audio") this.#setMicrophone(null);
    else this.#setCamera(null);
    this.#on.change();
  }

  #audioConstraints() {
    const { audioId } = this.#chosen;
    return { ...AUDIO, ...(audioId && { deviceId: { ideal: audioId } }) };
  }

  #videoConstraints() {
    const { videoId } = this.#chosen;
    return { ...VIDEO, ...(videoId ? { deviceId: { ideal: videoId } } : { facingMode: this.#facing }) };
  }

  #remembered() {
    try {
      return JSON.parse(this.#storage.getItem(REMEMBERED)) ?? {};
    } catch {
      return {};
    }
  }

  #remember(changes) {
    Object.assign(this.#chosen, changes);
    try {
      this.#storage.setItem(REMEMBERED, JSON.stringify(this.#chosen));
    } catch {
      // Private browsing may refuse; then it is remembered as long as the page lives.
    }
  }
}
