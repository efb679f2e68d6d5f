"""Draws one page of one PDF, in a process of its own: a drawing program is what hostile files aim at.

Run as a program: the PDF comes in and the JPEG goes out over the standard streams; the argument is the number of the
page, from 1. With 0 it says how many pages there are. Exit status 2: it can't be drawn.
"""

import io
import resource
import sys

import pypdfium2

REFUSED = 2
# Address space in bytes, processor time in seconds: ten times what an honest page takes.
_MOST_MEMORY = 512 * 1024 * 1024
_MOST_TIME = 15
# Pixels along the longer side: the small print of an identity card on a sheet of A4 stays readable.
_LONGEST_SIDE = 2400


def draw(data: bytes, number: int) -> bytes:
    """The page as a JPEG; raises what PDFium raises, or IndexError."""
    document = pypdfium2.PdfDocument(data)
    if number == 0:
        return str(len(document)).encode()
    if number > len(document):
        raise IndexError(number)
    page = document[number - 1]
    # Whatever size the page claims to have.
    scale = _LONGEST_SIDE / max(*page.get_size(), 1)
    out = io.BytesIO()
    page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_TIME, _MOST_TIME))
    try:
        sys.stdout.buffer.write(draw(sys.stdin.buffer.read(), int(sys.argv[1])))
    except Exception:  # PDFium has its own kinds, Pillow others, and there is MemoryError at the limit
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
