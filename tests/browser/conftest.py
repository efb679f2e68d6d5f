"""The running demonstration and the two browsers with fake cameras, shared by all browser tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

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


def _path(variable: str, usual: str) -> str:
    path = os.environ.get(variable, usual)
    assert Path(path).exists(), f"{path} is missing: `make test` installs it"
    return path
