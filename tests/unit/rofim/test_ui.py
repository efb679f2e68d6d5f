"""What every template may write: icons, dates, telephone numbers, form fields."""

import hashlib
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import time_machine
from django import forms
from django.conf import settings
from django.template import TemplateSyntaxError, engines

from rofim import ui

EVENING = datetime(2020, 3, 18, 20, 45, tzinfo=UTC)


@pytest.mark.parametrize("name", ["no-such-icon", "../LICENSE", "", "video.svg", "Video"])
def test_icon_unknown(name):
    with pytest.raises(TemplateSyntaxError, match="unknown icon"):
        ui.icon(name)


def test_icon():
    drawing = ui.icon("video")
    assert drawing.startswith("<svg ")
    assert 'aria-hidden="true"' in drawing
    assert "<path" in drawing
    assert "style=" not in drawing


def test_every_icon_named_in_a_template_is_vendored():
    named = {
        name
        for template in (settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(r"\{% icon [\"']([^\"']+)[\"']", template.read_text())
    }
    for name in named:
        assert ui.icon(name)


def test_icon_in_a_template():
    assert "<svg" in engines["django"].from_string('{% icon "info" %}').render({})


@pytest.mark.parametrize("folder", sorted((settings.BASE_DIR / "static" / "vendor").iterdir()), ids=lambda p: p.name)
def test_vendored_files_are_those_of_their_packages(folder: Path):
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    files = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file() and p.name != "SHA256SUMS"}
    assert files.keys() == sums.keys()
    assert "LICENSE" in files
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sums[name], name


@pytest.mark.parametrize("value", [None, ""])
def test_dates_of_nothing(value):
    assert ui.date_hour(value) == ui.day(value) == ui.hour(value) == ui.elapsed(value) == ui.phone(value) == ""


def test_date_hour_in_paris():
    assert ui.date_hour(EVENING) == "18/03/2020 à 21:45"


def test_date_hour_at_the_change_of_the_clock():
    assert ui.date_hour(datetime(2020, 3, 29, 0, 59, tzinfo=UTC)) == "29/03/2020 à 01:59"
    assert ui.date_hour(datetime(2020, 3, 29, 1, 0, tzinfo=UTC)) == "29/03/2020 à 03:00"


def test_date_hour_in_a_template():
    render = engines["django"].from_string("{{ at|date_hour }} {{ at|hour }}").render
    assert render({"at": EVENING}) == "18/03/2020 à 21:45 21:45"


def test_day():
    assert ui.day(EVENING) == ui.day(date(2020, 3, 18)) == "mercredi 18\u00a0mars 2020"
    assert ui.day(datetime(2020, 3, 31, 22, 30, tzinfo=UTC)) == "mercredi 1er\u00a0avril 2020"


def test_hour():
    assert ui.hour(EVENING) == "21:45"
    assert ui.hour(time(9, 5)) == "09:05"
    assert ui.hour(time(0, 0)) == "00:00"


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(seconds=-5), "moins d’une minute"),
        (timedelta(0), "moins d’une minute"),
        (timedelta(seconds=59), "moins d’une minute"),
        (timedelta(minutes=3, seconds=59), "3 min"),
        (timedelta(minutes=65), "1 h 05"),
        (timedelta(hours=47, minutes=59), "47 h 59"),
        (timedelta(hours=48), "2 jours"),
    ],
)
def test_elapsed(duration, words):
    assert ui.elapsed(duration).replace("\u00a0", " ") == words
    with time_machine.travel(EVENING + duration, tick=False):
        assert ui.elapsed(EVENING).replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("+33612345678", "06 12 34 56 78"),
        ("0612345678", "06 12 34 56 78"),
        ("+262692123456", "0692 12 34 56"),
        ("+32470123456", "+32 470 12 34 56"),
        ("je ne sais pas", "je ne sais pas"),
    ],
)
def test_phone(number, written):
    assert ui.phone(number) == written


def test_nbsp():
    assert ui.nbsp("3 h 30") == "3\u00a0h\u00a030"


class Registration(forms.Form):
    last_name = forms.CharField(label="Nom", help_text="Celui de la carte Vitale")
    sex = forms.ChoiceField(label="Sexe", choices=[("F", "Féminin"), ("M", "Masculin")], widget=forms.RadioSelect)
    email = forms.EmailField(label="E-mail", required=False)
    accept_terms = forms.BooleanField(label="J’accepte")
    origin = forms.CharField(widget=forms.HiddenInput, required=False)


class Code(forms.Form):
    code = forms.CharField(label="Code")


def test_field_with_an_error_is_described_by_it():
    form = Registration({"email": "<script>"})
    html = form["last_name"].as_field_group()
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_last_name_helptext id_last_name_error"' in html
    assert 'id="id_last_name_helptext"' in html
    assert re.search(r'<ul class="errorlist" id="id_last_name_error"><li><svg.*Ce champ est obligatoire', html)
    email = form["email"].as_field_group()
    assert "&lt;script&gt;" in email
    assert "<script>" not in email


def test_field_required_is_told_in_words():
    form = Registration()
    assert "(obligatoire)" in form["last_name"].as_field_group()
    assert "(obligatoire)" not in form["email"].as_field_group()
    assert "(obligatoire)" not in Code()["code"].as_field_group(), "a form of one question needs no mark"


def test_field_kinds():
    form = Registration({})
    sex = form["sex"].as_field_group()
    assert "<fieldset" in sex
    assert '<fieldset class="field invalid" aria-describedby="id_sex_error">' in sex
    assert "<legend>Sexe" in sex
    tick = form["accept_terms"].as_field_group()
    assert tick.index("<input") < tick.index("J’accepte")
    assert form["origin"].as_field_group().strip().startswith("<input")


def test_errors_of_the_whole_form_are_an_alert():
    form = Registration({})
    form.add_error(None, "Rien n’a été enregistré.")
    html = form.non_field_errors().as_ul()
    assert re.search(r'<ul class="errorlist nonfield" role="alert">.*Rien n’a été enregistré', html)


def test_templates_carry_no_inline_script_or_style():
    """The Content-Security-Policy would drop them; e-mails, which need inline styles, live apart."""
    for template in (settings.BASE_DIR / "templates").rglob("*.html"):
        if "notifications" in template.parts:
            continue
        text = template.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)[^>]*>|javascript:", text), template


class Both(forms.Form):
    first = forms.CharField(required=False, widget=forms.TextInput(attrs={"autofocus": True}))
    second = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect)
    third = forms.CharField()


def focused(form: forms.Form) -> list[str]:
    page = "".join(field.as_field_group() for field in form)
    return [re.search(r'name="(\w+)"', tag)[1] for tag in re.findall(r"<input[^>]*\bautofocus\b[^>]*>", page)]


def test_the_first_wrong_field_has_the_focus():
    assert focused(Both()) == ["first"]
    assert focused(Both({})) == ["second"]
    assert focused(Both({"second": "a"})) == ["third"]
    assert focused(Both({"second": "a", "third": "x"})) == ["first"]
