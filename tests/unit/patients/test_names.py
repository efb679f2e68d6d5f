"""The blind index of names: nobody else's patients, nothing readable in the table, what is typed and what it finds."""

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from patients import names
from patients.models import Patient, PatientName


def found(practitioner, typed: str) -> bool:
    return Patient.objects.named(practitioner, typed).exists()


@pytest.fixture
def helene(practitioner) -> Patient:
    return Patient.objects.create(practitioner=practitioner, last_name="Le Goff-d’Orléans", first_name="Hélène")


def test_another_practitioners_patient_is_not_found(helene, other_practitioner):
    assert not found(other_practitioner, "Hélène")
    mine = Patient.objects.create(practitioner=other_practitioner, last_name="Le Goff", first_name="Hélène")
    assert list(Patient.objects.named(other_practitioner, "Hélène")) == [mine]


def test_the_same_name_at_two_practitioners_looks_different_in_the_table(practitioner, other_practitioner):
    assert not names.indexed(practitioner.pk, "Le Goff") & names.indexed(other_practitioner.pk, "Le Goff")


def test_the_table_holds_numbers_alone(helene):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM patients_patientname")
        assert all(isinstance(value, int) for row in cursor.fetchall() for value in row)


@pytest.mark.parametrize(
    "typed",
    ["he", "HELENE", "hélène", "goff", "le goff", "Goff Hél", "orleans", "d'orl", "LE GOFF-D’ORLÉANS Hélène", "goff h",
     "l goff"],
)  # fmt: skip
def test_found_by_the_beginnings_of_the_words(practitioner, helene, typed):
    assert found(practitioner, typed)


@pytest.mark.parametrize("typed", ["", " ", "-", "’", "lene", "goffe", "helene martin", "\0", "\u202e", "😀", "%", "*"])
def test_what_is_not_meant_is_not_found(practitioner, helene, typed):
    assert not found(practitioner, typed)


def test_another_name_is_found_and_the_old_one_no_more(practitioner, helene):
    helene.last_name = "Durand"
    helene.save()
    assert found(practitioner, "durand hel")
    assert not found(practitioner, "goff")


def test_a_deleted_patient_leaves_no_entry(helene):
    helene.delete()
    assert not PatientName.objects.exists()


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1, max_size=80), st.integers(2, 80))
def test_every_beginning_of_every_word_is_asked_for_as_it_was_kept(name, length):
    for word in names.fold(name).split():
        if len(word) >= 2:
            assert set(names.asked(1, word[:length])) <= names.indexed(1, name)
