/** The lists of cameras, microphones and loudspeakers (`_device_fields.html`): what there is, what is used, choosing another. */

import { choosable } from "./loudspeaker.js";
import { t } from "../lib/language.js";

export class DevicePicker {
  #media;
  #selects;
  #hint;
  #round = 0;

  /** @param {HTMLElement} box @param {import("./media.js").LocalMedia} media */
  constructor(box, media) {
    this.#media = media;
    this.#hint = box.querySelector("[data-device-hint]");
    this.#selects = [...box.querySelectorAll("select[data-device]")];
    for (const select of this.#selects) select.addEventListener("change", () => this.#choose(select));
  }

  /** Lists again what there is. */
  async fill() {
    const round = ++this.#round;
    const devices = await this.#media.list();
    if (round !== this.#round) return;
    for (const select of this.#selects) {
      const kind = select.dataset.device;
      this.#fillOne(select, kind === "speaker" && !choosable ? [] : devices[kind], this.#media.ids[kind]);
    }
  }

  #fillOne(select, devices, current) {
    const options = devices.map(({ deviceId, label }) => new Option(label || t("Par défaut"), deviceId, false, deviceId === current));
    // A loudspeaker that was never chosen is the system's.
    if (select.dataset.device === "speaker" && !devices.some(({ deviceId }) => deviceId === current || deviceId === "default")) {
      options.unshift(new Option(t("Par défaut"), "", false, true));
    }
    const same = select.options.length === options.length && options.every(({ value, text }, index) => select.options[index].value === value && select.options[index].text === text);
    // Not rebuilt under the finger of whoever is choosing.
    if (same) select.selectedIndex = Math.max(0, options.findIndex(({ selected }) => selected));
    else select.replaceChildren(...options);
    select.closest(".field").hidden = options.length < 2;
  }

  async #choose(select) {
    const kind = select.dataset.device;
    this.#hint.textContent = "";
    if (kind === "speaker") {
      this.#media.chooseSpeaker(select.value);
      return;
    }
    const works = await this.#media.choose(kind, select.value);
    if (works) return;
    this.#hint.textContent = t("Cet appareil ne s’ouvre pas\u00a0: il est sans doute utilisé par un autre logiciel.");
    this.fill();
  }
}
