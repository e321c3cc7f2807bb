"""A stray cell far away costs a sentence, not the process: no sheet is opened that is too large."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest

from benchmarks.workbooks import workbook
from ingestion.inspection import NotInspected, inspect_extracts
from ingestion.readers import workbook_size
from tests.unit.ingestion.places import Shop

ROWS = [["Nr", "Datum", "Betrag", "Kunde"], [1, date(2025, 1, 1), 5, "a"]]
FAR = '<c r="XFD1048576"><v>1</v></c>'


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.declare("files: 'o*', format: excel, sheet: Umsatz")
    return shop


def edited(old: str, new: str, *, sheet: int = 1, **sheets: list[list[object]]) -> bytes:
    """A workbook with another text in one of its sheets."""
    target = BytesIO()
    with (zipfile.ZipFile(BytesIO(workbook({"Umsatz": ROWS, **sheets}))) as archive,
          zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written):
        for name in archive.namelist():
            text = archive.read(name).decode()
            if name == f"xl/worksheets/sheet{sheet}.xml":
                assert old in text
                text = text.replace(old, new)
            written.writestr(name, text)
    return target.getvalue()


def with_last_row(row: str, *, sheet: int = 1, **sheets: list[list[object]]) -> bytes:
    return edited("</sheetData>", f"{row}</sheetData>", sheet=sheet, **sheets)


@pytest.mark.parametrize("row", [
    f'<row r="1048576">{FAR}</row>', f'<row r="1048576"><c s="1" r="A1048576"/>{FAR}</row>',
    f'<row>{FAR}</row>',
    '<row r="3"><c r="XFD3"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>'])
def test_a_sheet_that_reaches_too_far_is_told(shop: Shop, row: str) -> None:
    shop.write("o.xlsx", with_last_row(row))
    assert shop.problem() == (
        "o.xlsx: sheet Umsatz reaches over 1,048,576 rows and 16,384 columns; delete the rows and "
        "columns beyond the data, where a stray cell lies, or deliver CSV")
    with pytest.raises(NotInspected, match=r"o\.xlsx: sheet Umsatz reaches over"):
        inspect_extracts(shop.extracts / "o.xlsx")


def test_what_is_said_of_the_size_does_not_count(shop: Shop) -> None:
    """Neither do cells that have a colour and no value, rows without cells and other sheets."""
    shop.write("o.xlsx", edited(
        "<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>'))
    assert shop.only().rows_accepted == 1
    shop.write("o.xlsx", with_last_row(
        '<row r="9"><c r="A9" s="1"/><c r="XFD9" s="1"></c></row>'
        '<row r="1048575"><c r="A1048575" s="1"/></row><row r="1048576" ht="3"/>'))
    assert shop.only().rows_accepted == 1
    shop.write("o.xlsx", with_last_row(f'<row r="1048576">{FAR}</row>', sheet=2, Rest=ROWS))
    assert shop.only().rows_accepted == 1


@pytest.mark.parametrize("row", [
    f'<row r="1048576">{FAR}<c><v>1</v></c></row>', f'<row r="9"><x:c{FAR[2:-4]}</x:c></row>'])
def test_a_sheet_of_unclear_size_is_opened_elsewhere_first(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, row: str,
) -> None:
    monkeypatch.setattr(workbook_size, "_MOST_BYTES", 1 << 30)
    shop.write("o.xlsx", with_last_row(row))
    assert "o.xlsx: a sheet needs more than 1 GB of memory" in shop.problem()


def ods(*rows: str) -> bytes:
    """The smallest LibreOffice workbook, of one sheet."""
    content = BytesIO()
    names = "urn:oasis:names:tc:opendocument:xmlns"
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml",
                         f'<m:manifest xmlns:m="{names}:manifest:1.0"></m:manifest>')
        archive.writestr("content.xml", f"""<o:document-content xmlns:o="{names}:office:1.0"
            xmlns:table="{names}:table:1.0" xmlns:office="{names}:office:1.0"
            xmlns:text="{names}:text:1.0"><office:body><office:spreadsheet>
            <table:table table:name="Umsatz">{"".join(rows)}</table:table>
            </office:spreadsheet></office:body></o:document-content>""")
    return content.getvalue()


def row(*values: str, blank: int = 0) -> str:
    cells = f'<table:table-cell table:number-columns-repeated="{blank}"/>' if blank else ""
    cells += "".join(f'<table:table-cell office:value-type="string"><text:p>{value}</text:p>'
                     "</table:table-cell>" for value in values)
    return f"<table:table-row>{cells}</table:table-row>"


def test_a_workbook_of_libreoffice_is_guarded(
    shop: Shop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbook_size, "_MOST_BYTES", 1 << 30)
    rows = [row("Nr", "Datum", "Betrag", "Kunde"), row("1", "2025-01-01", "5", "a")]
    shop.write("o.ods", ods(*rows))
    assert shop.only().rows_accepted == 1
    shop.write("o.ods", ods(*rows, '<table:table-row table:number-rows-repeated="1000000">'
                            "<table:table-cell/></table:table-row>", row("x", blank=60)))
    assert "o.ods: a sheet needs more than 1 GB of memory" in shop.problem()
