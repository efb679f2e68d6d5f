"""The demonstration's environment: its folder, its secrets, its ports. Read before Django's settings exist."""

import argparse
import json
import os
import secrets
import socket
from pathlib import Path

from cryptography.fernet import Fernet


def parser() -> argparse.ArgumentParser:
    """`--port` and `--dir`, by default PORT and DEMO_DIR of the environment, then 8000 and var/demo."""
    arguments = argparse.ArgumentParser(add_help=False)
    arguments.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    arguments.add_argument("--dir", type=Path, default=Path(os.environ.get("DEMO_DIR", "var/demo")))
    return arguments


def free_port() -> int:
    """A loopback TCP port that nobody listens on, nor is given to anybody else for a minute (TIME_WAIT)."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = probe.getsockname()
        # The end that closes first is the one that waits; servers, who ask for SO_REUSEADDR, may have the port.
        with socket.create_connection(address), probe.accept()[0]:
            return address[1]


def _secrets(folder: Path) -> dict[str, str]:
    path = folder / "secrets.json"
    if not path.exists():
        path.touch(mode=0o600)
        values = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "REDIS_PASSWORD": secrets.token_urlsafe(24),
        }
        path.write_text(json.dumps(values))
    return json.loads(path.read_text())


def prepare(argv: list[str]) -> None:
    """Fills os.environ for a demonstration with its own folder and port, so that several run side by side."""
    options, _ = parser().parse_known_args(argv)
    folder = options.dir.resolve()
    # The database holds sessions: nobody else on this machine reads it, nor what the children write.
    os.umask(0o077)
    # WhiteNoise warns where the folder of collected files is missing, even if it is not used.
    (folder / "static").mkdir(parents=True, exist_ok=True)
    kept = _secrets(folder)
    redis_port = free_port()
    os.environ.update(
        DEMO="true",
        DEBUG="false",
        DEMO_DIR=str(folder),
        DATA_DIR=str(folder),
        SITE_URL=f"http://localhost:{options.port}",
        SECRET_KEY=kept["SECRET_KEY"],
        FIELD_ENCRYPTION_KEYS=kept["FIELD_ENCRYPTION_KEYS"],
        REDIS_PASSWORD=kept["REDIS_PASSWORD"],
        REDIS_PORT=str(redis_port),
        REDIS_URL=f"redis://:{kept['REDIS_PASSWORD']}@127.0.0.1:{redis_port}/0",
        SMS_TRANSPORT="console",
        EMAIL_URL="dummymail://",
    )
    for name in ("DATABASE_URL", "ALLOWED_HOSTS"):
        os.environ.pop(name, None)
