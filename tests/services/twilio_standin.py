"""Twilio's Messages API on loopback, as real as the client can see: the same paths, forms, answers and errors."""

import base64
import contextlib
import json
import re
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_PATH = re.compile(r"/2010-04-01/Accounts/(?P<account>AC\w+)/Messages(?:/(?P<sid>SM\w+))?\.json")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients are killed here.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class TwilioStandIn:
    """Accepts every SMS, unless `answers` says otherwise for the next requests, in their order.

    An answer is "ok", an HTTP status (500, 429), a Twilio error code (21211, HTTP 400), "hang" (no answer before
    close()), or "lost" (accepted, then it hangs all the same). `outage` is the answer to everything while it is set.
    `token` is the only password that it knows. It takes `delay` seconds for each SMS.
    """

    def __init__(self, account_sid: str, token: str, *, delay: float = 0.0):
        self.account_sid, self.token, self.delay = account_sid, token, delay
        self.outage: Any = None
        self.answers: list[Any] = []
        self.list_answers: list[Any] = []
        self.messages: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str]] = []
        self.hanging = threading.Event()
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.connections: set[socket.socket] = set()
        self.server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Lets go of who hangs, cuts who is connected and frees the port."""
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        with self.lock:
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
        self.thread.join(5)

    def accept(self, form: dict[str, str]) -> dict[str, Any]:
        """A new message, newest first as Twilio lists them."""
        now = format_datetime(datetime.now(UTC))
        with self.lock:
            message = {
                "sid": f"SM{len(self.messages):032x}", "account_sid": self.account_sid, "to": form.get("To"),
                "from": form.get("From"), "body": form.get("Body"), "status": "queued", "date_created": now,
                "date_updated": now, "date_sent": None, "error_code": None, "error_message": None,
                "direction": "outbound-api", "num_segments": "1", "num_media": "0", "price": None, "price_unit": "USD",
                "api_version": "2010-04-01", "messaging_service_sid": form.get("MessagingServiceSid"), "uri": "",
                "subresource_uris": {}, "status_callback": form.get("StatusCallback"),
                "validity_period": form.get("ValidityPeriod"),
            }  # fmt: skip
            self.messages.insert(0, message)
        return message


def _handler(standin: TwilioStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        # As Twilio: connections are kept.
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            with standin.lock:
                standin.connections.add(self.connection)

        def finish(self) -> None:
            with standin.lock:
                standin.connections.discard(self.connection)
            super().finish()

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            standin.requests.append(("POST", self.path))
            if len(body) < length:
                # Its client was killed between the head and the form: nobody has asked for anything.
                self.close_connection = True
                return
            form = dict(parse_qsl(body.decode()))
            if not self._known(sid=False):
                return
            answer = standin.outage or (standin.answers.pop(0) if standin.answers else "ok")
            if answer == "ok":
                time.sleep(standin.delay)
                self._answer(201, standin.accept(form))
            elif answer == "lost":
                standin.accept(form)
                self._fail("hang")
            else:
                self._fail(answer)

        def do_GET(self) -> None:
            standin.requests.append(("GET", self.path))
            match = self._known()
            if not match:
                return
            if standin.outage:
                self._fail(standin.outage)
            elif standin.list_answers:
                self._fail(standin.list_answers.pop(0))
            elif match["sid"]:
                found = [message for message in standin.messages if message["sid"] == match["sid"]]
                self._answer(200, found[0]) if found else self._error(404, 20404)
            else:
                to = dict(parse_qsl(urlsplit(self.path).query)).get("To")
                rows = [message for message in standin.messages if to in (None, message["to"])]
                self._answer(200, {"messages": rows, "next_page_uri": None, "page": 0, "page_size": 50})

        def _known(self, *, sid: bool = True) -> re.Match[str] | None:
            match = _PATH.fullmatch(urlsplit(self.path).path)
            expected = base64.b64encode(f"{standin.account_sid}:{standin.token}".encode()).decode()
            if self.headers.get("Authorization") != f"Basic {expected}":
                self._error(401, 20003)
            elif not match or match["account"] != standin.account_sid or (match["sid"] and not sid):
                self._error(404, 20404)
            else:
                return match
            return None

        def _fail(self, answer: Any) -> None:
            if answer == "hang":
                standin.hanging.set()
                standin.closing.wait(60)
                self.close_connection = True
            elif answer >= 10_000:
                self._error(400, answer)
            else:
                self._error(answer, 20429 if answer == 429 else 20500)

        def _error(self, status: int, code: int) -> None:
            self._answer(status, {"code": code, "message": "stand-in", "more_info": "", "status": status})

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
