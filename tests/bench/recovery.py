"""How soon a call is back after a fault, in seconds: picture and sound on both sides. Prints JSON, one row per fault.

    .venv/bin/python -m tests.bench.recovery [rounds]

Two Chromium in network namespaces of their own (tests/network), one call per fault and round, medians. `bar` is
reliability.md's; `ratio` is `back` ÷ `bar`. A cut counts from the network's return, everything else from the fault.
As root, or with `unshare --map-root-user --net`.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

from tests.demonstration import wait_for
from tests.network.network import Network
from tests.network.stage import Call, Stage

# Long enough to see how bad it is.
PATIENCE = 60


def _cut(seconds: int) -> Callable[[Stage, Call], float]:
    def measure(stage: Stage, call: Call) -> float:
        with stage.network.losing(stage.network.patient):
            call.practitioner.wait_for_timeout(seconds * 1000)
        return call.media_back(within=PATIENCE)

    return measure


def _unplugged(stage: Stage, call: Call) -> float:
    with stage.network.unplugged(stage.network.patient):
        call.practitioner.wait_for_timeout(20_000)
    return call.media_back(within=PATIENCE)


def _frozen(stage: Stage, call: Call) -> float:
    with stage.frozen(stage.network.patient):
        call.practitioner.wait_for_timeout(20_000)
    return call.media_back(within=PATIENCE)


def _udp_blocked(stage: Stage, call: Call) -> float:
    with _no_udp(stage.network):
        return call.media_back(within=PATIENCE)


def _no_udp(network: Network):
    return network.losing(network.patient, "-p", "udp")


def _relay_restarted(stage: Stage, call: Call) -> float:
    with stage.network.apart("-p", "udp"):
        wait_for(lambda: any("relay" in path for path in call.paths()), what="a relayed path", patience=PATIENCE)
        call.media_back(within=PATIENCE)
        stage.site.coturn.kill()
        stage.site.start_relay()
        return call.media_back(within=PATIENCE)


def _web_killed(stage: Stage, call: Call) -> float:
    """The sockets': the media doesn't notice."""
    started = time.monotonic()
    stage.site.webs[1].kill()
    stage.site.send(stage.network.patient, stage.site.webs[0])
    try:
        wait_for(call.sockets_open, what="both sockets", patience=PATIENCE)
        return time.monotonic() - started
    finally:
        stage.site.webs[1].start()
        stage.site.send_home()


FAULTS: dict[str, tuple[float | None, Callable[[Stage, Call], float]]] = {
    "cut of 5 s": (5, _cut(5)),
    "cut of 20 s": (5, _cut(20)),
    "cable out for 20 s": (5, _unplugged),
    "cut of 60 s": (10, _cut(60)),
    "browser stopped for 20 s": (10, _frozen),
    "UDP blocked": (15, _udp_blocked),
    "relay killed and restarted": (None, _relay_restarted),
    "web process killed (sockets)": (10, _web_killed),
}


def main(rounds: int) -> None:
    with Stage() as stage:
        for name, (bar, measure) in FAULTS.items():
            times = []
            for _ in range(rounds):
                with stage.call() as call:
                    # From a call that has settled.
                    call.practitioner.wait_for_timeout(2_000)
                    times.append(measure(stage, call))
            back = statistics.median(times)
            row = {"fault": name, "back_s": round(back, 1), "bar_s": bar, "ratio": bar and round(back / bar, 2)}
            print(json.dumps(row | {"all_s": [round(seconds, 1) for seconds in times]}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
