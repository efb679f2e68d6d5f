"""The communes of a postal code: one data file (rofim/data/), read once."""

import csv
import gzip
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "communes.csv.gz"


@lru_cache(maxsize=1)
def _communes_by_postal_code() -> dict[str, tuple[str, ...]]:
    with gzip.open(_FILE, "rt", encoding="utf-8", newline="") as file:
        return {row["postal_code"]: tuple(row["communes"].split("|")) for row in csv.DictReader(file)}


def communes_for(postal_code: str) -> tuple[str, ...]:
    """The communes of a French postal code, present ones first; empty if unknown (those of a CEDEX are)."""
    return _communes_by_postal_code().get(postal_code, ())


def is_commune_of(city: str, postal_code: str) -> bool:
    """Whether `city`, however it is spelled (« ST DENIS », « Saint-Denis Cedex 2 »), goes with the postal code.

    True for a postal code that the data doesn't know: nothing speaks against it.
    """
    known = communes_for(postal_code)
    return not known or _plain(city) in {_plain(name) for name in known}


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower().replace("œ", "oe").replace("æ", "ae"))
    words = re.sub(r"[^a-z0-9]+", " ", "".join(c for c in letters if not unicodedata.combining(c))).split()
    if "cedex" in words:
        words = words[: words.index("cedex")]
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)
