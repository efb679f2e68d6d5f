"""Static files of production: every name that a page, a stylesheet or a module uses leads to a hashed file."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client

from tests.demonstration import ROOT

CALL_SHEETS = [ROOT / f"static/css/{name}.css" for name in ("chat", "devices", "help", "lobby", "notes", "panel")]


@pytest.fixture
def collected(settings, tmp_path: Path, monkeypatch) -> Path:
    """`collectstatic` as the image's build runs it, without the compression, which takes its time."""
    monkeypatch.setattr("whitenoise.storage.CompressedManifestStaticFilesStorage.compress_files", lambda *_: iter(()))
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "rofim.static.ModuleManifestStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_collected(collected: Path, db):
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    assert {"css/tokens.css", "img/favicon.svg", "vendor/pico@2.1.1/pico.min.css"} <= names.keys()
    for stylesheet in (collected / name for source, name in names.items() if re.match(r"css/.*\.css$", source)):
        for url in re.findall(r"""url\(["']?([^"')]+)""", stylesheet.read_text()):
            assert url.startswith("data:") or (stylesheet.parent / unquote(url)).is_file(), (stylesheet.name, url)
    for module in (collected / name for source, name in names.items() if re.match(r"js/.*\.js$", source)):
        for url in re.findall(r"""(?m)^(?:import|export)\b[^;]*?["'](\.[^"']+)["']""", module.read_text()):
            assert re.search(r"\.[0-9a-f]{12}\.js$", url), (module.name, url)
            assert (module.parent / url).is_file(), (module.name, url)
    page = Client().get("/").text
    styles = "".join((collected / names[f"css/{name}.css"]).read_text() for name in ("font", "pico"))
    for url in re.findall(r'rel="preload" href="/static([^"]+)"', page):
        assert url in styles, "preloaded under another spelling, so loaded twice"
    assert staticfiles_storage.url("css/tokens.css") in page
    assert re.search(r"/static/css/tokens\.[0-9a-f]{12}\.css", page)


def test_what_is_preloaded_is_what_the_stylesheets_load(collected: Path, db):
    page = Client().get("/").text
    preloaded = re.findall(r'rel="preload" href="/static/([^"]+)"', page)
    assert len(preloaded) == 2
    loaded = "".join(path.read_text() for path in (collected / "css").glob("*.????????????.css"))
    for address in preloaded:
        assert f'"../{address}"' in loaded


@pytest.mark.parametrize("sheet", sorted((ROOT / "static/css").glob("room*.css")) + CALL_SHEETS, ids=lambda it: it.stem)
def test_the_calls_colours_are_tokens(sheet: Path):
    values = re.findall(r":([^:;{}]*);", sheet.read_text())
    assert values
    assert [value for value in values if re.search(r"#[0-9a-fA-F]{3,8}\b|\b(rgb|hsl|oklch)a?\(", value)] == []
