/**
 * The own camera and microphone: opening them with what there is, switching, muting, sharing the screen.
 *
 * A camera that is switched off is stopped, so that its light goes out; a microphone is only muted, so that it is back
 * at once. Whoever switched one off finds it off after a reload; the chosen devices are remembered across visits, and one
 * that is gone gives way to the system's own choice.
 */

const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const REMEMBERED = "rofim-media";
// A device that ends as soon as it opens is not opened for ever.
const STEADY_MS = 2000;

/** Why a browser can't hold a call at all: "insecure", "unsupported", or null. */
export function obstacle(scope = globalThis) {
  if (scope.isSecureContext === false) return "insecure";
  const { RTCPeerConnection: Connection, WebSocket: Socket, navigator: nav } = scope;
  const complete = Connection && Socket && nav?.mediaDevices?.getUserMedia && "addTransceiver" in Connection.prototype;
  return complete ? null : "unsupported";
}

/**
 * "refused" | "dismissed" | "system" | "missing" | "busy" | "unknown", from the name of a getUserMedia error (W3C Media
 * Capture, 10.2); Chromium's message tells who refused.
 */
export function reason(error) {
  switch (error?.name) {
    case "NotAllowedError":
    case "SecurityError":
      if (/dismissed/i.test(error.message)) return "dismissed";
      return /by system/i.test(error.message) ? "system" : "refused";
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
  #kept;
  #on;
  #camera = null;
  #screen = null;
  #microphone = null;
  #off;
  #chosen;
  #facing = "user";
  // Of two requests for the same kind the newer counts; what the older gets is let go.
  #turns = { audio: 0, video: 0 };

  /**
   * @param {object} parts
   * @param {MediaDevices} parts.devices
   * @param {?Storage} parts.storage what was switched off, for as long as the tab lives
   * @param {?Storage} parts.kept the chosen devices, across visits
   * @param {{track: (kind: string, track: ?MediaStreamTrack) => void, change: Function, fallback?: ({kind: string, label: string}) => void}} parts.on
   *   `fallback` once a device that went away was replaced by another
   */
  constructor({ devices, storage, kept, on }) {
    this.#devices = devices;
    this.#storage = storage;
    this.#kept = kept;
    this.#on = on;
    this.#off = { microphoneOff: false, cameraOff: false, ...read(storage) };
    this.#chosen = { audioId: "", videoId: "", speakerId: "", ...read(kept) };
    this.problem = null;
    this.opened = false;
  }

  /** What the other side is told. */
  get state() {
    return {
      microphone: this.#microphone !== null && !this.#off.microphoneOff,
      camera: this.#camera !== null,
      screen: this.#screen !== null,
    };
  }

  /** What is sent as picture now: the screen, the camera, or nothing. */
  get picture() {
    return this.#screen ?? this.#camera;
  }

  get camera() {
    return this.#camera;
  }

  get microphone() {
    return this.#microphone;
  }

  /** Whether the call is with sound only because its user wants it so. */
  get soundOnly() {
    return this.#off.cameraOff;
  }

  get ids() {
    return {
      audio: this.#microphone?.getSettings().deviceId,
      video: this.#camera?.getSettings().deviceId ?? this.#chosen.videoId,
      speaker: this.#chosen.speakerId,
    };
  }

  /** Asks for the devices; says in `problem` what could not be had. */
  async open() {
    const turns = { audio: ++this.#turns.audio, video: ++this.#turns.video };
    const opened = await this.#ask({ audio: true, video: !this.#off.cameraOff });
    for (const kind of ["audio", "video"]) {
      if (turns[kind] === this.#turns[kind]) this.#set(kind, opened[kind]);
      else opened[kind]?.stop();
    }
    if (turns.audio !== this.#turns.audio && turns.video !== this.#turns.video) return;
    this.problem = opened.problem;
    this.opened = true;
    this.#on.change();
  }

  /** Asks again for what is lacking, and leaves alone what works. */
  async retry() {
    const kind = { camera: "video", microphone: "audio" }[this.problem?.lacks];
    if (!kind) return this.open();
    await this.#reopen(kind);
    this.#on.change();
  }

  /** Mutes or unmutes; asks for the microphone again if there was none. */
  async toggleMicrophone() {
    const on = !this.state.microphone;
    this.#switch({ microphoneOff: !on });
    if (on && !this.#microphone) await this.#reopen("audio");
    if (this.#microphone) this.#microphone.enabled = on;
    this.#on.change();
  }

  toggleCamera() {
    return this.useCamera(!this.state.camera);
  }

  /** With or without a picture of one's own; without one, nothing is lacking any more. */
  async useCamera(on) {
    this.#switch({ cameraOff: !on });
    if (on) {
      await this.#reopen("video");
    } else {
      this.#turns.video += 1;
      this.#set("video", null);
      if (this.problem?.lacks === "camera") this.problem = null;
      if (this.problem?.lacks === "both") this.problem = { ...this.problem, lacks: "microphone" };
    }
    this.#on.change();
  }

  /** Another microphone or camera, by its id; false if it doesn't open. */
  async choose(kind, id) {
    this.#keep({ [`${kind}Id`]: id });
    // A camera that is off stays off.
    if (kind === "video" && this.#off.cameraOff) return true;
    await this.#reopen(kind);
    this.#on.change();
    return this.ids[kind] === id;
  }

  /** The loudspeaker, by its id; whoever has something to play asks for it in `ids.speaker`. */
  chooseSpeaker(id) {
    this.#keep({ speakerId: id });
    this.#on.change();
  }

  /** The other camera of a phone. */
  async flipCamera() {
    this.#facing = this.#facing === "user" ? "environment" : "user";
    this.#keep({ videoId: "" });
    // A camera that is off stays off.
    if (this.#off.cameraOff) return;
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

  /** The microphones, cameras and loudspeakers there are; named only once one of them was allowed. */
  async list() {
    const devices = await this.#devices.enumerateDevices();
    const of = (kind) => devices.filter((device) => device.kind === kind && device.deviceId);
    return { audio: of("audioinput"), video: of("videoinput"), speaker: of("audiooutput") };
  }

  /** Lets go of everything: no light stays on. */
  stop() {
    for (const track of [this.#microphone, this.#camera, this.#screen]) track?.stop();
    this.#microphone = this.#camera = this.#screen = null;
    this.#turns.audio += 1;
    this.#turns.video += 1;
    this.opened = false;
    this.#on.track("audio", null);
    this.#on.track("video", null);
    this.#on.change();
  }

  async #reopen(kind) {
    const turn = ++this.#turns[kind];
    const old = this.#track(kind);
    // A phone may end one camera as the other opens: that is no loss.
    if (old) old.onended = null;
    const wanted = { audio: kind === "audio", video: kind === "video" };
    let opened = await this.#ask(wanted);
    if (old && ["busy", "unknown"].includes(opened.problem?.reason)) {
      old.stop();
      opened = await this.#ask(wanted);
    }
    if (turn !== this.#turns[kind]) {
      opened[kind]?.stop();
      return;
    }
    const keepsOld = !opened[kind] && old?.readyState === "live";
    this.#set(kind, keepsOld ? old : opened[kind]);
    this.problem = keepsOld ? this.problem : this.#problemAfter(kind, opened.problem);
  }

  /** What is still wrong, once this kind was asked for alone. */
  #problemAfter(kind, problem) {
    const other = kind === "audio" ? "camera" : "microphone";
    const before = [other, "both"].includes(this.problem?.lacks) ? { ...this.problem, lacks: other } : null;
    return before && problem ? { ...problem, lacks: "both" } : (problem ?? before);
  }

  #track(kind) {
    return kind === "audio" ? this.#microphone : this.#camera;
  }

  #set(kind, track) {
    const old = this.#track(kind);
    if (old !== track) old?.stop();
    if (kind === "audio") this.#microphone = track;
    else this.#camera = track;
    if (track) {
      const since = Date.now();
      track.onended = () => this.#lost(kind, track, Date.now() - since);
      if (kind === "audio") track.enabled = !this.#off.microphoneOff;
    }
    if (kind === "audio" || !this.#screen) this.#on.track(kind, track);
  }

  #endScreen() {
    this.#screen?.stop();
    this.#screen = null;
    this.#on.track("video", this.#camera);
    this.#on.change();
  }

  /** Unplugged, or taken back in the browser's own bar: another one takes its place, if there is one. */
  async #lost(kind, track, age) {
    if (track !== this.#track(kind)) return;
    const lost = { reason: "lost", lacks: kind === "audio" ? "microphone" : "camera" };
    this.#set(kind, null);
    this.#on.change();
    if (age > STEADY_MS) await this.#reopen(kind);
    else this.problem = this.#problemAfter(kind, lost);
    const found = this.#track(kind);
    if (found) this.#on.fallback?.({ kind, label: found.label });
    else if (this.problem?.reason === "missing") this.problem.reason = "lost";
    this.#on.change();
  }

  /**
   * The chosen ones, exactly: an ideal id weighs no more than the size of the picture (Media Capture, fitness distance).
   * In place of one that is gone, any other.
   * @param {{audio: boolean, video: boolean}} wanted
   */
  async #ask(wanted) {
    const opened = await openMedia(this.#devices, this.#constraints(wanted, this.#chosen));
    const lacking = { audio: wanted.audio && !opened.audio, video: wanted.video && !opened.video };
    const { audioId, videoId } = this.#chosen;
    if (opened.problem?.reason !== "missing" || !((lacking.audio && audioId) || (lacking.video && videoId))) return opened;
    const others = await openMedia(this.#devices, this.#constraints(lacking, {}));
    return { audio: opened.audio ?? others.audio, video: opened.video ?? others.video, problem: others.problem };
  }

  #constraints(wanted, { audioId, videoId }) {
    return {
      audio: wanted.audio && { ...AUDIO, ...(audioId && { deviceId: { exact: audioId } }) },
      video: wanted.video && { ...VIDEO, ...(videoId ? { deviceId: { exact: videoId } } : { facingMode: this.#facing }) },
    };
  }

  #switch(changes) {
    write(this.#storage, Object.assign(this.#off, changes));
  }

  #keep(changes) {
    write(this.#kept, Object.assign(this.#chosen, changes));
  }
}

function read(storage) {
  try {
    return JSON.parse(storage.getItem(REMEMBERED)) ?? {};
  } catch {
    return {};
  }
}

function write(storage, values) {
  try {
    storage.setItem(REMEMBERED, JSON.stringify(values));
  } catch {
    // Private browsing may refuse; then it is remembered as long as the page lives.
  }
}
