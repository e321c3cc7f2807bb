"""Writes the smallest Excel workbook that a test needs, in the parts Excel itself writes."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

_NS = "http://schemas.openxmlformats.org"
_DAY_ZERO = datetime(1899, 12, 30)


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    """Bytes of an .xlsx file: name of each sheet -> its rows; dates are Excel dates."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        def part(name: str, text: str) -> None:
            archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0"?>' + text)

        numbers = range(1, len(sheets) + 1)
        part("[Content_Types].xml", f'<Types xmlns="{_NS}/package/2006/content-types">'
             '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
             'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>')
        part("_rels/.rels", f'<Relationships xmlns="{_NS}/package/2006/relationships"><Relationship'
             f' Id="r1" Type="{_NS}/officeDocument/2006/relationships/officeDocument"'
             ' Target="xl/workbook.xml"/></Relationships>')
        part("xl/_rels/workbook.xml.rels",
             f'<Relationships xmlns="{_NS}/package/2006/relationships">' + "".join(
                 f'<Relationship Id="r{i}" Type="{_NS}/officeDocument/2006/relationships/worksheet"'
                 f' Target="worksheets/sheet{i}.xml"/>' for i in numbers)
             + f'<Relationship Id="s" Type="{_NS}/officeDocument/2006/relationships/styles"'
             ' Target="styles.xml"/></Relationships>')
        part("xl/workbook.xml",
             f'<workbook xmlns="{_NS}/spreadsheetml/2006/main" '
             f'xmlns:r="{_NS}/officeDocument/2006/relationships"><sheets>' + "".join(
                 f'<sheet name="{escape(name)}" sheetId="{i}" r:id="r{i}"/>'
                 for i, name in zip(numbers, sheets, strict=True)) + "</sheets></workbook>")
        # Cell style 1 is a date (built-in format 14), 2 a date with time (22).
        part("xl/styles.xml", f'<styleSheet xmlns="{_NS}/spreadsheetml/2006/main"><cellXfs>'
             '<xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
             '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>')
        for i, rows in zip(numbers, sheets.values(), strict=True):
            lines = "".join(
                f'<row r="{r}">' + "".join(
                    _cell(f"{chr(65 + c)}{r}", value) for c, value in enumerate(row))
                + "</row>" for r, row in enumerate(rows, 1))
            part(f"xl/worksheets/sheet{i}.xml", f'<worksheet xmlns="{_NS}/spreadsheetml/2006/main">'
                 f"<sheetData>{lines}</sheetData></worksheet>")
    return content.getvalue()


def _cell(place: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    if isinstance(value, datetime):
        return f'<c r="{place}" s="2"><v>{(value - _DAY_ZERO).total_seconds() / 86400!r}</v></c>'
    if isinstance(value, date):
        return f'<c r="{place}" s="1"><v>{(value - _DAY_ZERO.date()).days}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
