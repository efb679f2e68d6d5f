"""Files from outside are never stored as they came: sniffed, measured, decoded, written anew (reliability.md)."""

import io
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pillow_heif
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageChops, ImageFile, ImageOps, PngImagePlugin

from rofim import pdf_cleaner
from rofim.pdf_pages import NotDrawn, page_as_jpeg

pillow_heif.register_heif_opener(thumbnails=False)
# The compressed text of a PNG is a bomb of its own.
PngImagePlugin.MAX_TEXT_MEMORY = 1024 * 1024

JPEG, PNG, WEBP, HEIC, PDF = "image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf"
PICTURES = frozenset({JPEG, PNG, WEBP, HEIC})
_PILLOW_FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP", HEIC: "HEIF"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
# An identity card stays readable at this many pixels along its longer side.
_LONGEST_SIDE = 3000
_THUMBNAIL_SIDE = 240
# An honest progressive JPEG has some ten scans; a hostile one has thousands, and takes a second for each hundred.
_MAX_JPEG_SCANS = 100
_PREVIEW_SIDE = 800
_CLEANER = Path(__file__).with_name("pdf_cleaner.py")
# What pdf_cleaner.py refuses, by its reason.
_PDF_REFUSED = {
    "encrypted": _("Ce PDF est protégé : enregistrez-le sans mot de passe."),
    "too_long": _("Ce PDF est trop long : %(pages)d pages au plus."),
    "active": _("Ce PDF contient un programme ou un fichier joint : envoyez plutôt une image."),
    "broken": _("Ce PDF est abîmé : il ne peut pas être lu."),
}
# Seconds by the clock; by the processor's time the cleaner has its own limit.
_PDF_TIMEOUT = 60


@dataclass(frozen=True)
class CleanFile:
    """What may be stored: bytes that this program wrote, and their type."""

    content: bytes
    mimetype: str

    @property
    def extension(self) -> str:
        """« .jpg » or « .pdf »."""
        return ".pdf" if self.mimetype == PDF else ".jpg"

    def thumbnail(self) -> bytes:
        """A small JPEG of a picture, at most 240 pixels wide and high; empty for a PDF."""
        return b"" if self.mimetype == PDF else _reduced(self.content, _THUMBNAIL_SIDE)

    def preview(self) -> bytes:
        """A JPEG of the picture or of the PDF's first page, 800 pixels at most; empty where a page can't be drawn."""
        try:
            page = page_as_jpeg(self.content, 1) if self.mimetype == PDF else self.content
        except NotDrawn:
            return b""
        return _reduced(page, _PREVIEW_SIDE)


def presentable_name(name: str, clean: CleanFile) -> str:
    """« résultat.pdf » of « résultat.PDF »: letters, digits and usual punctuation, the ending of what is stored."""
    stem = unicodedata.normalize("NFC", name).rpartition(".")[0] or name
    shown = "".join(each if unicodedata.category(each)[0] in "LMNPZ" else " " for each in stem)
    return (" ".join(shown.split())[:80] or "document") + clean.extension


