/**
 * What is seen of the call: pictures, pills, buttons, and in words what is happening. Knows the page's parts
 * (`[data-part]` in `_room_stage.html`), and nothing of sockets or negotiation.
 */

import { silentWords, statusWords, timeWords, warningWords } from "./words.js";
import { t } from "../lib/language.js";

const WARNING_MS = 20_000;

export class Stage {
  #root;
  #parts;
  #who;
  #session = null;
  #media = null;
  #warned = null;
  #dismissed = null;

  /** @param {HTMLElement} root the room @param {{name: string, role: string}} who the other person, and our own role */
  constructor(root, who) {
    this.#root = root;
    this.#who = who;
    this.#parts = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  }

  /** Gives the buttons something to press; starts the clocks of the page. */
  connect(session, media) {
    this.#session = session;
    this.#media = media;
    const press = (part, action) => this.#parts[part]?.addEventListener("click", action);
    press("microphone", () => media.toggleMicrophone());
    press("camera", () => media.toggleCamera());
    press("flip", () => media.flipCamera());
    press("share", () => media.toggleScreen());
    press("full-screen", () => this.#toggleFullScreen());
    press("hang-up", () => this.#hangUp());
    press("come-back", () => this.#comeBack());
    press("resume", () => this.#comeBack());
    press("sound", () => this.#playSound());
    const { voice } = this.#parts;
    voice.addEventListener("playing", () => this.#show("sound", false));
    // Phones pause what a page plays when somebody rings; nothing else would start it again.
    voice.addEventListener("pause", () => voice.srcObject && this.#playSound());
    for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, () => this.#retrySound());
    press("retry", () => media.retry());
    press("dismiss", () => {
      this.dismissProblem();
      this.#parts.microphone.focus();
    });
    this.#show("share", !!navigator.mediaDevices.getDisplayMedia);
    this.#show("full-screen", !!document.fullscreenEnabled);
    document.addEventListener("fullscreenchange", () => this.#showFullScreen());
    setInterval(() => this.#tick(), 1000);
    for (const event of ["online", "offline"]) addEventListener(event, () => this.show(session.view));
    for (const event of ["enterpictureinpicture", "leavepictureinpicture"]) {
      this.#parts.remote.addEventListener(event, () => this.show(session.view));
    }
  }

  /** The other side's sound or picture. Apart, because a <video> that waits for its first picture keeps the sound back. */
  addTrack(track) {
    const { remote, voice } = this.#parts;
    if (track.kind === "audio") {
      voice.srcObject = new MediaStream([track]);
      this.#playSound();
      return;
    }
    const showPicture = () => {
      remote.srcObject = new MediaStream([track]);
      remote.play().catch(() => {});
    };
    // Whoever has no camera never sends a picture: waiting for one, the <video> would keep the page loading for ever.
    if (track.muted) track.addEventListener("unmute", showPicture, { once: true });
    else showPicture();
  }

  /** Shows where the session is. */
  show(view) {
    const { phase } = view;
    const live = phase === "live";
    this.#root.dataset.phase = phase;
    const words = statusWords(view, { ...this.#who, online: navigator.onLine });
    this.#show("status", !live);
    this.#say("status-title", words.title);
    this.#say("status-detail", words.detail);
    this.#show("come-back", phase === "left");
    this.#show("resume", phase === "replaced");
    // Of a consultation that never began a patient has no documents.
    this.#show("leave", phase === "ended" && (this.#who.role === "practitioner" || !!view.startedAt));
    this.#show("enter", phase === "refused");
    this.#show("bar", !["left", "replaced", "refused", "ended"].includes(phase));
    // What the browser writes in the place of a picture that has a window of its own would lie under our words.
    const detached = document.pictureInPictureElement === this.#parts.remote;
    this.#show("face", !live || detached || !(view.remote.camera || view.remote.screen) || view.silent === "video");
    this.#show("silent", live && !!view.silent);
    this.#say("silent", silentWords(view.silent, this.#who.name));
    this.#show("remote-muted", live && !view.remote.microphone);
    this.#show("socket-lost", live && view.socketLost);
    this.#parts.remote.classList.toggle("whole", view.remote.screen);
    if (phase === "waiting" || phase === "left") this.#silence();
    // No camera stays on where nobody can see it any more.
    if (["replaced", "refused", "ended"].includes(phase) && this.#media.opened) this.#media.stop();
    this.#warn(view.warning);
    const lost = live && view.socketLost ? ` ${t("Le service ne répond pas, l’appel continue.")}` : "";
    const { phone } = this.#parts;
    this.#show("phone", view.missing);
    const heard = live && silentWords(view.silent, this.#who.name);
    this.#announce([words.title, words.detail, view.missing && phone?.textContent, heard].filter(Boolean).join(" ") + lost);
    this.#tick();
  }

  /** Shows the own picture and which buttons are on. */
  showMedia() {
    const media = this.#media;
    const { microphone, camera, screen } = media.state;
    const { self } = this.#parts;
    this.#setPicture(self, media.picture);
    self.classList.toggle("mirror", !screen && media.picture?.getSettings().facingMode !== "environment");
    this.#show("self-off", media.opened && !media.picture);
    this.#show("self-sharing", screen);
    this.#toggle("microphone", microphone, t("Couper le micro"), t("Activer le micro"));
    this.#toggle("camera", camera, t("Couper la caméra"), t("Activer la caméra"));
    this.#toggle("share", !screen, t("Partager l’écran"), t("Arrêter le partage d’écran"));
    this.#showProblem();
    this.#showFlip();
    this.#retrySound();
  }

  /** Says again what each button does: the keys that press them have changed. */
  showNames() {
    for (const part of ["chat", "flip"]) this.#name(part, this.#parts[part].getAttribute("aria-label"));
    this.#showFullScreen();
    this.showMedia();
  }

  /** The problem of now has been read; another one is shown again. */
  dismissProblem() {
    const { problem } = this.#media;
    this.#dismissed = problem && problemKey(problem);
    this.#showProblem();
  }

  #setPicture(video, track) {
    const shown = video.srcObject?.getVideoTracks()[0] ?? null;
    if (shown !== (track ?? null)) video.srcObject = track ? new MediaStream([track]) : null;
  }

  async #showFlip() {
    if (!this.#parts.flip || !matchMedia("(pointer: coarse)").matches) return;
    this.#parts.flip.disabled = this.#media.soundOnly;
    this.#show("flip", (await this.#media.list()).video.length > 1);
  }

  async #showProblem() {
    const shown = () => this.#media.problem && problemKey(this.#media.problem) !== this.#dismissed;
    if (shown()) {
      const { explain } = await import("./help_view.js");
      if (shown()) {
        const { "problem-title": title, "problem-detail": detail, "problem-help": more } = this.#parts;
        explain(this.#media.problem, { title, detail, more });
      }
    }
    this.#show("problem", !!shown());
  }

  // --- Sound -------------------------------------------------------------------------------------

  #silence() {
    this.#parts.remote.srcObject = this.#parts.voice.srcObject = null;
    this.#show("sound", false);
  }

  async #playSound() {
    try {
      await this.#parts.voice.play();
    } catch (error) {
      // Another track took its place, and is played in its own right.
      if (error.name === "AbortError") return;
      this.#show("sound", true);
    }
  }

  /** The browser wants a gesture before it lets a page sound, any will do; or a camera or microphone that is on. */
  #retrySound() {
    if (!this.#parts.sound.hidden) this.#playSound();
  }

  // --- Time --------------------------------------------------------------------------

  #tick() {
    const view = this.#session?.view;
    if (!view) return;
    const words = ["live", "interrupted"].includes(view.phase) ? timeWords(view) : "";
    this.#show("time", words !== "");
    this.#say("time", words);
  }

  #warn(seconds) {
    if (!seconds || seconds === this.#warned) return;
    this.#warned = seconds;
    this.#say("warning", warningWords(seconds));
    this.#show("warning", true);
    setTimeout(() => this.#show("warning", false), WARNING_MS);
  }

  // --- Buttons -----------------------------------------------------------------------------------

  #hangUp() {
    this.#session.hangUp();
    this.#media.stop();
    this.#parts["come-back"].focus();
  }

  #comeBack() {
    this.#session.join();
    this.#media.open();
    this.#parts.microphone.focus();
  }

  #toggleFullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.#root.requestFullscreen().catch(() => {});
  }

  #showFullScreen() {
    this.#toggle("full-screen", !document.fullscreenElement, t("Plein écran"), t("Quitter le plein écran"));
  }

  /** A button with two faces: `on` shows the first icon and the first name. */
  #toggle(part, on, name, otherName) {
    const button = this.#parts[part];
    if (!button) return;
    this.#name(part, on ? name : otherName);
    button.classList.toggle("off", !on);
    button.children[0].hidden = !on;
    button.children[1].hidden = on;
  }

  /** « Couper le micro », and for whoever hovers « Couper le micro (M) ». */
  #name(part, name) {
    const button = this.#parts[part];
    const key = button.getAttribute("aria-keyshortcuts");
    button.setAttribute("aria-label", name);
    button.title = key ? `${name} (${key})` : name;
  }

  #show(part, shown) {
    const element = this.#parts[part];
    if (element && element.hidden === shown) element.hidden = !shown;
  }

  #say(part, words) {
    const element = this.#parts[part];
    if (element && element.textContent !== words) element.textContent = words;
  }

  #announce(words) {
    this.#say("announce", words);
  }
}

function problemKey({ reason, lacks }) {
  return `${reason} ${lacks}`;
}
