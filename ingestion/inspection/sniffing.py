"""How a file is written: format, encoding, delimiter, quote, and whether it has a header.

Decided from the bytes, not from the name alone. What does **not** belong here: what the columns
mean.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ingestion.declaration import FileFormat
from ingestion.readers.compression import DAMAGES, compression_of, open_content
from ingestion.readers.excel import sheets_with_rows
from ingestion.readers.files import ExtractError, header
from ingestion.readers.headers import count_lines_of

LOOK_BYTES = 1 << 20  # a header and enough records to judge
_RECORDS = 2000
_MOST_ABOVE = 10
_MOSTLY = 0.9
_LARGEST_DOCUMENT = 64 << 20
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_BLOCK = 1 << 20
_DELIMITERS = (";", "\t", "|", ",")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"))
_DATA = re.compile(r"""\d{1,4}[-./]\d{1,2}[-./]\d{2,4}.*|[^@\s]+@[^@\s]+\.\w+|https?://.*
                       |[+-]?\d[\d.,]*|""", re.VERBOSE)


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
    encoding, why = _encoding(path, start)
    is_ascii = encoding == "utf-8" and all(block.isascii() for block in _blocks(path))
    text = _decoded(start, encoding)
    if text.lstrip()[:1] in ("{", "["):
        try:
            return [_sniff_json(path, text.lstrip(), encoding, (why, *told))]
        except RecursionError as error:
            raise too_deep(path) from error
    return [replace(_sniff_csv(text, encoding, (why, *told)), is_ascii=is_ascii)]


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
    form = FileFormat(format="excel")
    sheets = sheets_with_rows(path)
    if len(sheets) < 2:
        return [Sniffed(form, ("Excel by its first bytes",))]
    every = FileFormat(format="excel", sheet="*")
    try:
        header(path, every)
    except ExtractError:  # they are not alike
        return [Sniffed(FileFormat(format="excel", sheet=name), (f"Excel, sheet {name}",))
                for name in sheets]
    return [Sniffed(every, (f"Excel, {len(sheets)} sheets that are alike",))]


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


def _sniff_csv(text: str, encoding: str, told: tuple[str, ...]) -> Sniffed:
    delimiter, quote, why = _dialect(text)
    skipped = _lines_before_header(text, delimiter, quote)
    records = _records(text.split("\n", skipped)[-1], delimiter, quote)
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if skipped:
        notes += (f"{skipped} lines before the header",)
    if not _has_header(records):
        skipped = 0
        records = _records(text, delimiter, quote)
        names = tuple(f"column_{i}" for i in range(1, max(map(len, records)) + 1))
        notes = ("no header: the first line looks like a record; name the columns",)
    is_short = bool(names) and any(len(record) < len(names) for record in records)
    if is_short and quote and _holds_letters(text, delimiter, quote, len(names)):
        quote = ""  # filling up lines and quotes exclude each other
    elif is_short and quote:
        is_short = False
        notes += ("some lines have fewer columns; they will be rejected",)
    return Sniffed(
        FileFormat(format="csv", encoding=encoding, delimiter=delimiter, quote=quote,
                   column_names=names, skip_first=skipped, may_be_short=is_short),
        (why, *told, *notes))


def _encoding(path: Path, start: bytes) -> tuple[str, str]:
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name, f"{name} by its byte order mark"
    sample = start[:4096]
    if (zeros := sample.count(0)) > len(sample) / 4:
        name = "utf-16-le" if sample[1::2].count(0) * 2 > zeros else "utf-16-be"
        return name, f"{name} by its zero bytes"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _damaged_or_local(path)
    return "utf-8", "utf-8, as every byte of it is valid"


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


def _dialect(text: str) -> tuple[str, str, str]:
    """Delimiter and quote under which most records have the same number of columns."""
    best = (0.0, 0, ",", '"')
    for quote in ('"', "", "'"):
        if quote and not re.search(rf"(^|[{''.join(_DELIMITERS)}\n]){quote}", text):
            continue
        for delimiter in _DELIMITERS:
            records = _records(text, delimiter, quote)
            width, count = Counter(map(len, records)).most_common(1)[0]
            regular = count / len(records)
            if not quote and best[1:] == (width, delimiter, '"') and regular >= best[0] - 0.02:
                if not _closes(records):
                    best = (round(regular, 2), width, delimiter, quote)
            elif not quote and best[2:] == (delimiter, '"') and round(regular, 2) <= best[0]:
                pass  # more columns, as quoted delimiters part them
            elif width > 1 and (round(regular, 2), width) > best[:2]:
                best = (round(regular, 2), width, delimiter, quote)
    regular, width, delimiter, quote = best
    if not width:
        return ",", '"', "one column, as no delimiter divides the lines evenly"
    if not quote and '"' not in text:
        quote = '"'  # none is used, so the usual one does no harm
    said = {"\t": "tab"}.get(delimiter, delimiter)
    return delimiter, quote, (
        f"delimiter {said}: {width} columns in {regular:.0%} of the first records"
        + ("" if quote else "; quotes are part of the texts"))


def _holds_letters(text: str, delimiter: str, quote: str, width: int) -> bool:
    """Whether quotes mark nothing: no value needs them, and some lie within values."""
    records = _records(text, delimiter, "")
    fields = [field.strip() for record in records for field in record]
    within = any(quote in field.strip(quote).replace(quote * 2, "") for field in fields)
    return max(map(len, records)) <= width and (within or quote not in text)


def _closes(records: list[list[str]]) -> bool:
    """Whether as many fields end with a quote as begin with one; else they belong to the texts.

    The records are divided without regard to quotes, so a quoted delimiter parts the two ends.
    """
    fields = [field.strip() for record in records for field in record]
    opened = sum(field.startswith('"') for field in fields)
    closed = sum(len(field) > 1 and field.endswith('"') for field in fields)
    return closed >= 0.9 * opened


def _records(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """The first records; the last one of the sample may be cut off and is left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote or None,
                        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE)
    records: list[list[str]] = []
    try:
        for record in reader:
            if record:
                records.append(record)
            if len(records) > _RECORDS:
                break
    except csv.Error:  # a field beyond the limit: quotes that never close
        pass
    return records[:-1] if len(records) > _RECORDS else records or [[]]


