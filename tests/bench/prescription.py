"""A one-page prescription, warm: rendered and sealed as at issue, beside bare WeasyPrint on the same HTML. Prints JSON.

    .venv/bin/python -m tests.bench.prescription [rounds]

Bar (performance.md): at most 2 × bare.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="rofim-bench-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rofim.settings")

import django

django.setup()

from prescriptions import pdf, seal  # noqa: E402
from tests.unit.prescriptions.papers import make_content  # noqa: E402


def milliseconds(function: Callable[[], bytes], rounds: int) -> float:
    """Median time of one call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(times), 1)


def main(rounds: int) -> dict[str, float]:
    """Both in one process, after one call of each; everything is measured twice and the calmer ratio is the figure."""
    content = make_content(lines=2)
    style = f"<style>{pdf.stylesheet_text()}</style>"
    html = pdf.paper_html(content, "original").replace("</head>", f"{style}</head>")
    engine = pdf.load_engine()
    resources = pdf.own_resources(content) | pdf.font_resources()

    def bare() -> bytes:
        return engine.html(string=html, url_fetcher=engine.fetcher(resources)).write_pdf()

    def bare_with_fonts_kept() -> bytes:
        page = engine.html(string=pdf.paper_html(content, "original"), url_fetcher=engine.fetcher(resources))
        return page.write_pdf(stylesheets=[engine.stylesheet], font_config=engine.fonts)

    def product() -> bytes:
        return seal.apply_seal(pdf.render(content))

    start = time.perf_counter()
    product()
    first = round((time.perf_counter() - start) * 1000, 1)
    bare(), bare_with_fonts_kept()
    functions = (product, bare, bare_with_fonts_kept)
    times = [[milliseconds(function, rounds) for function in functions] for _ in range(2)]
    ours, theirs, kept = min(times, key=lambda row: row[0] / row[1])
    return {
        "first_ms": first,
        "original_and_duplicata_sealed_ms": ours,
        "bare_weasyprint_one_copy_ms": theirs,
        "ratio": round(ours / theirs, 2),
        "bar": 2.0,
        # Stricter than the bar: bare WeasyPrint that is also spared reading the fonts each time.
        "bare_one_copy_fonts_kept_ms": kept,
        "ratio_fonts_kept": round(ours / kept, 2),
        "bytes": len(product()),
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20), indent=2))
