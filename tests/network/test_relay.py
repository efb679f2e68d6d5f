"""The relay, for those whose networks let nothing else through, and for sites that hide everybody's address."""

from tests.browser.conftest import FIREFOX_PREFERENCES, _path
from tests.demonstration import wait_for
from tests.network.network import Home, Network
from tests.network.site import Site
from tests.network.stage import Call, Stage, live, says


def test_udp_blocked_is_relayed_over_tcp(network: Network, call: Call):
    wait_for(lambda: call.paths() == [["host", "udp"], ["host", "udp"]], what="a direct path", patience=10)
    with network.losing(network.patient, "-p", "udp"):
        wait_for(lambda: ["relay", "tcp"] in call.paths(), what="a relayed path", patience=15)
        call.media_back(within=10)
        for page in call.pages:
            live(page, within=2)


def test_a_relayed_call_survives_the_relays_restart(network: Network, site: Site, call: Call):
    with network.apart("-p", "udp"):
        wait_for(lambda: ["relay", "udp"] in call.paths(), what="a relayed path", patience=15)
        call.media_back(within=10)
        site.coturn.kill()
        says(call.patient, "Nous rétablissons la connexion avec Dr Claire Martin.", within=15)
        site.start_relay()
        call.media_back(within=15)
        assert ["relay", "udp"] in call.paths()


def assert_hidden(call: Call, homes: tuple[Home, ...]) -> None:
    """Neither side was told where the other is."""
    wait_for(lambda: call.paths() == [["relay", "udp"], ["relay", "udp"]], what="a relayed path", patience=10)
    for page in call.pages:
        told = page.evaluate("window.__peers.at(-1).remoteDescription.sdp")
        assert not [home.name for home in homes if home.address in told or home.gateway in told]


def test_relay_only_hides_both_addresses(stage: Stage, site: Site):
    with site.relaying_only(), stage.call() as call:
        assert_hidden(call, stage.network.homes)


def test_firefox_is_relayed(stage: Stage, site: Site):
    # At the site itself: Playwright drives it over a loopback socket, which no other namespace has.
    firefox = stage.playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=_path("FIREFOX", "/usr/bin/firefox-esr"),
        firefox_user_prefs=FIREFOX_PREFERENCES,
    )
    try:
        with site.relaying_only(), stage.call(patient=firefox) as call:
            assert_hidden(call, stage.network.homes)
    finally:
        firefox.close()
