"""The PDF: what is on it, its form, its seal."""

import io
import re

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from prescriptions import pdf, seal
from tests.unit.prescriptions.conftest import issue, make_draft
from tests.unit.prescriptions.papers import make_content


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return seal.apply_seal(pdf.render(make_content()))


def pages(data: bytes) -> list[str]:
    """The text of each page, read through the fonts' own tables."""
    with pikepdf.open(io.BytesIO(data)) as document:
        return [_text(page) for page in document.pages]


def _text(page: pikepdf.Page) -> str:
    tables = {name: _table(font) for name, font in page.Resources.Font.items()}
    text, table = [], {}
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "Tf":
                table = tables[str(operands[0])]
            case "Tj":
                text.append(_decode(bytes(operands[0]), table))
            case "TJ":
                text += [_decode(bytes(part), table) for part in operands[0] if isinstance(part, pikepdf.String)]
            case "ET":
                text.append("\n")
    return "".join(text)


def _table(font: pikepdf.Object) -> dict[int, str]:
    source = font.ToUnicode.read_bytes().decode()
    pairs = re.findall(r"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>", source)
    return {int(glyph, 16): bytes.fromhex(text).decode("utf-16-be") for glyph, text in pairs}


def _decode(data: bytes, table: dict[int, str]) -> str:
    return "".join(table.get(int.from_bytes(data[at : at + 2]), "?") for at in range(0, len(data), 2))


def plain(data: bytes) -> list[str]:
    return [" ".join(text.replace("\xa0", " ").split()) for text in pages(data)]


def test_it_is_pdf_a_3b_tagged_titled_and_french(sealed):
    with pikepdf.open(io.BytesIO(sealed)) as document:
        metadata = document.open_metadata()
        assert metadata["pdfaid:part"] == "3"
        assert metadata["pdfaid:conformance"].upper() == "B"
        assert metadata["dc:title"] == "Ordonnance n° 2026-000001"
        assert metadata["dc:creator"] == ["Dr Claire Carpentier"]
        assert str(document.docinfo["/Title"]) == metadata["dc:title"]
        assert str(document.docinfo["/Producer"]) == metadata["pdf:Producer"]
        assert bool(document.Root.MarkInfo.Marked)
        assert str(document.Root.Lang) == "fr"
        assert document.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert document.pdf_version == "1.7"
        assert document.Root.get("/Version") is None
        width, height = (float(document.pages[0].MediaBox[at]) for at in (2, 3))
        assert (round(width), round(height)) == (595, 842)


def test_every_font_is_ours_and_embedded(sealed):
    with pikepdf.open(io.BytesIO(sealed)) as document:
        names = set()
        for page in document.pages:
            for font in page.Resources.Font.values():
                descriptor = font.DescendantFonts[0].FontDescriptor
                assert "/FontFile2" in descriptor or "/FontFile3" in descriptor
                names.add(str(descriptor.FontName).partition("+")[2])
    assert {name.partition("-")[0] for name in names} <= {"Paper", "PaperExtended"}


def test_it_carries_what_the_law_and_the_pharmacy_want(sealed):
    original, duplicate = plain(sealed)
    for expected in (
        "Dr Claire Carpentier", "Médecin", "Médecine générale", "10003456786", "131234567", "12 quai du Port",
        "13002 Marseille, France", "+33 4 91 00 00 00", "dr@example.org", "Ordonnance n° 2026-000001",
        "Marseille, le 22/11/2026", "téléconsultation du 22/11/2026 à 21:00", "CARPENTIER Sophie", "Féminin",
        "01/02/1980", "DOLIPRANE 1", "1 000 mg, comprimé", "trois fois par jour", "par voie orale", "pendant 5 jours",
        "2 boîtes", "ne pas renouveler", "/verifier/7K2MQ4XW9Z/", "page 1/1", "Fin de l’ordonnance",
    ):  # fmt: skip
        assert expected in original, expected
        assert expected in duplicate, expected
    assert "ORIGINAL" in original
    assert "DUPLICATA" in duplicate
    assert "ORIGINAL" not in duplicate


def test_pictures_have_words_for_who_cannot_see_them(sealed):
    with pikepdf.open(io.BytesIO(sealed)) as document:
        texts = " ".join(str(item.Alt) for item in document.objects if _has_alt(item))
    assert "https://rofim.example/verifier/7K2MQ4XW9Z/" in texts
    assert "Signature de Dr Claire" in texts


def _has_alt(item: pikepdf.Object) -> bool:
    return isinstance(item, pikepdf.Dictionary) and "/Alt" in item


