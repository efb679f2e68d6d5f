"""Leases: an older socket can't touch a newer one's seat; `last_seen` alone says who is here."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teleconsult import presence
from teleconsult.models import Seat
from tests.conftest import make_consultation

PATIENT, PRACTITIONER = Seat.Role.PATIENT, Seat.Role.PRACTITIONER
NOW = timezone.now()


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def take(consultation, role=PATIENT, now=NOW, page="page", comes_back=False) -> presence.Taken:
    return presence.take_seat(consultation_id=consultation.pk, role=role, page=page, comes_back=comes_back, now=now)


def prolong(consultation, epoch: int, *, heard: float, now: float) -> bool:
    """Whether a newer socket holds the seat; times in seconds from NOW."""
    key = (consultation.pk, PATIENT)
    found = presence.prolong_seats(heard={key: (epoch, NOW + seconds(heard))}, now=NOW + seconds(now))
    return found[key].epoch > epoch


def seat(consultation, role=PATIENT) -> Seat:
    return Seat.objects.get(consultation=consultation, role=role)


def lease(consultation, epoch: int) -> dict:
    return {"consultation_id": consultation.pk, "role": PATIENT, "epoch": epoch}


def test_an_older_socket_touches_nothing(consultation):
    old, new = take(consultation), take(consultation, now=NOW + seconds(1))
    presence.leave_seat(**lease(consultation, old.epoch))
    presence.fade_seat(**lease(consultation, old.epoch), now=NOW + seconds(2))
    assert prolong(consultation, old.epoch, heard=90, now=90)
    assert (seat(consultation).epoch, seat(consultation).last_seen) == (new.epoch, NOW + seconds(1))


def test_there_are_two_seats_whatever_comes(consultation):
    for moment in range(5):
        take(consultation, PATIENT, NOW + seconds(moment))
        take(consultation, PRACTITIONER, NOW + seconds(moment))
    assert Seat.objects.filter(consultation=consultation).count() == 2


def test_every_taking_raises_the_epoch(consultation):
    assert [take(consultation).epoch for _ in range(3)] == [1, 2, 3]


def test_the_lease_runs_out(consultation):
    take(consultation)
    assert presence.is_present(seat(consultation), NOW + seconds(59))
    assert not presence.is_present(seat(consultation), NOW + seconds(60))
    assert not presence.is_present(None, NOW)


def test_refreshing_prolongs_it(consultation):
    taken = take(consultation)
    assert not prolong(consultation, taken.epoch, heard=22, now=25)
    assert presence.is_present(seat(consultation), NOW + seconds(84))


def test_a_silent_socket_is_as_old_as_its_last_word(consultation):
    taken = take(consultation)
    prolong(consultation, taken.epoch, heard=10, now=12)
    prolong(consultation, taken.epoch, heard=10, now=17)
    assert seat(consultation).last_seen == NOW + seconds(10)


@pytest.mark.parametrize("end", [presence.leave_seat, lambda **held: presence.fade_seat(**held, now=NOW)])
def test_what_was_given_up_is_not_prolonged(consultation, end):
    taken = take(consultation)
    end(**lease(consultation, taken.epoch))
    before = seat(consultation).last_seen
    for heard in (3, 20):
        assert not prolong(consultation, taken.epoch, heard=heard, now=20)
    assert seat(consultation).last_seen == before


def test_many_leases_cost_few_queries(practitioner, django_assert_num_queries):
    rooms = [make_consultation(practitioner) for _ in range(20)]
    heard = {(room.pk, role): (take(room, role).epoch, NOW) for room in rooms for role in (PATIENT, PRACTITIONER)}
    with django_assert_num_queries(2):
        assert presence.prolong_seats(heard=heard, now=NOW + seconds(5)).keys() == heard.keys()
    assert set(Seat.objects.values_list("last_seen", flat=True)) == {NOW + seconds(5)}


def test_a_silent_socket_is_written_down_once(consultation, django_assert_num_queries):
    key, taken = (consultation.pk, PATIENT), take(consultation)
    prolong(consultation, taken.epoch, heard=10, now=12)
    prolong(consultation, taken.epoch, heard=10, now=17)
    with django_assert_num_queries(1):
        presence.prolong_seats(heard={key: (taken.epoch, NOW + seconds(10.001))}, now=NOW + seconds(22))
    assert seat(consultation).last_seen == NOW + seconds(10)


# --- Who comes back, and who vanished -----------------------------------------------------------


def test_whoever_comes_back_takes_no_seat_from_another_page(consultation):
    take(consultation, page="laptop")
    phone = take(consultation, page="phone", now=NOW + seconds(5))
    with pytest.raises(presence.HeldElsewhere):
        take(consultation, page="laptop", comes_back=True, now=NOW + seconds(10))
    assert (seat(consultation).epoch, seat(consultation).holder) == (phone.epoch, "phone")
    assert take(consultation, page="laptop", now=NOW + seconds(10)).epoch == phone.epoch + 1


def test_whoever_comes_back_takes_its_own_seat_and_an_empty_one(consultation):
    take(consultation, page="laptop")
    assert take(consultation, page="laptop", comes_back=True).epoch == 2
    phone = take(consultation, page="phone")
    assert take(consultation, page="laptop", comes_back=True, now=NOW + seconds(45)).epoch == 4
    phone = take(consultation, page="phone")
    presence.fade_seat(**lease(consultation, phone.epoch), now=NOW)
    assert take(consultation, page="laptop", comes_back=True).epoch == 6


@pytest.mark.parametrize(("gap", "lost"), [(1, False), (10, False), (11, True), (3000, True)])
def test_a_holder_that_vanished_is_noticed_by_the_next(consultation, gap, lost):
    take(consultation)
    assert take(consultation, now=NOW + seconds(gap)).lost_since == (NOW if lost else None)


@pytest.mark.parametrize("end", [presence.leave_seat, lambda **held: presence.fade_seat(**held, now=NOW)])
def test_a_holder_that_was_let_go_did_not_vanish(consultation, end):
    taken = take(consultation)
    end(**lease(consultation, taken.epoch))
    assert presence.lost_since(seat(consultation), NOW + seconds(3000)) is None
    assert take(consultation, now=NOW + seconds(3000)).lost_since is None


def test_leaving_frees_the_seat_at_once(consultation):
    taken = take(consultation)
    presence.leave_seat(**lease(consultation, taken.epoch))
    assert not presence.is_present(seat(consultation), NOW)


def test_a_socket_that_closed_without_a_word_frees_it_after_15_seconds(consultation):
    taken = take(consultation)
    presence.fade_seat(**lease(consultation, taken.epoch), now=NOW)
    assert presence.is_present(seat(consultation), NOW + seconds(14))
    assert not presence.is_within_reach(seat(consultation), NOW)
    assert not presence.is_present(seat(consultation), NOW + seconds(15))


def test_fading_never_prolongs(consultation):
    taken = take(consultation)
    presence.fade_seat(**lease(consultation, taken.epoch), now=NOW + seconds(50))
    assert seat(consultation).last_seen == NOW


def test_the_peer_is_seen_by_whoever_comes_second(consultation):
    assert take(consultation, PATIENT).peer_epoch is None
    assert take(consultation, PRACTITIONER).peer_epoch == 1
    assert take(consultation, PRACTITIONER, NOW + seconds(45)).peer_epoch is None


def waiting(consultation, now):
    return presence.waiting_since([consultation.pk], now).get(consultation.pk)


def test_waiting_since_survives_a_reload_but_not_an_absence(consultation):
    taken = take(consultation)
    presence.fade_seat(**lease(consultation, taken.epoch), now=NOW + seconds(20))
    take(consultation, now=NOW + seconds(30))
    assert waiting(consultation, NOW + seconds(30)) == NOW
    take(consultation, now=NOW + seconds(300))
    assert waiting(consultation, NOW + seconds(300)) == NOW + seconds(300)


def test_nobody_waits_once_the_practitioner_is_there(consultation):
    assert waiting(consultation, NOW) is None
    take(consultation, PATIENT)
    take(consultation, PRACTITIONER)
    assert waiting(consultation, NOW) is None


def test_who_waits_is_asked_once_for_all_rooms(consultation, django_assert_num_queries):
    take(consultation)
    with django_assert_num_queries(1):
        assert presence.waiting_since([consultation.pk, consultation.pk + 1], NOW) == {consultation.pk: NOW}
    assert presence.waiting_since([consultation.pk], NOW + presence.PRESENCE_TTL) == {}
    assert presence.waiting_since([consultation.pk + 1], NOW) == {}
