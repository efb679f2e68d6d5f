"""Click on « Rejoindre » → first remote frame on both sides, beside a bare two-page WebRTC call. Prints JSON.

    .venv/bin/python -m tests.bench.join [rounds]

Both calls run in turn in the same browser, each in new contexts (nothing cached), with the same camera constraints; the
patient waits already. Bare: two static pages and a `websockets` relay. Bar (performance.md): at most 1.5 × bare.
"""

import asyncio
import http
import json
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from rofim.demo.environment import free_port
from tests.browser.call_stage import Room, open_rooms
from tests.browser.conftest import CHROMIUM_ARGUMENTS, _path
from tests.demonstration import Demo, wait_for

# When the click came, across the navigation; when the first remote frame was shown. Milliseconds of the same clock.
_WATCH = """
const now = () => performance.timeOrigin + performance.now();
addEventListener("click", () => sessionStorage.setItem("clicked", now()), true);
addEventListener("DOMContentLoaded", () => {
  const video = document.querySelector("video[data-part=remote], video#remote");
  video?.requestVideoFrameCallback(() => sessionStorage.setItem("seen", now()));
});
"""
_LIST = '<!doctype html><title>bare</title><a href="/call?caller">Rejoindre</a>'
_CALL = """<!doctype html><title>bare</title><video id="remote" autoplay muted></video><script>
(async () => {
  const caller = location.search === "?caller";
  const pc = new RTCPeerConnection();
  const ws = new WebSocket(`ws://${location.host}/ws`);
  const send = (message) => ws.send(JSON.stringify(message));
  const opened = new Promise((resolve) => (ws.onopen = resolve));
  pc.ontrack = ({ streams }) => (document.getElementById("remote").srcObject = streams[0]);
  pc.onicecandidate = ({ candidate }) => send({ candidate });
  const stream = await navigator.mediaDevices.getUserMedia(%s);
  for (const track of stream.getTracks()) pc.addTrack(track, stream);
  ws.onmessage = async ({ data }) => {
    const { description, candidate } = JSON.parse(data);
    if (candidate) return pc.addIceCandidate(candidate);
    if (!description) return;
    await pc.setRemoteDescription(description);
    if (description.type === "offer") {
      await pc.setLocalDescription();
      send({ description: pc.localDescription });
    }
  };
  await opened;
  document.title = "ready";
  if (caller) {
    await pc.setLocalDescription();
    send({ description: pc.localDescription });
  }
})();
</script>"""
_CONSTRAINTS = (
    '{"audio": true, "video": {"width": {"ideal": 1280}, "height": {"ideal": 720}, "frameRate": {"ideal": 30}}}'
)


class BareServer:
    """Two static pages, and every message of one socket to the others."""

    def __init__(self) -> None:
        self.port = free_port()
        self._sockets: set[ServerConnection] = set()
        started = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._run(started)), daemon=True).start()
        assert started.wait(5)

    async def _run(self, started: threading.Event) -> None:
        async with serve(self._relay, "localhost", self.port, process_request=self._page, compression=None):
            started.set()
            await asyncio.Future()

    async def _relay(self, socket: ServerConnection) -> None:
        self._sockets.add(socket)
        try:
            async for message in socket:
                for other in self._sockets - {socket}:
                    await other.send(message)
        finally:
            self._sockets.discard(socket)

    def _page(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path == "/ws":
            return None
        body = (_CALL % _CONSTRAINTS if request.path.startswith("/call") else _LIST).encode()
        headers = Headers({"Content-Type": "text/html", "Content-Length": str(len(body)), "Connection": "close"})
        return Response(http.HTTPStatus.OK, "OK", headers, body)


def measure(practitioner: BrowserContext, patient: BrowserContext, enter: Callable) -> tuple[float, float]:
    """Milliseconds from the click to the first remote frame: the practitioner's side, the patient's side."""
    for context in (practitioner, patient):
        context.add_init_script(_WATCH)
    caller, callee = practitioner.new_page(), patient.new_page()
    link = enter(caller, callee)
    with caller.expect_navigation(wait_until="commit"):
        link.click()

    def seen() -> list[float] | None:
        times = [page.evaluate("Number(sessionStorage.getItem('seen'))") for page in (caller, callee)]
        return times if all(times) else None

    times = wait_for(seen, what="a remote frame on both sides", patience=15)
    clicked = caller.evaluate("Number(sessionStorage.getItem('clicked'))")
    return times[0] - clicked, times[1] - clicked


def product(browser: Browser, room: Room) -> tuple[float, float]:
    def enter(caller, callee):
        callee.goto(room.patient_url)
        callee.locator("#room[data-phase=waiting]").wait_for()
        wait_for(lambda: callee.evaluate("!!document.getElementById('lobby-picture').srcObject"), what="a camera")
        caller.goto(f"{room.url}/teleconsultation/")
        return caller.locator(f"a[href='/teleconsultation/{room.reference}/visio/']")

    with room.practitioner(browser) as practitioner, room.patient(browser) as patient:
        return measure(practitioner, patient, enter)


def bare(browser: Browser, server: BareServer) -> tuple[float, float]:
    def enter(caller, callee):
        callee.goto(f"http://localhost:{server.port}/call")
        wait_for(lambda: callee.title() == "ready", what="a camera")
        caller.goto(f"http://localhost:{server.port}/")
        return caller.locator("a")

    with browser.new_context() as practitioner, browser.new_context() as patient:
        return measure(practitioner, patient, enter)


def main(rounds: int) -> dict:
    """One pair to warm the browser up, then `rounds` pairs in turn."""
    server = BareServer()
    times: dict[str, list[tuple[float, float]]] = {"product": [], "bare": []}
    with tempfile.TemporaryDirectory(prefix="rofim-bench-") as folder, sync_playwright() as playwright:
        demo = Demo(Path(folder))
        demo.start()
        browser = playwright.chromium.launch(
            executable_path=_path("CHROMIUM", "/usr/bin/chromium"), args=CHROMIUM_ARGUMENTS
        )
        try:
            for room in open_rooms(demo, count=rounds + 1):
                times["product"].append(product(browser, room))
                times["bare"].append(bare(browser, server))
        finally:
            browser.close()
            demo.stop()
    result: dict = {"rounds": rounds}
    for side, index in (("practitioner", 0), ("patient", 1)):
        medians = {name: statistics.median(pair[index] for pair in pairs[1:]) for name, pairs in times.items()}
        result[side] = {f"{name}_ms": round(value) for name, value in medians.items()}
        result[side]["ratio"] = round(medians["product"] / medians["bare"], 2)
        result[side]["all_ms"] = {name: [round(pair[index]) for pair in pairs[1:]] for name, pairs in times.items()}
    return result


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 7), indent=2))