def test_thirty_lines_break_between_lines_and_count_their_pages():
    text = plain(pdf.render(make_content(lines=30, text=", à surveiller" * 4)))
    half = len(text) // 2
    assert len(text) % 2 == 0
    assert half > 3
    for number, page in enumerate(text[:half], start=1):
        assert f"page {number}/{half}" in page
        assert "2026-000001" in page
        # Each line starts with its name and ends with its renewal: as many of both on a page.
        assert len(re.findall(r"DOLIPRANE \d+", page)) == page.count("ne pas renouveler")
    assert sum(page.count("ne pas renouveler") for page in text[:half]) == 30
    assert "Fin de l’ordonnance" in text[half - 1]
    assert all("CARPENTIER Sophie" in page for page in text)


@pytest.mark.parametrize("lines", [3, 4, 5])
def test_the_signature_is_drawn_whole_after_the_struck_end(lines):
    data = pdf.render(make_content(lines=lines))
    with pikepdf.open(io.BytesIO(data)) as document:
        heights = [height for page in document.pages for height in _picture_heights(page)]
    # Points from the bottom of the page to the picture's lower edge: above the footer, once in each copy.
    assert len(heights) == 2
    assert all(56 < height < 780 for height in heights)
    text = plain(data)
    half = len(text) // 2
    [end] = [number for number in range(half) if "Fin de l’ordonnance" in text[number]]
    assert end in (half - 1, half - 2)


def _picture_heights(page: pikepdf.Page) -> list[float]:
    """Where the page's raster pictures (the signature is the only one) stand."""
    found, saved, matrix = [], [], pikepdf.Matrix()
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "q":
                saved.append(matrix)
            case "Q":
                matrix = saved.pop()
            case "cm":
                matrix = pikepdf.Matrix(*[float(value) for value in operands]) @ matrix
            case "Do" if page.Resources.XObject[str(operands[0])].Subtype == "/Image":
                found.append(matrix.f)
    return found


def test_long_names_stay_on_the_page():
    content = make_content(
        name="Anne-Marie-Joséphine-Éléonore de La Rochefoucauld-Montbel-d’Hérouville", text="x" * 300
    )
    assert "page 1/" in plain(pdf.render(content))[0]


def test_markup_stays_text():
    hostile = (
        '<script>alert(1)</script><img src="http://127.0.0.1:9/x.png"><link rel=stylesheet href=file:///etc/passwd>'
    )
    text = plain(pdf.render(make_content(text=hostile)))[0]
    assert "<script>alert(1)</script>" in text
    assert "http://127.0.0.1:9/x.png" in text.replace(" ", "")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x.png", "file:///etc/passwd", "data:text/css,x", "rofim:other"])
def test_no_address_is_ever_fetched(monkeypatch, url):
    monkeypatch.setattr(pdf, "paper_html", lambda content, copy: f'<html><img src="{url}" alt="x"></html>')
    with pytest.raises(pdf.ResourceRefused):
        pdf.render(make_content())


def test_the_seal_is_whole_and_ours(sealed):
    assert seal.is_intact(sealed)
    signature = PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0]
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_any_changed_byte_shows(sealed):
    signature = PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0]
    _, first, second, length = signature.byte_range
    assert second + length == len(sealed)
    covered = [*range(100, first, first // 8), *range(second, len(sealed), length // 4)]
    for at in covered:
        changed = bytearray(sealed)
        changed[at] ^= 1
        assert not seal.is_intact(bytes(changed)), at
    assert not seal.is_intact(sealed + b"\n%%EOF\n")
    assert not seal.is_intact(pdf.render(make_content()))
    assert not seal.is_intact(b"")


def test_somebody_elses_seal_is_not_ours(sealed, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    theirs = seal.apply_seal(pdf.render(make_content()))
    assert seal.is_intact(theirs)
    assert not seal.is_intact(sealed)


def test_the_key_is_not_on_disk_in_clear(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    seal.load_key()
    files = list((tmp_path / "seal").iterdir())
    assert [path.name for path in files] == ["seal.pem.enc"]
    assert b"PRIVATE KEY" not in files[0].read_bytes()


def test_the_operators_own_key(settings, tmp_path):
    pem = seal._generate()
    at = pem.index(b"-----BEGIN CERTIFICATE")
    (tmp_path / "key.pem").write_bytes(pem[:at])
    (tmp_path / "certificate.pem").write_bytes(pem[at:])
    settings.SEAL_KEY, settings.SEAL_CERTIFICATE = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    settings.DATA_DIR = tmp_path / "unused"
    assert seal.is_intact(seal.apply_seal(pdf.render(make_content())))
    assert not (tmp_path / "unused").exists()


@pytest.mark.django_db
def test_what_is_issued_is_sealed_and_whole(consultation):
    prescription = issue(make_draft(consultation, lines=2))
    assert seal.is_intact(bytes(prescription.pdf))
    assert "CARPENTIER Sophie" in plain(bytes(prescription.pdf))[0]


@pytest.mark.django_db
def test_a_failed_seal_leaves_a_draft(consultation, monkeypatch):
    draft = make_draft(consultation)
    monkeypatch.setattr(seal, "apply_seal", lambda data: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        issue(draft)
    draft.refresh_from_db()
    assert draft.is_draft
    assert draft.number == ""
