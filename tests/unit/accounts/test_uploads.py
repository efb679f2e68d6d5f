"""Files from outside: what is refused, and what is left of what is taken."""

import io
import resource
import struct
import zlib
from contextlib import suppress

import pikepdf
import pillow_heif
import pytest
from django.core.exceptions import ValidationError
from PIL import Image, ImageFile

from rofim.uploads import PICTURES, CleanFile, clean_signature, clean_upload
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


def slow_jpeg(scans: int) -> bytes:
    """A progressive JPEG that goes over its points again and again: 36 bytes more take 25 megapixels of work each."""
    out = io.BytesIO()
    Image.new("L", (64, 64), 128).save(out, "JPEG", progressive=True)
    whole = out.getvalue()
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * scans + whole[-2:]


def unpacking_pdf(packed: bytes) -> bytes:
    """A PDF of one empty page and one compressed stream of objects (ISO 32000-1, 7.5.7), which every reader unpacks."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R/Z 4 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        5: b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed),
    }
    out, places = b"%PDF-1.5\n", {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj %s endobj\n" % (number, body)
    rows = [(0, 0, 0), *((1, places[each], 0) for each in (1, 2, 3)), (2, 5, 0), (1, places[5], 0), (1, len(out), 0)]
    table = b"".join(struct.pack(">BIB", *row) for row in rows)
    head = b"<</Type/XRef/Size 7/W[1 4 1]/Root 1 0 R/Length %d>>" % len(table)
    return out + b"6 0 obj %sstream\n%s\nendstream endobj\nstartxref\n%d\n%%%%EOF" % (head, table, len(out))


def packed_spaces(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    spaces = b" " * 1024 * 1024
    return (
        packer.compress(b"4 0 <</A 1>>") + b"".join(packer.compress(spaces) for _ in range(megabytes)) + packer.flush()
    )


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
    "pdf with a model in space": (pdf(root={"/A": pikepdf.Dictionary({"/3DD": pikepdf.Dictionary()})}), "programme"),
    "pdf with a file": (pdf(root={"/Names": pikepdf.Dictionary(EmbeddedFiles=pikepdf.Array([]))}), "fichier joint"),
    "pdf with a password": (pdf(encryption=pikepdf.Encryption(user="secret", owner="secret")), "protégé"),
    "pdf with an owner": (pdf(encryption=pikepdf.Encryption(user="", owner="secret")), "protégé"),
    "a thousand scans": (slow_jpeg(1000), "abîmée"),
    "long pdf": (pdf(pages=21), "trop long"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), HOSTILE.values(), ids=HOSTILE)
def test_refused(content, said):
    with pytest.raises(ValidationError, match=said):
        clean_upload(upload(content, "carte.jpg"))


def test_a_pdf_with_objects_in_a_stream_is_taken():
    cleaned = clean_upload(upload(unpacking_pdf(packed_spaces(1))))
    assert int(pikepdf.open(io.BytesIO(cleaned.content)).Root.Z.A) == 1


def test_a_pdf_of_a_gigabyte_takes_none_of_our_memory():
    def most():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    hostile, before = upload(unpacking_pdf(packed_spaces(1024))), most()
    with suppress(ValidationError):
        clean_upload(hostile)
    # In KiB.
    assert most() - before < 100 * 1024


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


@pytest.mark.parametrize(
    "content", [picture(size=(1600, 1000)), heic((1600, 1000)), pdf()], ids=["jpeg", "heic", "pdf"]
)
def test_a_preview_is_a_jpeg_of_every_kind(content):
    shown = Image.open(io.BytesIO(clean_upload(upload(content)).preview()))
    assert (shown.format, max(shown.size)) == ("JPEG", 800)


def test_a_pdf_that_can_not_be_drawn_has_no_preview():
    assert CleanFile(b"%PDF-1.7", "application/pdf").preview() == b""


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
