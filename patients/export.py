"""« Données patient » as an Excel file (product.md, 8)."""

import re
from datetime import datetime
from io import BytesIO
from typing import Any

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils.datetime import CALENDAR_WINDOWS_1900

from patients.forms import IntakeForm, format_phone
from patients.identifiers import format_nir
from patients.models import Intake

SHEET = "Données patient"
# What XML 1.0 can't hold: control characters, lone surrogates, U+FFFE and U+FFFF (openpyxl lets some through).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LABELS = {"phone": format_phone, "nir": format_nir, "beneficiary_nir": format_nir}
_LINE = Side(style="thin", color="D9E2E4")


def intake_workbook(*, intake: Intake, reference: str, now: datetime) -> bytes:
    """The .xlsx of an intake: four blocks of label and value on one A4 page. Text is never a formula."""
    workbook = Workbook()
    workbook.epoch = CALENDAR_WINDOWS_1900
    sheet = workbook.active
    sheet.title = SHEET
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 42, 52
    _text(sheet.cell(1, 1), f"{SHEET} — n° {reference}").font = Font(bold=True, size=14)
    row = 3
    for title, names in IntakeForm.GROUPS:
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=2)
        heading = _text(sheet.cell(row, 1), str(title))
        heading.font, heading.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="0B6E69")
        for name in names:
            row += 1
            _line(sheet, row, str(IntakeForm.base_fields[name].label), _value(intake, name))
        row += 2
    _line(sheet, row, "Consentement donné le", intake.consented_at)
    _line(sheet, row + 1, "Données mises à jour le", intake.updated_at)
    _text(sheet.cell(row + 3, 1), f"Fichier créé le {timezone.localtime(now):%d/%m/%Y à %H:%M}").font = Font(
        size=9, color="4B5F68"
    )
    _print_setup(sheet)
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def _value(intake: Intake, name: str) -> Any:
    value = getattr(intake, name)
    if name in ("sex", "beneficiary"):
        return getattr(intake, f"get_{name}_display")()
    return _LABELS[name](value) if name in _LABELS else value


def _line(sheet: Any, row: int, label: str, value: Any) -> None:
    cells = _text(sheet.cell(row, 1), label), sheet.cell(row, 2)
    if isinstance(value, datetime):
        cells[1].value, cells[1].number_format = timezone.localtime(value).replace(tzinfo=None), "dd/mm/yyyy hh:mm"
    elif value and not isinstance(value, str):
        cells[1].value, cells[1].number_format = value, "dd/mm/yyyy"
    else:
        _text(cells[1], value or "")
    for cell in cells:
        cell.border = Border(bottom=_LINE)
        cell.alignment = Alignment(vertical="top", horizontal="left", wrap_text=True)


def _text(cell: Cell, value: str) -> Cell:
    """Puts text that stays text: no formula, no error value, no number, nothing that XML refuses."""
    cell.value = _NOT_XML.sub("", value) or None
    if cell.value is not None:
        cell.data_type = "s"
    cell.number_format, cell.quotePrefix = "@", True
    return cell


def _print_setup(sheet: Any) -> None:
    sheet.page_setup.paperSize, sheet.page_setup.orientation = sheet.PAPERSIZE_A4, "portrait"
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = 1
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
