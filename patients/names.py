"""Names found although they are encrypted: a blind index of the first letters of each word. Pure.

Each prefix of 2 to 12 letters (and each whole word) is kept as a keyed 64-bit digest, another one for each
practitioner. Whoever has the table without the key learns which of one practitioner's patients begin alike, no name.
"""

import unicodedata

from rofim.crypto import blind_index

_SHORTEST, _LONGEST = 2, 12
_SEPARATORS = str.maketrans("-‐'’·.", "      ")
# A query of more words finds nothing more.
_WORDS_READ = 6


def fold(text: str) -> str:
    """Without case, accents, hyphens and apostrophes: « le goff » finds « Le Goff », « helene » finds « Hélène »."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(bare.casefold().translate(_SEPARATORS).split())


def indexed(practitioner_id: int, *names: str) -> set[int]:
    """The digests under which somebody of these names is found."""
    found: set[str] = set()
    for word in fold(" ".join(names)).split():
        found |= {word[:length] for length in range(_SHORTEST, min(len(word), _LONGEST) + 1)} | {word[:_LONGEST]}
    return {_digest(practitioner_id, prefix) for prefix in found}


def asked(practitioner_id: int, typed: str) -> list[int]:
    """The digests that somebody must all have to be meant by what was typed; empty: nobody is."""
    words = fold(typed).split()[:_WORDS_READ]
    # « carpentier s »: the first name is only just begun.
    words = [word for word in words if len(word) >= _SHORTEST] or words
    return [_digest(practitioner_id, word[:_LONGEST]) for word in words]


def _digest(practitioner_id: int, prefix: str) -> int:
    digest = blind_index(prefix, purpose=f"patient-name/{practitioner_id}")
    # Signed, as databases keep 64 bits.
    return int.from_bytes(bytes.fromhex(digest[:16]), signed=True)
