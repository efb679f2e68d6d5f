/** Keeps the screen on while one is in the room: a phone that dozes off cuts the call. */

const OVER = new Set(["left", "replaced", "refused", "ended"]);

/** @param {{root: HTMLElement, session: object}} room */
export function start({ root, session }, scope = globalThis) {
  const { wakeLock } = scope.navigator;
  if (!wakeLock) return;
  let lock = null;
  let asking = false;

  async function adjust() {
    const wanted = !OVER.has(session.view.phase);
    if (!wanted) {
      await lock?.release();
      lock = null;
    } else if ((!lock || lock.released) && !asking && scope.document.visibilityState === "visible") {
      asking = true;
      // Refused when the battery is low.
      lock = await wakeLock.request("screen").catch(() => null);
      asking = false;
      if (lock && OVER.has(session.view.phase)) adjust();
    }
  }

  root.addEventListener("rofim:view", adjust);
  // The browser takes it back from a page that isn't seen.
  scope.document.addEventListener("visibilitychange", adjust);
  return adjust();
}
