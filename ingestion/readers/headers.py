"""Reads the header of one file: the names of its columns, before any of its records is read."""

from __future__ import annotations

import codecs
import csv
import io
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.declaration import FileFormat
from ingestion.readers.compression import compression_of, open_content
from ingestion.readers.copies import readable_copies
from ingestion.readers.excel import workbook_header
from ingestion.readers.extract import ExtractError, literal

# Longest line that may come before the header or be it.
HEADER_CHARACTERS = 1 << 20
_DAMAGED = "\N{REPLACEMENT CHARACTER}"
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def header(path: Path, form: FileFormat) -> tuple[str, ...]:
    """Names of the columns of one file; JSON has none to know beforehand.

    Columns without a name are called by their number, `unnamed_3`.

    Raises:
        ExtractError: the file is missing, empty, damaged, not in the declared encoding, or names a
            column twice.
    """
    if not path.exists():
        raise ExtractError(f"{path.name}: file not found; check `files` in the declaration")
    if path.stat().st_size == 0:
        raise ExtractError(f"{path.name}: file is empty, not even a header; deliver it again")
    if form.format in ("json", "jsonl"):
        with open_content(path) as content:
            _check_encoding(path, form, content.read(4))
        return ()
    if form.format == "parquet":
        return _parquet_header(path)
    found = workbook_header(path, form) if form.format == "excel" else _csv_header(path, form)
    names = [name.strip() or f"unnamed_{i}" for i, name in enumerate(found, 1)]
    # Told by number, because the first line of a file without a header is a person's. The engine
    # knows no upper and lower case in names.
    folded = [name.casefold() for name in names]
    twice = [str(i) for i, name in enumerate(folded, 1) if folded.count(name) > 1]
    if twice:
        raise ExtractError(f"{path.name}: columns {', '.join(twice)} of the header do not have a "
                           "name of their own; the file may lack its header (`column_names`)")
    return tuple(names)


def column_types(path: Path, form: FileFormat) -> dict[str, str]:
    """Types that the format states for the columns of `header`; none but Parquet states any.

    Empty, too, for a file that the engine may still read or refuse with a better reason.
    """
    if form.format != "parquet":
        return {}
    try:
        if compression_of(path):
            return {}
        return {column.name: str(column.type) for column in pq.read_schema(path)}
    except (pa.ArrowException, OSError):
        return {}


def count_lines_of(path: Path, encoding: str) -> tuple[int, int]:
    """Lines with letters beyond ASCII that are valid in an encoding, and lines that are not."""
    valid = invalid = 0
    with open_content(path) as content:
        while line := content.readline(HEADER_CHARACTERS):
            if not line.isascii():
                try:
                    line.decode(encoding)
                    valid += 1
                except UnicodeError:
                    invalid += 1
    return valid, invalid


def _csv_header(path: Path, form: FileFormat) -> tuple[str, ...]:
    with open_content(path) as content:
        _check_encoding(path, form, content.read(4))
    try:
        return _decoded_header(path, form)
    except UnicodeError as error:
        if not codecs.lookup(form.encoding).name.startswith(("utf-16", "utf-32")):
            # A few damaged lines below the header are rejects, and not another encoding.
            valid, invalid = count_lines_of(path, form.encoding)
            names = _decoded_header(path, form, "replace") if valid > invalid else ()
            if names and not any(_DAMAGED in name for name in names):
                return names
        raise ExtractError(f"{path.name}: header is not {form.encoding}; set `encoding` in the "
                           "declaration (windows-1252 is usual for German systems)") from error


def _decoded_header(path: Path, form: FileFormat, errors: str = "strict") -> tuple[str, ...]:
    try:
        with open_content(path) as content:
            encoding = codecs.lookup(form.encoding).name
            text = io.TextIOWrapper(
                content, "utf-8-sig" if encoding == "utf-8" else encoding, errors, newline="")
            lines = _short_lines(text)
            skipped = sum(1 for _ in islice(lines, form.skip_first))
            if form.column_names:
                return form.column_names
            if skipped < form.skip_first:
                raise StopIteration
            names = next(_split(lines, form))
    except (StopIteration, csv.Error) as error:
        raise ExtractError(f"{path.name}: no header line found; check `delimiter`, `quote`, "
                           "`encoding` and `skip_first`") from error
    if not any(name.strip() for name in names):
        raise ExtractError(f"{path.name}: the header line is blank; say with `skip_first` how many "
                           "lines come before the header")
    return tuple(names)


def _short_lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(HEADER_CHARACTERS):
        if len(line) == HEADER_CHARACTERS:
            raise csv.Error("line too long")
        yield line


def _split(lines: Iterator[str], form: FileFormat) -> Iterator[list[str]]:
    if len(form.delimiter) > 1:
        quote = form.quote or None
        return ([name.strip(quote) for name in line.rstrip("\r\n").split(form.delimiter)]
                for line in lines)
    escape = form.escape if form.escape not in ("", form.quote) else None
    return csv.reader(
        lines, delimiter=form.delimiter, quotechar=form.quote or None, escapechar=escape,
        doublequote=escape is None, quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE)


def _check_encoding(path: Path, form: FileFormat, start: bytes) -> None:
    """A byte order mark says what the encoding is; another one declared would garble the text."""
    declared = codecs.lookup(form.encoding).name.removesuffix("-sig")
    for mark, encoding in _MARKS.items():
        if start.startswith(mark) and not declared.startswith(encoding):
            raise ExtractError(f"{path.name}: starts with the byte order mark of {encoding}, but "
                               f"{form.encoding} is declared; set `encoding: {encoding}`")


def _parquet_header(path: Path) -> tuple[str, ...]:
    if compression_of(path):
        with tempfile.TemporaryDirectory() as folder:
            copies, _ = readable_copies([path], FileFormat(format="parquet"), Path(folder))
            return _parquet_columns(path, copies[path])
    return _parquet_columns(path, path)


def _parquet_columns(path: Path, copy: Path) -> tuple[str, ...]:
    con = duckdb.connect()
    try:
        rows = con.execute(
            f"select * from read_parquet({literal(str(copy))}) limit 0").description
    except (duckdb.Error, UnicodeDecodeError) as error:  # the latter for a damaged name
        raise ExtractError(f"{path.name}: not readable as Parquet; deliver it again") from error
    finally:
        con.close()
    return tuple(column[0] for column in rows)
