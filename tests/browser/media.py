"""Is there really a picture and a sound? Asked of WebRTC's own statistics, not of the page."""

from playwright.sync_api import BrowserContext, Page

from tests.demonstration import wait_for

# The page announces each peer connection that it makes with a « rofim:peer » event.
_WATCH = """
window.__peers = [];
document.addEventListener("rofim:peer", (event) => window.__peers.push(event.detail.connection ?? event.detail));
"""
_RECEIVED = """async () => {
  const sums = {framesDecoded: 0, totalAudioEnergy: 0, videoBytes: 0, audioBytes: 0};
  const connection = window.__peers?.at(-1);
  if (!connection) return sums;
  // Firefox never settles the statistics of a connection that closes meanwhile.
  const never = new Promise((resolve) => setTimeout(resolve, 1000, new Map()));
  for (const s of (await Promise.race([connection.getStats(), never])).values()) {
    if (s.type !== "inbound-rtp") continue;
    sums.framesDecoded += s.framesDecoded ?? 0;
    sums.totalAudioEnergy += s.totalAudioEnergy ?? 0;
    sums[s.kind + "Bytes"] += s.bytesReceived ?? 0;
  }
  return sums;
}"""


def watch_peers(context: BrowserContext) -> None:
    """Remembers, in every page to come, the peer connections that it makes."""
    context.add_init_script(_WATCH)


def received(page: Page) -> dict[str, float]:
    """What the page's newest peer connection has received: decoded frames, audio energy, bytes of both."""
    return page.evaluate(_RECEIVED)


def assert_picture_and_sound(*pages: Page, patience: float = 25.0) -> None:
    """Every page decodes ten more frames and hears more sound energy than at the start of this call."""
    before = [received(page) for page in pages]

    def advances() -> bool:
        now = [received(page) for page in pages]
        for index, (old, new) in enumerate(zip(before, now, strict=True)):
            if new["framesDecoded"] < old["framesDecoded"]:
                before[index] = new  # a new connection counts from zero
        return all(
            new["framesDecoded"] >= old["framesDecoded"] + 10 and new["totalAudioEnergy"] > old["totalAudioEnergy"]
            for old, new in zip(before, now, strict=True)
        )

    try:
        wait_for(advances, what="picture and sound on both sides", patience=patience)
    except AssertionError as error:
        raise AssertionError(f"{error}: {[received(page) for page in pages]}") from None
