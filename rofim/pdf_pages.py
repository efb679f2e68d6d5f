"""Draws one page of a PDF as a JPEG, in a process of its own with little memory and time, like pdf_cleaner.py.

Run as a program: page number (from 0) and longest side in pixels as arguments; the PDF comes in, the JPEG goes out.
"""

import resource
import sys

import pypdfium2

# Address space in bytes, processor time in seconds.
_MOST_MEMORY = 512 * 1024 * 1024
_MOST_TIME = 10


def draw(data: bytes, *, page: int, side: int) -> None:
    """Writes the JPEG to the standard output. Raises what PDFium raises for pages that it can't draw."""
    with pypdfium2.PdfDocument(data) as pdf:
        sheet = pdf[page]
        scale = side / max(*sheet.get_size(), 1)
        sheet.render(scale=scale).to_pil().convert("RGB").save(sys.stdout.buffer, "JPEG", quality=85)


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_TIME, _MOST_TIME))
    draw(sys.stdin.buffer.read(), page=int(sys.argv[1]), side=int(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