def _lines_before_header(text: str, delimiter: str, quote: str) -> int:
    """Lines of a title above the header: they have one column where the records have several."""
    widths = [len(record) for record in _records(text, delimiter, quote)]
    usual = Counter(widths).most_common(1)[0][0]
    above = next((i for i, width in enumerate(widths) if width > 1), 0)
    if usual < 2 or not 0 < above <= _MOST_ABOVE or widths[above] != usual:
        return 0
    lines = text.split("\n")
    return next(i for i, line in enumerate(lines) if delimiter in line)


def _is_data(values: list[str]) -> bool:
    """Whether a column holds numbers, dates or addresses, below whatever its first line says."""
    filled = [value for text in values if (value := text.strip())]
    return bool(filled) and (
        sum(bool(_DATA.fullmatch(value)) for value in filled) >= _MOSTLY * len(filled))


def _has_header(records: list[list[str]]) -> bool:
    """A header has a text in every column, and none that is a number, date or address.

    Where it has, a value that comes again below in its column gives a record away, and so does a
    sentence, unless some column has numbers, dates or addresses below its name: surveys are
    exported with their questions for names.
    """
    first, *others = records
    names = [name.strip() for name in first]
    if any(_DATA.fullmatch(name) for name in names[:-1]) or len(set(names)) < len(names):
        return False
    if _DATA.fullmatch(names[-1]) and (names[-1] or len(names) == 1):
        return False
    if any(len(name.split()) > 8 or len(name) > 80 for name in names) and not any(
            _is_data([record[i] for record in others if len(record) > i])
            for i in range(len(names))):
        return False
    return not any(sum(len(record) > i and record[i].strip() == name for record in others) > 1
                   for i, name in enumerate(names))
