"""Reads Excel workbooks: one sheet, or several that are alike.

Cells become text as a CSV of the same declaration would have them: numbers with the declared
decimal sign and at most 15 digits, which is what Excel itself shows, so that 0.1 + 0.2 is 0.3;
dates as ISO 8601. What does **not** belong here: the header's rules (`headers.py`).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from ingestion.declaration import FileFormat
from ingestion.readers.compression import DAMAGES, open_content
from ingestion.readers.extract import Extract, ExtractError, columnar, identifier

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

CHUNK_ROWS = 20_000
# Cells of one sheet, counted or not: a stray cell far away makes a small file huge in memory.
MOST_CELLS = 100_000_000


def workbook_header(path: Path, form: FileFormat) -> tuple[str, ...]:
    """Names of the columns of the declared sheets, blank where a column has none.

    Raises:
        ExtractError: no workbook, no such sheet, no header, or sheets that are not alike.
    """
    names: tuple[str, ...] = ()
    for sheet, found, _ in _sheets(path, form):
        if names and {*filter(None, names)} != {*filter(None, found)}:
            raise ExtractError(f"{path.name}, sheet {sheet}: has other columns than the first "
                               "sheet; declare one table per kind of sheet with `sheet`")
        names = max(names, found, key=len)
    return (*names, form.sheet_column) if form.sheet_column else names


def open_excel(
    con: duckdb.DuckDBPyConnection, paths: Iterable[Path], form: FileFormat,
    columns: tuple[str, ...],
) -> Extract:
    """Create the table `extract` from workbooks, and tell `unreadable` the totals left out.

    Raises:
        ExtractError: a workbook cannot be read.
    """
    con.execute("create temp table extract (cx360_file varchar, cx360_row bigint, "
                + ", ".join(f"{identifier(name)} varchar" for name in columns) + ")")
    for path in paths:
        number = 0
        for sheet, named, rows in _sheets(path, form):
            found = [name or f"unnamed_{i}" for i, name in enumerate(named, 1)]
            places = [found.index(name) if name in found else None for name in columns]
            while chunk := list(islice(rows, CHUNK_ROWS)):
                _insert(con, str(path), number, chunk, places, columns, form, sheet)
                number += len(chunk)
            _leave_out_last(con, path, number, form, columns)
    return columnar(columns, is_typed=False)


def _insert(
    con: duckdb.DuckDBPyConnection, file: str, number: int, rows: list[list[Any]],
    places: list[int | None], columns: tuple[str, ...], form: FileFormat, sheet: str,
) -> None:
    arrays = [pa.array([file] * len(rows), pa.string()),
              pa.array(range(number + 1, number + len(rows) + 1), pa.int64())]
    for name, place in zip(columns, places, strict=True):
        if place is None:
            values = [sheet if name == form.sheet_column else None] * len(rows)
        else:
            values = [_text(row[place], form.decimal) if place < len(row) else None
                      for row in rows]
        arrays.append(pa.array(values, pa.string()))
    names = [f"c{i}" for i in range(len(arrays))]
    con.register("cells", pa.table(arrays, names=names))
    con.execute("insert into extract select * from cells")
    con.unregister("cells")


def _leave_out_last(
    con: duckdb.DuckDBPyConnection, path: Path, number: int, form: FileFormat,
    columns: tuple[str, ...],
) -> None:
    if form.skip_last:
        record = columnar(columns, is_typed=False).record
        last = "cx360_file = $1 and cx360_row > $2 and cx360_row <= $3"
        values = [str(path), number - form.skip_last, number]
        con.execute(f"insert into unreadable select cx360_file, cx360_row, "
                    f"'left out by skip_last', {record} from extract where {last}", values)
        con.execute(f"delete from extract where {last}", values)


def _sheets(
    path: Path, form: FileFormat,
) -> Iterator[tuple[str, tuple[str, ...], Iterator[list[Any]]]]:
    """Name, header and records of each declared sheet; blank rows are none."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

    try:
        with open_content(path, is_workbook=True) as content:
            workbook = CalamineWorkbook.from_filelike(BytesIO(content.read()))
        names = [sheet.name for sheet in workbook.sheets_metadata
                 if sheet.typ == SheetTypeEnum.WorkSheet]
        for sheet in _declared(path, form, [workbook.get_sheet_by_name(name) for name in names]):
            if sheet.height * sheet.width > MOST_CELLS:
                raise ExtractError(
                    f"{path.name}: sheet {sheet.name} reaches over {sheet.height:,} rows and "
                    f"{sheet.width:,} columns; remove the stray cells, or deliver CSV")
            rows = (row for row in islice(sheet.iter_rows(), form.skip_first, None)
                    if any(cell not in ("", None) for cell in row))
            header = form.column_names or tuple(
                (_text(cell, form.decimal) or "").strip() for cell in next(rows, ()))
            if not any(header):
                raise ExtractError(f"{path.name}, sheet {sheet.name}: no header found; check "
                                   "`skip_first`")
            header += ("",) * (sheet.width - len(header))
            yield sheet.name, header, rows
    except ExtractError:
        raise
    except (CalamineError, *DAMAGES) as error:
        raise ExtractError(f"{path.name}: not readable as Excel workbook ({type(error).__name__}); "
                           "it is damaged or protected by a password: deliver it again") from error


def _declared(
    path: Path, form: FileFormat, sheets: list[CalamineSheet],
) -> list[CalamineSheet]:
    """The sheets that fit `sheet`; without it, the only one that is not empty."""
    if form.sheet:
        found = [sheet for sheet in sheets
                 if form.sheet == sheet.name or fnmatchcase(sheet.name.strip(), form.sheet)]
    else:
        found = [sheet for sheet in sheets if sheet.height]
    if not found or (len(found) > 1 and not form.sheet):
        said = (f"no sheet {form.sheet!r}" if form.sheet
                else "several sheets" if found else "nothing in any sheet")
        names = ", ".join(sheet.name for sheet in sheets[:20])
        raise ExtractError(f"{path.name}: {said}; it has {names}: name one, or a pattern such as "
                           "'Umsatz*', in `sheet`")
    return found


def _text(cell: Any, decimal: str) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (int, float)):
        if cell == int(cell) and abs(cell) < 1e15:
            return str(int(cell))
        return format(cell, ".15g").replace(".", decimal)
    if isinstance(cell, datetime.datetime):
        # A day's fraction in binary is off by microseconds.
        rounded = cell + datetime.timedelta(microseconds=500)
        rounded -= datetime.timedelta(microseconds=rounded.microsecond % 1000)
        text = rounded.isoformat(sep=" ")
        return text.removesuffix(" 00:00:00")
    return str(cell)
