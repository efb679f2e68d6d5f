"""The pages of a PDF as pictures: whoever looks at a document from outside never opens the PDF itself."""

import subprocess
import sys
from pathlib import Path

_RENDERER = Path(__file__).with_name("pdf_renderer.py")
# Seconds by the clock; by the processor's time the renderer has its own limit.
_TIMEOUT = 30


class NotDrawn(Exception):
    """No such page, or one that can't be drawn within the limits."""


def count_pages(pdf: bytes) -> int:
    """How many pages there are; raises NotDrawn."""
    return int(_run(pdf, 0))


def page_as_jpeg(pdf: bytes, number: int) -> bytes:
    """Page `number`, from 1, at most 2400 pixels wide and high; raises NotDrawn."""
    if number < 1:
        raise NotDrawn
    return _run(pdf, number)


def _run(pdf: bytes, number: int) -> bytes:
    """In a process of its own (pdf_renderer.py), which knows none of our secrets."""
    command = [sys.executable, "-I", str(_RENDERER), str(number)]
    try:
        done = subprocess.run(command, input=pdf, capture_output=True, env={}, timeout=_TIMEOUT, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise NotDrawn from None
    if done.returncode:
        raise NotDrawn
    return done.stdout
