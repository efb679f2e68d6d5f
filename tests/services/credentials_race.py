"""Run as a program over DATABASE_URL: `tries` threads use each link, and the code to a new mobile, at the same time.

Prints JSON: how often each went through, and the messages that left for it.
"""

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 (models need the loaded applications)
from django.utils import timezone  # noqa: E402

from accounts import links, otp  # noqa: E402
from accounts.models import SMSDevice, User  # noqa: E402
from accounts.services import credentials  # noqa: E402
from rofim.notifications.models import OutgoingMessage  # noqa: E402
from tests.conftest import make_practitioner  # noqa: E402

NOW = timezone.now()
REFUSALS = (links.LinkDead, otp.CodeRefused, SMSDevice.DoesNotExist)


def at_once(tries: int, act: Callable[[], object]) -> int:
    """How many of `tries` threads get through."""
    gate, through = threading.Barrier(tries), Counter[bool]()

    def attempt() -> None:
        # Holds its connection before the start.
        connection.ensure_connection()
        gate.wait()
        try:
            act()
            through[True] += 1
        except REFUSALS:
            through[False] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(tries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert through.total() == tries
    return through[True]


def main(tries: int) -> None:
    user = make_practitioner("Martin", "+33612345601").user
    counted = {"password": race_link(tries, user, links.Purpose.PASSWORD), "mobile": race_mobile(tries, user)}
    user.refresh_from_db()
    counted["email"] = race_link(tries, user, links.Purpose.EMAIL)
    user.refresh_from_db()
    counted["email_back"] = race_link(tries, user, links.Purpose.EMAIL_BACK)
    names = OutgoingMessage.objects.exclude(name="accounts/login_code").values_list("name", "channel")
    told = Counter(f"{name.removeprefix('accounts/')} {channel}" for name, channel in names)
    print(json.dumps({"through": counted, "told": told}))


def race_link(tries: int, user: User, purpose: links.Purpose) -> int:
    token = links.make_link(user=user, purpose=purpose, now=NOW, email=f"{purpose}@example.org")
    acts: dict[str, Callable] = {
        links.Purpose.PASSWORD: lambda link: credentials.reset_password(link=link, password="neuf-et-long", now=NOW),
        links.Purpose.EMAIL: lambda link: credentials.change_email(link=link, now=NOW),
        links.Purpose.EMAIL_BACK: lambda link: credentials.give_email_back(link=link, now=NOW),
    }
    found = [links.find_link(purpose=purpose, token=token, now=NOW) for _ in range(tries)]
    return at_once(tries, lambda: acts[purpose](found.pop()))


def race_mobile(tries: int, user: User) -> int:
    device = SMSDevice.objects.create(user=None, name="sms", phone="+33798765432", confirmed=False)
    # Uncommitted, the message is still to be read: its body is blanked once it has left.
    with transaction.atomic():
        otp.send_code(device, pending="this change", now=NOW)
        code = re.search(r"#(\d{6})", OutgoingMessage.objects.get(name="accounts/login_code").body)[1]

    def change() -> None:
        proved = SMSDevice.objects.get(pk=device.pk)
        otp.check_code(proved, pending="this change", code=code, now=NOW)
        credentials.change_mobile(user=User.objects.get(pk=user.pk), proved=proved, now=NOW)

    return at_once(tries, change)


main(int(sys.argv[1]))
