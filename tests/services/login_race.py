"""Run as a program over DATABASE_URL: each race of the login, with threads that start at the same moment.

Prints JSON: race → what came out, with counts.
"""

import base64
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 (models need the loaded applications)
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_otp.oath import hotp  # noqa: E402

from accounts import otp, recovery, totp  # noqa: E402
from accounts.models import LoginSession, SMSDevice, TOTPDevice, User  # noqa: E402
from rofim.notifications.models import OutgoingMessage  # noqa: E402
from tests.conftest import PASSWORD, make_practitioner  # noqa: E402

NOW = timezone.now()


def race(threads: int, attempt: Callable[[int], object]) -> Counter:
    """What `attempt` gave or raised. Past the ten connections of psycopg's pool a thread waits for one."""
    gate, outcomes = threading.Barrier(threads), Counter()

    def run(number: int) -> None:
        gate.wait()
        try:
            outcomes[str(attempt(number))] += 1
        except Exception as refusal:
            outcomes[type(refusal).__name__] += 1
        finally:
            connection.close()

    started = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return outcomes


def new_code(user: User, pending: str, now: datetime) -> tuple[SMSDevice, str]:
    device = otp.device_of(user)
    # Uncommitted, the message is still to be read: its body is blanked once it has left.
    with transaction.atomic():
        otp.send_code(device, pending=pending, now=now)
        body = OutgoingMessage.objects.filter(name="accounts/login_code").first().body
    return device, re.search(r"#(\d{6})", body)[1]


def wrong_codes(user: User) -> dict:
    device, code = new_code(user, "a", NOW)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    outcomes = race(12, lambda _: otp.check_code(device_now(user), pending="a", code=wrong, now=NOW))
    device.refresh_from_db()
    return {"counted": device.throttling_failure_count, "outcomes": outcomes}


def device_now(user: User) -> SMSDevice:
    return SMSDevice.objects.get(user=user)


def right_code(user: User) -> dict:
    later = NOW + timedelta(minutes=2)
    _, code = new_code(user, "b", later)
    return {"outcomes": race(8, lambda _: otp.check_code(device_now(user), pending="b", code=code, now=later))}


def sms_asked_for(user: User) -> dict:
    later = NOW + timedelta(minutes=10)
    before = OutgoingMessage.objects.count()
    outcomes = race(8, lambda _: otp.send_code(device_now(user), pending="c", now=later))
    return {"outcomes": outcomes, "sent": OutgoingMessage.objects.count() - before}


def recovery_code(user: User) -> dict:
    code = otp.normalise(recovery.renew_recovery_codes(user=user, now=timezone.now())[0])
    outcomes = race(8, lambda _: recovery.use_recovery_code(user=user, code=code, now=NOW) and "in")
    return {"outcomes": outcomes, "left": recovery.remaining_recovery_codes(user)}


def app_code(user: User) -> dict:
    device, then = totp.start_totp(user=user), NOW - timedelta(minutes=10)
    totp.confirm_totp(user=user, code=shown(device, then), now=then)
    right = race(8, lambda _: totp.check_totp(user=user, code=shown(device, NOW), now=NOW) and "in")
    # A failure left its pause of a second; each of the others was refused or paused.
    later = NOW + timedelta(minutes=5)
    used = shown(device, NOW)
    wrong = race(8, lambda _: totp.check_totp(user=user, code=used, now=later) and "in")
    device.refresh_from_db()
    return {"right": right, "wrong": wrong, "failures": device.throttling_failure_count}


def shown(device: TOTPDevice, at: datetime) -> str:
    return f"{hotp(base64.b32decode(device.key), int(at.timestamp()) // 30):06d}"


def passwords(user: User) -> dict:
    """Wrong ones at once: six are compared, five free and the first of the slow ones."""
    wrong = {"email": user.email, "password": "faux"}
    return {"answers": race(8, lambda _: Client(SERVER_NAME="localhost").post("/connexion/", wrong).status_code)}


def logins(user: User) -> dict:
    """One code in the same browser twice at once: one session."""
    client = Client(SERVER_NAME="localhost", REMOTE_ADDR="203.0.113.1")
    client.post("/connexion/", {"email": user.email, "password": PASSWORD})
    codes = [otp.normalise(code) for code in recovery.renew_recovery_codes(user=user, now=timezone.now())]
    session = client.cookies["session"].value

    def enter(_: int) -> str:
        twin = Client(SERVER_NAME="localhost", REMOTE_ADDR="203.0.113.1")
        twin.cookies["session"] = session
        return twin.post("/connexion/code/?par=secours", {"code": codes[0]}).headers.get("Location", "refused")

    answers = race(6, enter)
    return {"answers": answers, "sessions": LoginSession.objects.filter(user=user).count()}


def main() -> None:
    user = make_practitioner("Course", "+33612345611").user
    races = (wrong_codes, right_code, sms_asked_for, recovery_code, passwords, logins, app_code)
    print(json.dumps({one.__name__: one(user) for one in races}))


main()
