"""The English catalogue: whole, compiled, and never in the way of the French source strings."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import gettext as translated
from django.utils.translation import override
from django.utils.translation.template import templatize

FOLDER = Path(settings.LOCALE_PATHS[0]) / "en" / "LC_MESSAGES"
OURS = ("accounts", "patients", "prescriptions", "rofim", "teleconsult")
ENTRY = re.compile(r'msgid ((?:"(?:[^"\\]|\\.)*"\s*)+)msgstr ((?:"(?:[^"\\]|\\.)*"\s*)+)')
PLACE = re.compile(r"%\(\w+\)[sd]")


def unquoted(lines: str) -> str:
    return "".join(ast.literal_eval(line) for line in re.findall(r'"(?:[^"\\]|\\.)*"', lines))


@pytest.fixture(scope="module")
def source() -> dict[str, str]:
    """django.po: English by French."""
    text = (FOLDER / "django.po").read_text()
    assert "fuzzy" not in text
    assert "#~" not in text
    return {unquoted(french): unquoted(english) for french, english in ENTRY.findall(text) if unquoted(french)}


def marked() -> set[str]:
    """What templates and programs mark as to be translated."""
    found = set()
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        code = templatize(path.read_text())
        found |= {
            ast.literal_eval(text)
            for text in re.findall(r"gettext\(u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\)", code)
        }
        found |= set(re.findall(r"_\(['\"]([^'\"]+)['\"]\)", path.read_text()))
    for path in (file for name in OURS for file in (settings.BASE_DIR / name).rglob("*.py")):
        found |= {
            node.args[0].value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
            if node.args and isinstance(node.args[0], ast.Constant)
        }
    return found


def test_whatever_is_marked_is_translated(source):
    assert marked() == source.keys()
    assert [french for french, english in source.items() if not english] == []


def test_the_places_of_a_translation_are_those_of_its_source(source):
    for french, english in source.items():
        assert sorted(PLACE.findall(english)) == sorted(PLACE.findall(french)), french


def test_the_compiled_catalogue_is_that_of_the_source(source):
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    assert {french: english for french, english in compiled.items() if french} == source


def test_django_translates_none_of_the_french(source):
    """« Nom » might be a word of Django's own catalogue."""
    with override("fr"):
        assert [french for french in source if translated(french) != french] == []


def test_the_pictures_differ_in_their_words_alone():
    folder = settings.BASE_DIR / "static" / "img"
    pictures = {
        re.sub(r"(<text[^>]*>)[^<]*", r"\1", (folder / name).read_text()) for name in ("help.svg", "help.en.svg")
    }
    assert len(pictures) == 1
    assert not re.search("[éèàÉ]", (folder / "help.en.svg").read_text())
