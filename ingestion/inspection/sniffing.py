"""How a file is written: format and encoding; `csv_shape.py` looks at texts with columns.

Decided from the bytes, not from the name alone. What does **not** belong here: what the columns
mean.
"""

from __future__ import annotations

import codecs
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.declaration import FileFormat
from ingestion.inspection.below_header import rows_below_header
from ingestion.inspection.csv_shape import csv_shape
from ingestion.readers.compression import DAMAGES, compression_of, open_content
from ingestion.readers.excel import first_rows
from ingestion.readers.files import ExtractError, header
from ingestion.readers.headers import count_lines_of

LOOK_BYTES = 1 << 20  # a header and enough records to judge
_LARGEST_DOCUMENT = 64 << 20
_ROWS_OF_SHEET = 30
_OF_HEADER = 0.6  # of its cells are filled at least
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_BLOCK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Sniffed:
    """How a file is written, and a sentence for each thing found out.

    One that `is_ascii` fits every encoding that its neighbours have.
    """

    form: FileFormat
    reasons: tuple[str, ...]
    is_ascii: bool = False


def sniff(path: Path) -> list[Sniffed]:
    """Find out how a file is written; a workbook of different sheets is written in several ways.

    Raises:
        ExtractError: it is empty or of no kind that can be read.
    """
    with path.open("rb") as file:
        first = file.read(8)
    packed = compression_of(path)
    if not first.strip() or first in (mark for mark, _ in _BOMS):
        raise ExtractError(f"{path.name}: file is empty, not even a header; deliver it again")
    if first.startswith(_OLD_WORKBOOK) or (packed == "zip" and _is_workbook(path)):
        return _sniff_workbook(path)
    with open_content(path) as content:
        start = content.read(LOOK_BYTES)
    told = (f"{packed} by its first bytes",) if packed else ()
    if start.startswith(b"PAR1"):
        return [Sniffed(FileFormat(format="parquet"), ("Parquet by its first bytes", *told))]
    encoding, why, is_ascii = _encoding(path, start)
    text = _decoded(start, encoding)
    if text.lstrip()[:1] in ("{", "["):
        try:
            return [_sniff_json(path, text.lstrip(), encoding, (why, *told))]
        except RecursionError as error:
            raise too_deep(path) from error
    return [_sniff_csv(text, encoding, (why, *told), is_ascii=is_ascii)]


def too_deep(path: Path) -> ExtractError:
    """What is said of JSON with more levels than can be looked through."""
    return ExtractError(f"{path.name}: objects lie within objects too often to be looked through; "
                        "declare it by hand")


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except DAMAGES:
        return False


def _sniff_workbook(path: Path) -> list[Sniffed]:
    filled = first_rows(path, _ROWS_OF_SHEET)
    forms = {name: _form_of_sheet(rows) for name, rows in filled.items() if len(rows) > 1}
    first = next(iter(forms.values()), FileFormat(format="excel"))
    if len(forms) > 1 and all(form == first for form in forms.values()):
        every = first.model_copy(update={"sheet": "*"})
        try:
            header(path, every)
        except ExtractError:  # they are not alike
            pass
        else:
            return [Sniffed(every, (f"Excel, {len(forms)} sheets that are alike",))]
    if len(filled) < 2:
        return [Sniffed(first, ("Excel by its first bytes",))]
    return [Sniffed(forms.get(name, first).model_copy(update={"sheet": name}),
                    (f"Excel, sheet {name}",)) for name in forms or filled]


def _form_of_sheet(rows: list[list[str]]) -> FileFormat:
    """What is above the header and below it; a title fills few cells of those that records fill."""
    widths = [sum(map(bool, row)) for row in rows]
    above = next(i for i, width in enumerate(widths) if width >= _OF_HEADER * max(widths))
    return FileFormat(format="excel", skip_first=above,
                      skip_after_header=rows_below_header([r for r in rows[above:] if any(r)]))


def _sniff_json(path: Path, text: str, encoding: str, told: tuple[str, ...]) -> Sniffed:
    if text[0] == "[":
        return Sniffed(FileFormat(format="json", encoding=encoding), ("JSON: an array", *told))
    if _is_object(text.split("\n", 1)[0]) and text.strip().count("\n"):
        return Sniffed(FileFormat(format="jsonl", encoding=encoding),
                       ("JSON Lines: a JSON object a line", *told))
    place = _record_path(path, encoding)
    where = f"records at {place}" if place else "one record"
    return Sniffed(FileFormat(format="json", encoding=encoding, record_path=place),
                   (f"JSON: {where}", *told))


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except json.JSONDecodeError:
        return False


def _record_path(path: Path, encoding: str) -> str:
    """Where in a document the longest list of objects is; empty where there is none."""
    with open_content(path) as content:
        text = content.read(_LARGEST_DOCUMENT + 1)
    if len(text) > _LARGEST_DOCUMENT:
        raise ExtractError(f"{path.name}: a JSON document too large to look through; declare its "
                           "`record_path` by hand")
    try:
        node = json.loads(text.decode(encoding).removeprefix("\ufeff"))
    except (json.JSONDecodeError, UnicodeError) as error:
        raise ExtractError(f"{path.name}: neither a JSON document nor JSON Lines; deliver it again"
                           ) from error
    lists: dict[str, int] = {}

    def walk(value: object, place: str) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, f"{place}.{name}" if place else name)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lists[place] = len(value)

    walk(node, "")
    return min(lists, key=lambda place: (-lists[place], place)) if lists else ""


def _sniff_csv(text: str, encoding: str, told: tuple[str, ...], *, is_ascii: bool) -> Sniffed:
    form, why, notes = csv_shape(text, encoding)
    return Sniffed(form, (why, *told, *notes), is_ascii)


def _encoding(path: Path, start: bytes) -> tuple[str, str, bool]:
    """Encoding, why, and whether there is nothing but ASCII in the file."""
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name, f"{name} by its byte order mark", False
    sample = start[:4096]
    if (zeros := sample.count(0)) > len(sample) / 4:
        name = "utf-16-le" if sample[1::2].count(0) * 2 > zeros else "utf-16-be"
        return name, f"{name} by its zero bytes", False
    is_ascii, decoder = True, codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(path):
            is_ascii = is_ascii and block.isascii()
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return *_damaged_or_local(path), False
    return "utf-8", "utf-8, as every byte of it is valid", is_ascii


def _damaged_or_local(path: Path) -> tuple[str, str]:
    """Not wholly UTF-8: written so but for a few lines, or in the alphabet of the system."""
    valid, invalid = count_lines_of(path, "utf-8")
    if valid > invalid:  # a text of another alphabet is hardly ever valid by chance
        return "utf-8", (f"utf-8, as most of it is valid; {invalid} lines are not and will be "
                         "rejected")
    return "windows-1252", "windows-1252, as it is not valid UTF-8"


def _blocks(path: Path) -> Iterator[bytes]:
    with open_content(path) as file:
        while block := file.read(_BLOCK):
            yield block


def _decoded(start: bytes, encoding: str) -> str:
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(start)
    return text.removeprefix("\ufeff")
