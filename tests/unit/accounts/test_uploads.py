"""Files from outside: what is refused, and what is left of what is taken."""

import io
import struct
import zlib

import pikepdf
import pillow_heif
import pytest
from django.core.exceptions import ValidationError
from PIL import Image, ImageFile

from rofim.uploads import PICTURES, clean_signature, clean_upload
from tests.unit.accounts.helpers import pdf, picture, upload


def huge_png(side: int) -> bytes:
    """A PNG of `side` × `side` black points in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = zlib.compress(b"\0" * ((side // 8 + 1) * 8), 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def heic(size=(640, 400), **options) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", size, "white")).save(out, **options)
    return out.getvalue()


def javascript() -> pikepdf.Dictionary:
    return pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


HOSTILE = {
    "empty": (b"", "vide"),
    "too heavy": (b"\xff\xd8\xff" + b"\0" * (20 * 1024 * 1024), "trop lourd"),
    "text": (b"bonjour", "pas lisible"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "pas lisible"),
    "html": (b"<!doctype html><script>alert(1)</script>", "pas lisible"),
    "gif": (picture("GIF"), "pas lisible"),
    "executable": (b"MZ" + b"\0" * 100, "pas lisible"),
    "20000 points wide": (huge_png(20_000), "trop grande"),
    "past Pillow's own limit": (huge_png(12_000), "trop grande"),
    "just past 25 megapixels": (huge_png(5_001), "trop grande"),
    "cut jpeg": (picture()[:300], "abîmée"),
    "jpeg of noise": (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8, "abîmée"),
    "png of noise": (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "abîmée"),
    "webp of noise": (b"RIFF\x40\0\0\0WEBPVP8 " + b"\0" * 64, "abîmée"),
    "heic of noise": (b"\0\0\0\x18ftypheic" + b"\0" * 64, "abîmée"),
    "broken pdf": (b"%PDF-1.7\n" + b"\0" * 64, "abîmé"),
    "pdf that starts a program": (pdf(root={"/OpenAction": javascript()}), "programme"),
    "pdf with a named program": (
        pdf(root={"/Names": pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=pikepdf.Array([])))}), "programme"
    ),
    "pdf with a nested program": (
        pdf(root={"/Deep": pikepdf.Dictionary(Kids=pikepdf.Array([pikepdf.Dictionary(N=javascript())]))}), "programme"
    ),
    "pdf that launches": (pdf(root={"/A": pikepdf.Dictionary(S=pikepdf.Name.Launch)}), "programme"),
    "pdf with a file": (pdf(root={"/Names": pikepdf.Dictionary(EmbeddedFiles=pikepdf.Array([]))}), "fichier joint"),
    "pdf with a password": (pdf(encryption=pikepdf.Encryption(user="secret", owner="secret")), "protégé"),
    "pdf with an owner": (pdf(encryption=pikepdf.Encryption(user="", owner="secret")), "protégé"),
    "long pdf": (pdf(pages=21), "trop long"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), HOSTILE.values(), ids=HOSTILE)
def test_refused(content, said):
    with pytest.raises(ValidationError, match=said):
        clean_upload(upload(content, "carte.jpg"))


def test_pdf_is_refused_where_only_pictures_are_asked_for():
    with pytest.raises(ValidationError, match=r"JPEG, PNG, WebP ou HEIC\."):
        clean_upload(upload(pdf()), accepted=PICTURES)


@pytest.mark.parametrize(
    "content", [picture("JPEG"), picture("PNG"), picture("WEBP"), heic()], ids=["jpeg", "png", "webp", "heic"]
)
def test_pictures_become_jpeg(content):
    clean = clean_upload(upload(content, "n’importe quoi.exe", "application/x-msdownload"))
    assert clean.mimetype == "image/jpeg"
    assert clean.extension == ".jpg"
    assert Image.open(io.BytesIO(clean.content)).size == (640, 400)


def test_nothing_of_the_upload_is_left():
    exif = Image.Exif()
    exif[0x010E] = "CANARI adresse"
    exif[0x0112] = 6  # turned
    dirty = picture(exif=exif, comment=b"CANARI commentaire") + b"CANARI apres la fin"
    clean = clean_upload(upload(dirty))
    assert b"CANARI" in dirty
    assert b"CANARI" not in clean.content
    assert not Image.open(io.BytesIO(clean.content)).getexif()
    assert Image.open(io.BytesIO(clean.content)).size == (400, 640)


def test_large_picture_is_reduced():
    clean = clean_upload(upload(picture(size=(5000, 4000))))
    assert Image.open(io.BytesIO(clean.content)).size == (3000, 2400)


def test_a_thumbnail_is_small_and_a_pdf_has_none():
    small = Image.open(io.BytesIO(clean_upload(upload(picture(size=(3000, 1500)))).thumbnail()))
    assert (small.format, small.size) == ("JPEG", (240, 120))
    assert clean_upload(upload(pdf())).thumbnail() == b""


def test_pdf_is_written_anew():
    clean = clean_upload(upload(pdf() + b"\nCANARI"))
    assert clean.mimetype == "application/pdf"
    assert b"CANARI" not in clean.content
    with pikepdf.open(io.BytesIO(clean.content)) as document:
        assert len(document.pages) == 1


def test_signature_is_black_on_transparent():
    page = Image.new("RGB", (2000, 1500), "#f4f1e8")
    page.paste("#1a2a80", (200, 300, 1700, 500))
    out = io.BytesIO()
    page.save(out, "JPEG")
    signature = Image.open(io.BytesIO(clean_signature(upload(out.getvalue()))))
    assert signature.format == "PNG"
    assert signature.width <= 1000
    assert signature.height <= 300
    rgba = signature.convert("RGBA")
    assert rgba.getpixel((rgba.width // 2, rgba.height // 2))[:3] == (0, 0, 0)
    assert rgba.getpixel((rgba.width // 2, rgba.height // 2))[3] > 200


def test_corners_of_a_signature_are_transparent():
    page = Image.new("RGB", (800, 400), "white")
    for step in range(300):
        page.paste("black", (100 + step, 50 + step, 110 + step, 60 + step))
    out = io.BytesIO()
    page.save(out, "PNG")
    signature = Image.open(io.BytesIO(clean_signature(upload(out.getvalue())))).convert("RGBA")
    assert signature.getpixel((signature.width - 1, 0))[3] == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [(picture(), "Aucun trait"), (pdf(), "pas lisible"), (b"", "vide"), (huge_png(20_000), "grande")],
)
def test_no_signature(content, said):
    with pytest.raises(ValidationError, match=said):
        clean_signature(upload(content))


def test_half_a_picture_is_refused_after_a_pdf_was_made_too(monkeypatch):
    """WeasyPrint leaves Pillow lenient for the whole process."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    whole = picture(size=(800, 500))
    with pytest.raises(ValidationError, match="abîmée"):
        clean_upload(upload(whole[: len(whole) // 2]))
