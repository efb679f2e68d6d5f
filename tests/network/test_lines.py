"""A bad line, or half a site: packets lost, little bandwidth, a web process killed."""

import time
from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.media import received
from tests.demonstration import wait_for
from tests.network.network import LOSS_5_PERCENT, Network
from tests.network.site import Site
from tests.network.stage import Call, live


def sound_goes_on(call: Call, *, until: Callable[[], bool], patience: int) -> None:
    """Until then both stay live and hear something in each two seconds (the fake microphones beep every second)."""
    deadline = time.monotonic() + patience
    while True:
        before = [received(page)["totalAudioEnergy"] for page in call.pages]
        call.practitioner.wait_for_timeout(2_000)
        now = [received(page)["totalAudioEnergy"] for page in call.pages]
        assert all(new > old for old, new in zip(before, now, strict=True)), (before, now)
        for page in call.pages:
            live(page, within=0.1)
        if until():
            return
        assert time.monotonic() < deadline, f"waited {patience} s: {[sent_video(page) for page in call.pages]}"


_SENT = """async () => {
  for (const s of (await window.__peers.at(-1).getStats()).values()) {
    if (s.type === "outbound-rtp" && s.kind === "video" && s.targetBitrate) return s;
  }
}"""


def sent_video(page: Page) -> dict:
    """WebRTC's own statistics of the picture that leaves."""
    return page.evaluate(_SENT) or {}


def test_5_percent_of_loss(network: Network, call: Call):
    ends = time.monotonic() + 8
    with network.losing(network.patient, *LOSS_5_PERCENT):
        sound_goes_on(call, until=lambda: time.monotonic() > ends, patience=20)
    call.media_back(within=5)


def test_500_kbit(network: Network, call: Call):
    """The picture gives way, not the sound; then it comes back."""

    def aims(page: Page) -> int:
        return sent_video(page).get("targetBitrate", 0)

    sound_goes_on(call, until=lambda: min(map(aims, call.pages)) > 600_000, patience=40)
    with network.slow(network.patient, kbit=500):
        sound_goes_on(call, until=lambda: max(map(aims, call.pages)) < 500_000, patience=40)
        call.media_back(within=2)
    sound_goes_on(call, until=lambda: min(map(aims, call.pages)) > 600_000, patience=40)


def test_a_killed_web_process_leaves_the_media_alone(network: Network, site: Site, call: Call):
    connections = call.connections()
    site.webs[1].kill()
    try:
        # As a proxy that notices.
        site.send(network.patient, site.webs[0])
        call.media_back(within=3)
        wait_for(call.sockets_open, what="both sockets, on the process that is left", patience=10)
        for page in call.pages:
            live(page, within=1)
        call.media_back(within=3)
        assert call.connections() == connections
    finally:
        site.webs[1].start()
        site.send_home()
