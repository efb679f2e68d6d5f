"""« Générer une ordonnance »: drafts, issue, double clicks, bad input."""

import threading
import uuid

import pytest
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from prescriptions import services
from prescriptions.models import Prescription
from teleconsult.models import Consultation
from tests.conftest import make_consultation
from tests.unit.prescriptions.conftest import form_data, issue, make_draft


def test_the_same_form_sent_twice_issues_once(doctor, create_url):
    data = form_data()
    first, second = doctor.post(create_url, data), doctor.post(create_url, data)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert Prescription.objects.count() == 1


def test_an_issued_prescription_is_not_edited(doctor, create_url):
    data = form_data()
    doctor.post(create_url, data)
    before = Prescription.objects.get()
    doctor.post(create_url, data | {"action": "save", "lines-0-name": "MORPHINE"})
    after = Prescription.objects.get()
    assert after.content == before.content
    assert bytes(after.pdf) == bytes(before.pdf)
    assert after.lines.get().name == "DOLIPRANE"


def test_issuing_what_is_issued_is_refused(issued):
    with pytest.raises(services.AlreadyIssued):
        issue(issued)
    assert Prescription.objects.count() == 1


def test_another_consultations_form_key_is_refused(consultation, issued, practitioner):
    with pytest.raises(services.NotPrescribable):
        services.save_draft(
            consultation=make_consultation(practitioner), form_key=issued.form_key, patient={}, lines=[],
            now=timezone.now(),
        )  # fmt: skip


def test_the_form_is_filled_in_from_the_intake(doctor, create_url):
    page = doctor.get(create_url).content.decode()
    for expected in ('value="Carpentier"', 'value="Sophie"', 'value="1981-07-04"', '<option value="female" selected>'):
        assert expected in page
    assert not Prescription.objects.exists()


def test_three_empty_lines_without_javascript(doctor, create_url):
    page = doctor.get(create_url).content.decode()
    assert page.count('name="lines-2-name"') == 1
    assert 'name="lines-3-name"' not in page


def test_a_draft_is_kept_and_comes_back(doctor, create_url):
    data = form_data(action="save", lines__0__dosage="", birth_date="")
    assert doctor.post(create_url, data)["Location"] == create_url
    draft = Prescription.objects.get()
    assert draft.is_draft
    page = doctor.get(create_url).content.decode()
    assert 'value="DOLIPRANE"' in page
    assert str(draft.form_key) in page


def test_a_consultation_has_one_draft(consultation):
    first, second = make_draft(consultation), make_draft(consultation, lines=2)
    assert first.pk == second.pk
    assert second.lines.count() == 2


def test_a_ticked_line_goes_and_the_order_stays(doctor, create_url):
    data = form_data(action="save", lines__2__name="C", lines__1__name="B", lines__1__DELETE="on")
    doctor.post(create_url, data)
    assert [line.name for line in Prescription.objects.get().lines.all()] == ["DOLIPRANE", "C"]


def test_issue_freezes_numbers_and_keeps_the_paper(doctor, create_url):
    response = doctor.post(create_url, form_data())
    prescription = Prescription.objects.get()
    year = timezone.localtime(prescription.issued_at).year
    assert prescription.number == f"{year}-000001"
    assert response["Location"] == reverse("prescriptions:prescription_detail", args=[prescription.number])
    assert prescription.status == Prescription.Status.ISSUED
    assert len(prescription.verification_code) == 10
    assert prescription.content["patient"]["last_name"] == "Carpentier"
    assert prescription.content["prescriber"]["phone"].replace("\xa0", " ") == "+33 4 91 00 00 00"
    assert len(prescription.pdf_sha256) == 64
    assert AuditEvent.objects.filter(action="prescription.issued", about=f"prescription/{prescription.pk}").count() == 1


def test_what_is_frozen_survives_a_change_of_address(issued, practitioner, doctor):
    practitioner.practice_city = "Lyon"
    practitioner.save()
    assert "Marseille" in issued.content["place"]
    page = doctor.get(reverse("prescriptions:prescription_pdf", args=[issued.number]))
    assert page.content == bytes(issued.pdf)


def test_missing_things_are_listed_with_field_and_article(doctor, create_url, practitioner):
    practitioner.signature = None
    practitioner.save()
    data = form_data(birth_date="2020-01-01", lines__0__dosage="", lines__0__duration_days="", lines__0__boxes="")
    page = doctor.post(create_url, data).content.decode()
    for field in ("weight", "height", "lines-0-dosage", "lines-0-duration_days"):
        assert f'href="#id_{field}"' in page
        assert f'id="id_{field}"' in page
    for article in ("CSP R.5132-3 1°", "CSP R.5132-3 2°", "CSP R.5132-3 3°", "CSP R.5132-3 7°"):
        assert article in page
    assert reverse("accounts:account") in page
    draft = Prescription.objects.get()
    assert draft.is_draft
    assert draft.lines.get().name == "DOLIPRANE"


