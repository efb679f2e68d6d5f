"""A practitioner whom no other browser test knows, with a patient whose SMS did not arrive and one of an autumn night.

Run as a program inside the demonstration's environment (call_stage.run_inside); prints the key of a session, the number
of the first appointment, the link of the second.
"""

import json
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def clocks_change(month: int) -> date:
    """The next last Sunday of March or October (directive 2000/84/EC); today's hours may be over."""
    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    ends = (date(year, month, 31) for year in (today.year, today.year + 1))
    return next(day for end in ends if (day := end - timedelta(days=end.isoweekday() % 7)) > today)


def main() -> None:
    import django

    django.setup()

    from django.utils import timezone

    from patients.wording import link_of
    from rofim.notifications.models import OutgoingMessage
    from teleconsult.services import schedule_consultation
    from tests.browser.call_stage import login_of
    from tests.conftest import make_practitioner

    now = timezone.now()
    practitioner = make_practitioner("Agenda", "+33612345641")
    unreached, nightly = (
        schedule_consultation(
            practitioner=practitioner, last_name=last_name, first_name=first_name, email="", phone=phone,
            starts_at=starts_at, by=practitioner.user, now=now,
        )
        for last_name, first_name, phone, starts_at in [
            ("Injoignable", "Irène", "+33612345642", now + timedelta(days=2)),
            ("Dupont", "Éva", "+33612345649", timezone.make_aware(datetime.combine(clocks_change(10), time(4, 40)))),
        ]
    )  # fmt: skip
    OutgoingMessage.objects.filter(about=f"invitation/{unreached.invitation_id}").update(
        status=OutgoingMessage.Status.FAILED, failed_at=now, error="ce numéro n’est pas attribué"
    )
    link = link_of(nightly.invitation)
    print(json.dumps({"session": login_of(practitioner.user), "unreached": unreached.reference, "link": link}))


if __name__ == "__main__":
    main()