class CappedMemoryUploadHandler(FileUploadHandler):
    """Keeps uploads in memory only; past twice the limit in one request the rest is counted and thrown away."""

    def __init__(self, request: Any = None):
        super().__init__(request)
        self._kept_of_request = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._buffer = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self._kept_of_request + len(raw_data) <= 2 * settings.UPLOAD_MAX_BYTES:
            self._buffer.write(raw_data)
            self._kept_of_request += len(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self._buffer.seek(0)
        return InMemoryUploadedFile(
            self._buffer, self.field_name, self.file_name, self.content_type, file_size, self.charset,
            self.content_type_extra,
        )  # fmt: skip


def clean_upload(upload: UploadedFile, *, accepted: Iterable[str] = (*PICTURES, PDF)) -> CleanFile:
    """The upload as a JPEG without metadata or a rewritten PDF; raises ValidationError that says what is wrong."""
    data = _read(upload)
    kind = _sniff(data)
    accepted = frozenset(accepted)
    if kind is None or kind not in accepted:
        formats = _("JPEG, PNG, WebP, HEIC ou PDF") if PDF in accepted else "JPEG, PNG, WebP ou HEIC"
        words = _("Ce fichier n’est pas lisible : choisissez un fichier %(formats)s.")
        raise ValidationError(words, code="kind", params={"formats": formats})
    if kind == PDF:
        return CleanFile(_clean_pdf(data), PDF)
    picture = _decode(data, kind)
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    out = io.BytesIO()
    _on_white(picture).save(out, "JPEG", quality=88, optimize=True)
    return CleanFile(out.getvalue(), JPEG)


def clean_signature(upload: UploadedFile) -> bytes:
    """A PNG of at most 1000 × 300 pixels, black on transparent: the darker a point, the more opaque it becomes."""
    data = _read(upload)
    kind = _sniff(data)
    if kind not in PICTURES:
        raise ValidationError(
            "Ce fichier n’est pas lisible : choisissez une image JPEG, PNG, WebP ou HEIC.", code="kind"
        )
    ink = ImageChops.invert(_on_white(_decode(data, kind)).convert("L"))
    # Paper is never quite white: below a fifth of black it is paper.
    ink = ink.point([0 if level < 51 else min(255, int((level - 51) * 1.6)) for level in range(256)])
    box = ink.getbbox()
    if box is None:
        raise ValidationError("Aucun trait n’est visible : signez à l’encre noire sur du papier blanc.", code="blank")
    ink = ink.crop(box)
    ink.thumbnail((1000, 300))
    signature = Image.new("LA", ink.size, 0)
    signature.putalpha(ink)
    out = io.BytesIO()
    signature.save(out, "PNG", optimize=True)
    return out.getvalue()


def _read(upload: UploadedFile) -> bytes:
    size = upload.size or 0
    if size > settings.UPLOAD_MAX_BYTES:
        limit = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
        words = _("Ce fichier est trop lourd : %(limit)d Mo au plus.")
        raise ValidationError(words, code="too_large", params={"limit": limit})
    if not size:
        raise ValidationError(_("Ce fichier est vide."), code="empty")
    upload.seek(0)
    return upload.read()


def _sniff(data: bytes) -> str | None:
    """The kind by the first bytes; the name and the type that the browser tells prove nothing."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return HEIC
    return PDF if data.startswith(b"%PDF-") else None


def _decode(data: bytes, kind: str) -> Image.Image:
    too_many = ValidationError(
        _("Cette image est trop grande : 25 millions de pixels au plus."), code="too_many_pixels"
    )
    try:
        picture = Image.open(io.BytesIO(data), formats=[_PILLOW_FORMATS[kind]])
        # The header only: nothing is decoded before this comparison.
        if picture.width * picture.height > settings.UPLOAD_MAX_PIXELS:
            raise too_many
        # FF DA is nothing else but the start of a scan: the picture's own data never holds it (ITU-T T.81, B.1.1.5).
        if kind == JPEG and data.count(b"\xff\xda") > _MAX_JPEG_SCANS:
            raise ValueError("too many scans")
        # WeasyPrint, once a PDF was made in this process, leaves this on for everybody: half a picture would pass.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        picture.load()
        return ImageOps.exif_transpose(picture)
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many from None
    except Exception as error:  # decoders raise whatever a hostile file makes them raise
        raise ValidationError(_("Cette image est abîmée : elle ne peut pas être lue."), code="broken") from error


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(paper, rgba).convert("RGB")
    # A new image has no EXIF, no profile, no comment.
    clean = Image.new("RGB", picture.size)
    clean.paste(picture.convert("RGB"))
    return clean


def _reduced(picture: bytes, side: int) -> bytes:
    image = Image.open(io.BytesIO(picture))
    image.thumbnail((side, side))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=75, optimize=True)
    return out.getvalue()


def _clean_pdf(data: bytes) -> bytes:
    """In a process of its own (pdf_cleaner.py), which knows none of our secrets."""
    # No shell, and no word of the upload's.
    command = [sys.executable, "-I", str(_CLEANER)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, env={}, timeout=_PDF_TIMEOUT, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise ValidationError(_PDF_REFUSED["broken"], code="broken") from None
    if done.returncode == 0:
        return done.stdout
    # Killed at a limit it gives no reason.
    reason = done.stderr.decode() if done.returncode == pdf_cleaner.REFUSED else "broken"
    raise ValidationError(_PDF_REFUSED[reason], code=reason, params={"pages": pdf_cleaner.MAX_PAGES})
