"""The running demonstration and the two browsers with fake cameras, shared by all browser tests."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.browser.call_stage import Room, open_rooms
from tests.browser.media import assert_picture_and_sound, watch_peers
from tests.browser.steps import phase
from tests.demonstration import Demo

CHROMIUM_ARGUMENTS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
# Which sockets a page makes, and the types of the frames that it sends.
_WATCH_SOCKETS = """
window.__sockets = [];
window.__sent = [];
const Plain = WebSocket;
window.WebSocket = class extends Plain {
  constructor(...parts) { super(...parts); window.__sockets.push(this); }
  send(text) { window.__sent.push(JSON.parse(text).type); super.send(text); }
};
"""
FIREFOX_PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`manage.py demo` on a port and in a folder of its own; stopped at the end, leaving no process behind."""
    environment = {"LOGIN_CODE_COOLDOWN": "1", "LOGIN_CODES_PER_HOUR": "100"}
    demo = Demo(tmp_path_factory.mktemp("demo"), environment=environment)
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium."""
    browser = playwright.chromium.launch(
        executable_path=_path("CHROMIUM", "/usr/bin/chromium"), args=CHROMIUM_ARGUMENTS
    )
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Firefox ESR, over WebDriver BiDi."""
    browser = playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=_path("FIREFOX", "/usr/bin/firefox-esr"),
        firefox_user_prefs=FIREFOX_PREFERENCES,
    )
    yield browser
    browser.close()


@pytest.fixture
def new_page(request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Opens a page whose peer connections are watched; its browser context closes with the test."""
    opened: list[BrowserContext] = []

    def open_page(context: BrowserContext, script: str = "") -> Page:
        opened.append(context)
        watch_peers(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        return page

    errors: list[str] = []
    yield open_page
    for context in opened:
        context.close()
    # The network was cut on purpose in some tests; anything else in the console is a bug (a CSP violation, too).
    unexpected = [error for error in errors if not re.search("ERR_INTERNET_DISCONNECTED|WebSocket connection", error)]
    assert unexpected == []


@pytest.fixture
def room(demo: Demo) -> Room:
    return open_rooms(demo)[0]


@pytest.fixture
def call(room: Room, chromium: Browser, new_page) -> tuple[Page, Page]:
    """The patient waited; the practitioner came; they see and hear each other."""
    patient = new_page(room.patient(chromium, **PHONE), _WATCH_SOCKETS)
    patient.goto(room.patient_url)
    phase(patient, "waiting")
    practitioner = new_page(room.practitioner(chromium), _WATCH_SOCKETS)
    practitioner.goto(room.practitioner_url)
    assert_picture_and_sound(practitioner, patient)
    return practitioner, patient


def _path(variable: str, usual: str) -> str:
    path = os.environ.get(variable, usual)
    assert Path(path).exists(), f"{path} is missing: `make test` installs it"
    return path
