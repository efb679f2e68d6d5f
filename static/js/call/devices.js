/** « Réglages » during the call: camera, microphone, loudspeaker, switched without negotiating; and devices that come and go. */

import { DeviceWatch } from "./device_watch.js";
// Read now, so that the stage can explain a lost device while the network is gone.
import "./help_view.js";
import { MicrophoneLevel } from "./level.js";
import { LoudspeakerTest, sendTo } from "./loudspeaker.js";
import { watchPermissions } from "./permission.js";
import { DevicePicker } from "./picker.js";

/** @param {{root: HTMLElement, media: import("./media.js").LocalMedia}} room */
export function start({ root, media }) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const dialog = part("settings-dialog");
  const picture = part("settings-picture");
  const picker = new DevicePicker(dialog, media);
  const level = new MicrophoneLevel(dialog);
  const loudspeaker = new LoudspeakerTest(dialog.querySelector("[data-loudspeaker=box]"), { id: () => media.ids.speaker });
  const watch = new DeviceWatch(part("device-note"), media, () => dialog.open && picker.fill());

  const show = () => {
    sendTo(part("voice"), media.ids.speaker);
    if (!dialog.open) return;
    const { camera, microphone } = media;
    const shown = picture.srcObject?.getVideoTracks()[0] ?? null;
    if (shown !== camera) picture.srcObject = camera ? new MediaStream([camera]) : null;
    picture.classList.toggle("mirror", camera?.getSettings().facingMode !== "environment");
    part("settings-off").hidden = camera !== null;
    level.follow(microphone, { muted: !media.state.microphone });
    picker.fill();
  };

  part("settings").hidden = false;
  part("settings").addEventListener("click", () => {
    dialog.showModal();
    loudspeaker.reset();
    show();
  });
  part("settings-close").addEventListener("click", () => dialog.close());
  // A click beside the sheet.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    level.stop();
    picture.srcObject = null;
  });
  root.addEventListener("rofim:media", show);
  root.addEventListener("rofim:fallback", ({ detail }) => watch.sayFallback(detail));
  root.addEventListener("rofim:view", ({ detail: { phase } }) => {
    if (dialog.open && ["left", "replaced", "refused", "ended"].includes(phase)) dialog.close();
  });
  watch.start();
  watchPermissions(navigator.permissions, media);
  show();
}