def test_nothing_at_all_is_a_draft_and_no_prescription(doctor, create_url):
    empty = dict.fromkeys(form_data(), "") | {"lines-TOTAL_FORMS": "0", "lines-INITIAL_FORMS": "0"}
    page = doctor.post(create_url, empty | {"action": "issue"}).content.decode()
    assert "Au moins un médicament" in page
    assert Prescription.objects.get().is_draft


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\x07b", "a\u202eb", "a\u200bb", "a\ufffdb", "💊", "µg", "β", "deux\nlignes", "n" * 201]
)
@pytest.mark.parametrize("field", ["lines-0-name", "lines-0-instructions"])
def test_unprintable_text_is_refused_and_nothing_is_saved(doctor, create_url, field, text):
    text = text * 2 if len(text) > 200 else text
    response = doctor.post(create_url, form_data() | {field: text})
    assert response.status_code == 200
    page = response.content.decode()
    assert 'aria-invalid="true"' in page
    assert "corrigez les champs" in page
    assert 'value="Carpentier"' in page
    assert not Prescription.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_date", "31/02/1980"), ("birth_date", "2999-01-01"), ("birth_date", "1850-01-01"),
        ("birth_date", "hier"), ("sex", "other"), ("weight", "lourd"), ("weight", "-3"), ("weight", "9" * 50),
        ("height", "1,75"),
        ("last_name", "x" * 81), ("last_name", "\u202eeihpoS"), ("first_name", "🙂"),
        ("lines-0-duration_days", "0"), ("lines-0-duration_days", "9" * 5000), ("lines-0-duration_days", "1e3"),
        ("lines-0-boxes", "0"), ("lines-0-boxes", "-1"), ("lines-0-renewals", "12"), ("lines-0-renewals", "deux"),
        ("lines-0-dosage", "x" * 501), ("lines-0-dosage", "x\n" * 12 + "x"), ("form_key", "not-a-key"),
        ("lines-TOTAL_FORMS", "31"), ("lines-TOTAL_FORMS", "100000"), ("lines-TOTAL_FORMS", "x"),
    ],
)  # fmt: skip
def test_bad_input_is_answered_and_saves_nothing(doctor, create_url, field, value):
    data = form_data() | {field: value}
    if value == "31":
        data |= {f"lines-{index}-name": "X" for index in range(31)}
    response = doctor.post(create_url, data)
    assert response.status_code == 200
    if field != "lines-TOTAL_FORMS" or value != "100000":
        assert not Prescription.objects.filter(status="issued").exists()
    assert not Prescription.objects.exists() or field == "lines-TOTAL_FORMS"


def test_a_decomposed_accent_is_composed(doctor, create_url):
    doctor.post(create_url, form_data(first_name="Ame\u0301lie"))
    assert Prescription.objects.get().content["patient"]["first_name"] == "Am\u00e9lie"


@pytest.mark.parametrize("weight", ["12,5", "12.5"])
def test_a_childs_weight_in_french_notation(doctor, create_url, weight):
    doctor.post(create_url, form_data(birth_date="2020-01-01", weight=weight, height="110"))
    assert Prescription.objects.get().content["patient"]["weight"] == "12,5"


def test_numbers_follow_each_other_per_practitioner_and_year(practitioner, consultation):
    first = issue(make_draft(consultation))
    second = issue(make_draft(make_consultation(practitioner)))
    assert (first.number[-6:], second.number[-6:]) == ("000001", "000002")
    later = services.issue_prescription(
        prescription=make_draft(make_consultation(practitioner)), by=practitioner.user,
        now=timezone.make_aware(timezone.datetime(2031, 12, 31, 23, 30), timezone.get_fixed_timezone(0)),
    )  # fmt: skip
    assert later.number == "2032-000001"  # Paris is an hour ahead


@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_same_moment_leave_no_gap_and_no_double(practitioner):
    drafts = [make_draft(make_consultation(practitioner)) for _ in range(4)]
    refused = []

    def click(draft: Prescription) -> None:
        try:
            issue(draft)
        except services.AlreadyIssued:
            refused.append(draft.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click, args=[draft]) for draft in drafts for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = sorted(Prescription.objects.values_list("number", flat=True))
    assert [number[-6:] for number in numbers] == ["000001", "000002", "000003", "000004"]
    assert sorted(refused) == sorted(draft.pk for draft in drafts)


@pytest.mark.django_db(transaction=True)
def test_two_first_clicks_make_one_draft(consultation):
    key = uuid.uuid4()

    def click() -> None:
        try:
            again = Consultation.objects.get(pk=consultation.pk)
            services.save_draft(consultation=again, form_key=key, patient={}, lines=[], now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Prescription.objects.count() == 1
