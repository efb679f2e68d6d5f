"""Messages per minute through one worker, against an SMS provider that answers after 150 ms. Prints JSON.

    .venv/bin/python -m tests.bench.messages [messages]

The worker of docker-compose.yml alone, without the loop, over a PostgreSQL and a Valkey of its own. `bare` is twenty
threads with nothing but an HTTP client at the same provider: the most that twenty at a time can do; `ratio` is the
worker ÷ bare. `provider` is what the stand-in takes without its 150 ms: it must not be the bottleneck.
`connections`: the most to PostgreSQL at a time. Bar (performance.md): 5,000 a minute.
"""

import json
import multiprocessing
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import psutil
import requests

from tests.demonstration import ROOT, wait_for
from tests.services.post_office import PostOffice
from tests.services.postgresql import Postgresql

DELAY, THREADS = 0.15, 20
BAR = 5000


def bare(url: str, account: str, token: str, count: int) -> float:
    """`count` requests by as many threads as the worker has, in a process of their own; per minute."""
    local = threading.local()

    def send(number: int) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.auth = (account, token)
        form = {"To": f"+336{number:08}", "Body": f"message {number}"}
        answer = local.session.post(f"{url}/2010-04-01/Accounts/{account}/Messages.json", form, timeout=30)
        assert answer.status_code == 201

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(send, range(THREADS)))
        start = time.perf_counter()
        list(threads.map(send, range(count)))
        return count / (time.perf_counter() - start) * 60


def worker(office: PostOffice, count: int) -> dict[str, float]:
    """`count` announced messages by one worker; what its start takes is not counted."""
    office.write("bench", count, "sms")
    before = len(office.first.messages)
    connections = 0
    with office.running("worker") as [process]:
        first = count // 10
        wait_for(lambda: len(office.first.messages) - before >= first, what="the first messages", patience=120)
        counted, start, used = len(office.first.messages), time.perf_counter(), _cpu(process.pid)
        while len(office.first.messages) - before < count:
            connections = max(connections, office.connections())
            time.sleep(0.2)
        took, sent = time.perf_counter() - start, before + count - counted
        used = _cpu(process.pid) - used
        wait_for(lambda: not office.waiting(), what="the worker's last words")
    assert len(office.first.messages) - before == count
    return {
        "per_minute": round(sent / took * 60), "cpu_ms_per_message": round(used / sent * 1000, 1),
        "connections": connections,
    }  # fmt: skip


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def main(count: int) -> dict[str, object]:
    postgresql = Postgresql()
    with tempfile.TemporaryDirectory(prefix="rofim-bench-") as folder:
        postgresql.start()
        office = PostOffice(Path(folder), postgresql.url)
        try:
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=office.environment, check=True
            )
            provider = (office.first.url, office.first.account_sid, office.first.token)
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as elsewhere:
                office.first.delay = 0.0
                capacity = elsewhere.submit(bare, *provider, count).result()
                office.first.delay = DELAY
                best = elsewhere.submit(bare, *provider, count).result()
            measured = worker(office, count)
        finally:
            office.close()
            postgresql.remove()
    return {
        "messages": count, **measured, "bar": BAR, "bare": round(best), "provider": round(capacity),
        "ratio": round(measured["per_minute"] / best, 2),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000), indent=2))
