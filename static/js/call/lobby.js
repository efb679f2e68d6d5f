/** The waiting room's devices: own camera or sound only, level, loudspeaker, choice, and what to do when one doesn't work. */

import { DeviceWatch } from "./device_watch.js";
import { explain } from "./help_view.js";
import { MicrophoneLevel } from "./level.js";
import { LoudspeakerTest } from "./loudspeaker.js";
import { watchPermissions } from "./permission.js";
import { DevicePicker } from "./picker.js";
import { t } from "../lib/language.js";

export class Lobby {
  #media;
  #box;
  #picker;
  #level;
  #watch;

  /** @param {HTMLElement} box `_lobby.html` @param {{root: HTMLElement, media: import("./media.js").LocalMedia}} room */
  constructor(box, { root, media }) {
    this.#box = box;
    this.#media = media;
    this.#picker = new DevicePicker(box, media);
    this.#level = new MicrophoneLevel(box);
    new LoudspeakerTest(box.querySelector("[data-loudspeaker=box]"), { id: () => media.ids.speaker });
    this.#watch = new DeviceWatch(box, media, () => this.#picker.fill());
    this.#watch.start();
    root.addEventListener("rofim:fallback", ({ detail }) => this.#watch?.sayFallback(detail));
    watchPermissions(navigator.permissions, media);
    this.#find("retry").addEventListener("click", () => media.retry());
    this.#find("camera-use").addEventListener("click", () => media.useCamera(media.soundOnly));
    this.show();
  }

  /** As the own devices are now. */
  show() {
    const { microphone, camera, opened, problem, soundOnly, state } = this.#media;
    this.#level.follow(microphone, { muted: microphone !== null && !state.microphone });
    const use = this.#find("camera-use");
    use.hidden = !opened || (!soundOnly && !camera && problem?.lacks !== "camera" && problem?.lacks !== "both");
    use.textContent = soundOnly ? t("Utiliser la caméra") : t("Continuer sans caméra");
    this.#find("off-words").textContent = soundOnly ? t("Sans caméra\u00a0: le praticien vous entendra.") : t("Pas d’image");
    this.#showProblem(problem);
    this.#picker.fill();
  }

  /** The call begins: the stage has its own. */
  close() {
    this.#level.stop();
    this.#watch.stop();
    this.#watch = null;
  }

  #showProblem(problem) {
    if (problem) explain(problem, { title: this.#find("problem-title"), detail: this.#find("problem-detail"), more: this.#find("problem-help") });
    this.#find("problem").hidden = !problem;
  }

  #find(name) {
    return this.#box.querySelector(`#lobby-${name}`);
  }
}
