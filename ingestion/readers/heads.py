"""The first records of a file as a file of its own, for a look that need not read gigabytes."""

from __future__ import annotations

import codecs
import io
import shutil
from pathlib import Path

import duckdb

from ingestion.declaration import FileFormat
from ingestion.readers.compression import compression_of, open_content
from ingestion.readers.files import literal


def copy_head(path: Path, form: FileFormat, rows: int, target: Path) -> bool:
    """Write the first records of a file to `target`, in the same format and encoding.

    Of text the copy is byte for byte the beginning of the content: quoted line breaks stay within
    their record, damaged lines are damaged in the copy, too. Workbooks, JSON documents and
    compressed Parquet have no beginning that could be read alone, and are copied whole.

    Returns:
        Whether the file goes on after them.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if form.format in ("excel", "json") or (form.format == "parquet" and compression_of(path)):
        shutil.copyfile(path, target)
        return False
    if form.format == "parquet":
        return _copy_parquet(path, rows, target)
    encoding = codecs.lookup(form.encoding).name
    if encoding.startswith(("utf-16", "utf-32")):
        return _copy_wide(path, form, rows, target)
    quote = form.quote.encode(encoding) if form.format == "csv" else b""
    to_go = rows + _lines_before(form)
    is_inside = False
    with open_content(path) as source, target.open("wb") as copy:
        for line in source:
            if not to_go:
                return True
            copy.write(line)
            is_inside ^= bool(quote) and line.count(quote) % 2 == 1
            to_go -= not is_inside
    return False


def _copy_parquet(path: Path, rows: int, target: Path) -> bool:
    con = duckdb.connect()
    try:
        (count,), = con.execute(
            f"select count(*) from read_parquet({literal(str(path))})").fetchall()
        if count <= rows:
            shutil.copyfile(path, target)
            return False
        con.execute(f"copy (select * from read_parquet({literal(str(path))}) limit {rows}) "
                    f"to {literal(str(target))} (format parquet)")
    finally:
        con.close()
    return True


def _lines_before(form: FileFormat) -> int:
    has_header = form.format == "csv" and not form.column_names
    return form.skip_first + has_header + form.skip_after_header


def _copy_wide(path: Path, form: FileFormat, rows: int, target: Path) -> bool:
    """Encodings in which a line's end is more than one byte."""
    to_go = rows + _lines_before(form)
    is_inside = False
    with (open_content(path) as content,
          io.TextIOWrapper(content, form.encoding, "replace", newline="") as text,
          target.open("w", encoding=form.encoding, newline="") as copy):
        for line in text:
            if not to_go:
                return True
            copy.write(line)
            is_inside ^= (form.format == "csv" and bool(form.quote)
                          and line.count(form.quote) % 2 == 1)
            to_go -= not is_inside
    return False
