"""French typography of what people read: a « : » or « » » that starts a line of its own looks broken on a phone."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

OURS = ("accounts", "patients", "prescriptions", "rofim", "teleconsult")
# Commands and the demonstration speak to a terminal.
ELSEWHERE = {"migrations", "management", "demo"}
# An ordinary space after a letter and before « : ; ! ? »; inside of guillemets (programs quote in English, too).
BREAKABLE = re.compile(r"[^\W\d_][’»)]? [:;!?](?=\s|$)")
# In pages and messages a word may be a value: `lines` leaves {} of it.
BREAKABLE_THERE = re.compile(r"[\w}][’»)]? [:;!?](?=\s|$)")
STRAIGHT = re.compile(r"[^\W\d_]'[^\W\d_]")
QUOTED = re.compile(r"« | »")
WRONG = (BREAKABLE_THERE, STRAIGHT, QUOTED)
MARKUP = re.compile(r"{#.*?#}|{% comment .*?endcomment %}|{%.*?%}|{{.*?}}|<!--.*?-->", re.DOTALL)


def spoken(path: Path) -> list[str]:
    """The strings of a program, without its docstrings."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


def lines(path: Path) -> list[str]:
    """The lines of a page, without the language of templates."""
    return MARKUP.sub("{}", path.read_text()).splitlines()


def test_no_break_before_a_high_punctuation_mark_in_programs():
    wrong = {
        str(path.relative_to(settings.BASE_DIR)): texts
        for name in OURS
        for path in (settings.BASE_DIR / name).rglob("*.py")
        if not ELSEWHERE & set(path.parts)
        if (texts := [text for text in spoken(path) if BREAKABLE.search(text)])
    }
    assert wrong == {}


@pytest.mark.parametrize("kind", ["html", "txt"])
def test_no_break_and_curly_apostrophes_in_pages_and_messages(kind):
    wrong = {
        str(path.relative_to(settings.BASE_DIR)): texts
        for path in (settings.BASE_DIR / "templates").rglob(f"*.{kind}")
        if (texts := [text for text in lines(path) if any(mark.search(text) for mark in WRONG)])
    }
    assert wrong == {}
