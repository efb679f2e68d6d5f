/** « Image dans l’image »: the other person's picture in a small window of its own, while one looks something up. */

import { t } from "../lib/language.js";

const OVER = new Set(["left", "replaced", "refused", "ended"]);

export function start({ root, session, find, toast }) {
  const [button, video] = [find("picture-in-picture"), find("remote")];
  // Firefox has a button of its own and no way for a page to press it.
  if (!document.pictureInPictureEnabled || !video.requestPictureInPicture) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await video.requestPictureInPicture();
    } catch {
      toast.show(t("L’image ne peut pas être détachée maintenant."));
    }
  });
  for (const event of ["enterpictureinpicture", "leavepictureinpicture"]) {
    video.addEventListener(event, () => button.setAttribute("aria-checked", String(document.pictureInPictureElement === video)));
  }
  root.addEventListener("rofim:view", () => {
    if (OVER.has(session.view.phase) && document.pictureInPictureElement) document.exitPictureInPicture().catch(() => {});
  });
}
