"""Writes one PDF from outside anew, in a process of its own: half a megabyte may unpack to a gigabyte once opened.

Run as a program: the file comes in and goes out over the standard streams; exit status 2 with a reason.
Its words are in uploads.py.
"""

import io
import resource
import sys
from typing import Any

import pikepdf

MAX_PAGES = 20
REFUSED = 2
# Address space in bytes, processor time in seconds: ten times what an honest file of 10 MB takes.
_MOST_MEMORY = 256 * 1024 * 1024
_MOST_TIME = 15
_MAX_OBJECTS = 20_000
_ACTIVE_KEYS = {
    "/JS", "/JavaScript", "/AA", "/EmbeddedFile", "/EmbeddedFiles", "/EF", "/RichMediaContent", "/XFA",
    "/3DD",
}  # fmt: skip
_ACTIVE_ACTIONS = {
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition", "/RichMediaExecute",
    "/Movie", "/Sound",
}  # fmt: skip


class Refused(Exception):
    """`args[0]` is the reason."""


def clean(data: bytes) -> bytes:
    """The same pages without what acts and without metadata. Raises Refused, or what qpdf raises for broken files."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            if pdf.is_encrypted:
                raise Refused("encrypted")
            if not 1 <= len(pdf.pages) <= MAX_PAGES or len(pdf.objects) > _MAX_OBJECTS:
                raise Refused("too_long")
            if any(_is_active(item) for item in pdf.objects):
                raise Refused("active")
            for holder, key in ((pdf.Root, "/OpenAction"), (pdf.Root, "/Metadata"), (pdf.trailer, "/Info")):
                if key in holder:
                    del holder[key]
            out = io.BytesIO()
            pdf.save(out)
            return out.getvalue()
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None


def _is_active(item: Any) -> bool:
    """Whether a PDF object holds, at any depth of its direct values, something that acts when the file is opened."""
    waiting = [item]
    while waiting:
        value = waiting.pop()
        if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
            entries = value.stream_dict if isinstance(value, pikepdf.Stream) else value
            keys = set(entries.keys())
            if keys & _ACTIVE_KEYS or str(entries.get("/S", "")) in _ACTIVE_ACTIONS:
                return True
            # Indirect values come by themselves in `pdf.objects`.
            waiting += [child for child in entries.values() if _is_direct_container(child)]
        elif isinstance(value, pikepdf.Array):
            waiting += [child for child in value if _is_direct_container(child)]
    return False


def _is_direct_container(value: Any) -> bool:
    return isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_TIME, _MOST_TIME))
    try:
        sys.stdout.buffer.write(clean(sys.stdin.buffer.read()))
    except Refused as refused:
        sys.stderr.write(refused.args[0])
        return REFUSED
    except Exception:  # qpdf raises several kinds for broken files, and MemoryError at the limit
        sys.stderr.write("broken")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
