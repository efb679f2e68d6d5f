"""What an SMS can carry: the GSM 03.38 default alphabet, its segments, and names cut to fit.

3GPP TS 23.038, 6.1.2.1 (alphabet) and TS 23.040, 9.2.3.24.1 (joined messages).
"""

import re
import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Two septets each: an escape comes first.
EXTENDED = frozenset("^{}\\[~]|€\f")

SINGLE_SEGMENT, JOINED_SEGMENT = 160, 153
MAX_SEGMENTS = 2

_URL = re.compile(r"(https?://\S+)")
_SPELLED = {
    "’": "'", "‘": "'", "ʼ": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-", "…": "...", "•": "-", "·": ".", "×": "x",
    "œ": "oe", "Œ": "OE", "ÿ": "y", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th",
    "ı": "i", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ŋ": "n", "Ŋ": "N", "ə": "e", "Ə": "E", "ẞ": "SS",
    "№": "N°", "°": "o", "`": "'", "´": "'",
}  # fmt: skip
# Passport transliteration (ICAO 9303, part 3): good enough to recognise a name.
_CYRILLIC = "а=a б=b в=v г=g д=d е=e ж=zh з=z и=i й=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh \
щ=shch ъ=ie ы=y ь= э=e ю=iu я=ia ё=e є=ie і=i ї=i ґ=g ў=u"
_GREEK = "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o"
_LETTERS = dict(pair.split("=") for table in (_CYRILLIC, _GREEK) for pair in table.split())


def _spell(character: str) -> str:
    """One character in the alphabet; « ? » for what has no spelling, nothing for marks."""
    if character in BASIC or character in EXTENDED:
        return character
    if character in _SPELLED:
        return "".join(_spell(c) for c in _SPELLED[character])
    if character in _LETTERS:
        return _LETTERS[character]
    if character.lower() in _LETTERS:
        return _LETTERS[character.lower()].capitalize()
    category = unicodedata.category(character)
    if category.startswith("Z") or character == "\t":
        return " "
    if category.startswith(("C", "M")):
        return ""
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return "?" if plain == character else "".join(_spell(c) for c in plain)


def transliterate(text: str) -> str:
    """`text` in the GSM-7 alphabet; addresses (http…) are left exactly as they are."""
    pieces = _URL.split(unicodedata.normalize("NFC", text))
    return "".join(
        piece if index % 2 else "".join(_spell(character) for character in piece) for index, piece in enumerate(pieces)
    )


def is_gsm7(text: str) -> bool:
    """Whether every character is in the alphabet (else the whole SMS turns to 70-character UCS-2 segments)."""
    return all(character in BASIC or character in EXTENDED for character in text)


def septets(text: str) -> int:
    """Length of a GSM-7 text on the air, in 7-bit units."""
    return sum(2 if character in EXTENDED else 1 for character in text)


def segments(text: str) -> int:
    """Number of SMS that a GSM-7 text costs. A joined one may lose a septet where an escape would be split: counted."""
    if septets(text) <= SINGLE_SEGMENT:
        return 1
    count, room = 1, JOINED_SEGMENT
    for character in text:
        cost = 2 if character in EXTENDED else 1
        if cost > room:
            count, room = count + 1, JOINED_SEGMENT
        room -= cost
    return count


def _initials(word: str) -> str:
    return "-".join(f"{part[0]}." for part in word.split("-") if part)


_TITLES = ("le", "la", "dr", "pr", "m", "mme")


def shorten_name(name: str, limit: int) -> str:
    """`name` (« Dr Jean-Baptiste MARTIN ») in at most `limit` septets, still recognisable.

    First names become initials, then the last name is cut and ends with a full stop. The title stays.
    """
    name = " ".join(transliterate(name).split())
    if septets(name) <= limit:
        return name
    words = name.split(" ")
    title = []
    while len(words) > 1 and words[0].rstrip(".").lower() in _TITLES:
        title.append(words.pop(0))
    # Names are written « First LAST »: the last name is what is in capitals, else the last word.
    first_of_last = next((i for i, word in enumerate(words) if word == word.upper() and len(word) > 1), len(words) - 1)
    for index in range(first_of_last):
        words[index] = _initials(words[index])
        shorter = " ".join(title + words)
        if septets(shorter) <= limit:
            return shorter
    shorter = " ".join(title + words[first_of_last:])
    if septets(shorter) <= limit:
        return shorter
    kept = ""
    for character in shorter:
        if septets(kept + character) > max(limit, 1) - 1:
            break
        kept += character
    return kept.rstrip(" -'.") + "."
