/** Allowed in the browser's own settings: camera and microphone are asked for again without a click. */

const CURABLE = new Set(["refused", "dismissed", "system"]);

/** @param {?Permissions} permissions @param {import("./media.js").LocalMedia} media */
export async function watchPermissions(permissions, media) {
  for (const name of ["camera", "microphone"]) {
    try {
      const status = await permissions.query({ name });
      status.addEventListener("change", () => {
        if (status.state === "granted" && CURABLE.has(media.problem?.reason)) media.retry();
      });
    } catch {
      // A browser that doesn't tell: « Réessayer » remains.
    }
  }
}
