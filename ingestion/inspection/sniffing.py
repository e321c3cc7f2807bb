"""How a file is written: format, encoding, delimiter, quote, and whether it has a header.

Decided from the bytes, not from the name alone. What does **not** belong here: what the columns
mean.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.declaration import FileFormat
from ingestion.readers.files import ExtractError

LOOK_BYTES = 1 << 20  # a header and enough records to judge
_RECORDS = 300
_BLOCK = 1 << 20
_DELIMITERS = (";", "\t", "|", ",")
_MAGIC = ((b"PAR1", "parquet"), (b"PK\x03\x04", "zip"), (b"\x1f\x8b", "gzip"),
          (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bzip2"), (b"\xd0\xcf\x11\xe0", "xls"))
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"))
_DATA = re.compile(r"""\d{1,4}[-./]\d{1,2}[-./]\d{2,4}.*|[^@\s]+@[^@\s]+\.\w+|https?://.*
                       |[+-]?\d[\d.,]*|""", re.VERBOSE)


@dataclass(frozen=True)
class Sniffed:
    """How a file is written, and a sentence for each thing found out."""

    form: FileFormat
    reasons: tuple[str, ...]


def sniff(path: Path) -> Sniffed:
    """Find out how a file is written.

    Raises:
        ExtractError: it is empty, of no kind that can be read, or has no header.
    """
    with path.open("rb") as file:
        start = file.read(LOOK_BYTES)
    if not start.strip():
        raise ExtractError(f"{path.name}: file is empty, not even a header; deliver it again")
    kind = _kind(start)
    if kind == "parquet":
        return Sniffed(FileFormat(format="parquet"), ("Parquet by its first bytes",))
    if kind:
        raise ExtractError(f"{path.name}: {kind} by its first bytes, which cannot be inspected; "
                           "export it as CSV, JSON Lines or Parquet")
    encoding, why = _encoding(path, start)
    text = _decoded(start, encoding)
    if text.lstrip()[:1] == "{":
        return Sniffed(FileFormat(format="jsonl", encoding=encoding),
                       ("JSON Lines: a JSON object a line", why))
    if text.lstrip()[:1] == "[":
        raise ExtractError(f"{path.name}: a JSON array, which cannot be inspected; export it as "
                           "JSON Lines, one object a line")
    delimiter, quote, told = _dialect(text)
    if not _has_header(text, delimiter, quote):
        raise ExtractError(
            f"{path.name}: the first line looks like a record, not like a header (it is not shown, "
            "as it may be a person's); add a line with the names of the columns")
    return Sniffed(FileFormat(format="csv", encoding=encoding, delimiter=delimiter, quote=quote),
                   (told, why))


def _kind(start: bytes) -> str:
    return next((kind for magic, kind in _MAGIC if start.startswith(magic)), "")


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
        return "windows-1252", "windows-1252, as it is not valid UTF-8"
    return "utf-8", "utf-8, as every byte of it is valid"


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
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
            if width > 1 and (round(regular, 2), width) > best[:2]:
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


def _has_header(text: str, delimiter: str, quote: str) -> bool:
    """A header has a short text in every column, and none that is a number, date or address.

    Where it has, a sentence or a value that comes again below in its column gives a record away.
    """
    first, *others = _records(text, delimiter, quote)
    names = [name.strip() for name in first]
    if any(_DATA.fullmatch(name) for name in names[:-1]) or len(set(names)) < len(names):
        return False
    if _DATA.fullmatch(names[-1]) and (names[-1] or len(names) == 1):
        return False
    if any(len(name.split()) > 8 or len(name) > 80 for name in names):
        return False
    again = [name for i, name in enumerate(names)
             if sum(len(record) > i and record[i].strip() == name for record in others) > 1]
    return not again
