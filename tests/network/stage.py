"""The whole stage: the network, its site, a Chromium in each home, and calls between them."""

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.conftest import CHROMIUM_ARGUMENTS, _path
from tests.browser.media import received, watch_peers
from tests.demonstration import wait_for
from tests.network.network import SITE, Home, Network
from tests.network.site import Site

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
ARGUMENTS = [*CHROMIUM_ARGUMENTS, f"--host-resolver-rules=MAP localhost {SITE}"]
# What Chromium itself writes about a network that is cut.
CUT = re.compile("ERR_|WebSocket connection|Failed to fetch")
_SOCKETS = """
window.__sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...parts) { super(...parts); window.__sockets.push(this); }
};
"""
_PATH = """async () => {
  const stats = await window.__peers.at(-1).getStats();
  const transport = [...stats.values()].find((s) => s.type === "transport");
  const local = stats.get(stats.get(transport?.selectedCandidatePairId)?.localCandidateId);
  return local ? [local.candidateType, local.relayProtocol ?? local.protocol] : [];
}"""


@dataclass
class Call:
    """Two pages in one room: what is shown, and what comes through."""

    practitioner: Page
    patient: Page
    complaints: list[str] = field(default_factory=list)

    @property
    def pages(self) -> tuple[Page, Page]:
        return self.practitioner, self.patient

    def media_back(self, *, within: float) -> float:
        """Seconds until both decode a frame and hear a sound that they had not at first."""
        started = time.monotonic()
        before = [received(page) for page in self.pages]
        peers = [page.evaluate("window.__peers.length") for page in self.pages]

        def flows(index: int, page: Page) -> bool:
            if page.evaluate("window.__peers.length") != peers[index]:
                before[index] = dict.fromkeys(before[index], 0)  # a new connection counts from zero
            now = received(page)
            return all(now[what] > before[index][what] for what in ("framesDecoded", "totalAudioEnergy"))

        for index, page in enumerate(self.pages):
            left = within - (time.monotonic() - started)
            try:
                wait_for(lambda index=index, page=page: flows(index, page), what=f"media at {page.url}", patience=left)
            except AssertionError as error:
                raise AssertionError(f"{error}: {before[index]} then {received(page)}") from None
        return time.monotonic() - started

    def paths(self) -> list[list[str]]:
        """How the media goes, at either end: `host` or `relay`, and `udp` or `tcp`; nothing while it doesn't."""
        return [page.evaluate(_PATH) for page in self.pages]

    def connections(self) -> list[int]:
        """How many peer connections either page has made."""
        return [page.evaluate("window.__peers.length") for page in self.pages]

    def sockets_open(self) -> bool:
        """Whether both signalling sockets are open."""
        return all(page.evaluate("window.__sockets.at(-1)?.readyState === 1") for page in self.pages)


def says(page: Page, words: str, *, within: float) -> None:
    """On the stage, for everybody to see, within so many seconds."""
    expect(page.locator("[data-part=status]")).to_contain_text(words, timeout=within * 1000)


def live(page: Page, *, within: float) -> None:
    expect(page.locator("#room")).to_have_attribute("data-phase", "live", timeout=within * 1000)


class Stage:
    """A context manager; `call` holds one call at a time."""

    network: Network
    site: Site
    playwright: Playwright
    browsers: dict[str, Browser]
    _pids: dict[str, int]

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rofim-network-", dir="/tmp")))
            self.network = Network()
            stack.callback(self.network.close)
            self.site = Site(self.network, folder)
            stack.callback(self.site.stop)
            self.site.start()
            playwright = self.playwright = stack.enter_context(sync_playwright())
            self.browsers, self._pids = {}, {}
            for home in self.network.homes:
                chromium = home.wrapper(_path("CHROMIUM", "/usr/bin/chromium"), folder)
                self.browsers[home.name] = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
                self._pids[home.name] = int(chromium.with_name(f"{chromium.name}.pid").read_text())
                stack.callback(self.browsers[home.name].close)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def frozen(self, home: Home) -> Iterator[None]:
        """All processes of this home's browser stand still, as on a sleeping machine; its pages don't answer."""
        browser = psutil.Process(self._pids[home.name])
        processes = [browser, *browser.children(recursive=True)]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    @contextmanager
    def call(self, *, patient: Browser | None = None) -> Iterator[Call]:
        """A new room, the patient on a phone or in this browser. No page may complain in its console."""
        room = self.site.open_room()
        contexts = (
            room.practitioner(self.browsers["practitioner"]),
            room.patient(patient) if patient else room.patient(self.browsers["patient"], **PHONE),
        )
        complaints: list[str] = []
        pages = []
        try:
            for context, address in zip(contexts, (room.practitioner_url, room.patient_url), strict=True):
                watch_peers(context)
                context.add_init_script(_SOCKETS)
                page = context.new_page()
                page.on("pageerror", lambda error: complaints.append(str(error)))
                page.on("console", lambda message: _complain(message.type, message.text, complaints))
                page.goto(address)
                pages.append(page)
            call = Call(*pages)
            call.media_back(within=20)
            yield call
        finally:
            for context in contexts:
                context.close()
        assert complaints == []


def _complain(kind: str, text: str, complaints: list[str]) -> None:
    if kind in ("warning", "error") and not CUT.search(text):
        complaints.append(text)
