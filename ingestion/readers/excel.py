"""Reads Excel workbooks: one sheet, or several that are alike.

Cells become text as a CSV of the same declaration would have them: numbers with the declared
decimal sign and at most 15 digits, which is what Excel itself shows, so that 0.1 + 0.2 is 0.3;
dates as ISO 8601. What does **not** belong here: the header's rules (`headers.py`).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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
from ingestion.readers.workbook_size import SheetSizes

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

CHUNK_ROWS = 20_000


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


def first_rows(path: Path, count: int) -> dict[str, list[list[str]]]:
    """The first rows of every sheet that is not empty, blank ones included.

    Raises:
        ExtractError: no workbook, or a sheet reaches too far.
    """
    with _opened(path, "") as (names, open_sheet):
        return {name: [[(_text(cell, ".") or "").strip() for cell in row]
                       for row in islice(sheet.iter_rows(), count)]
                for name in names if (sheet := open_sheet(name)).height}


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
    with _opened(path, form.sheet) as (names, open_sheet):
        for sheet in _declared(path, form, names, open_sheet):
            rows = (row for row in islice(sheet.iter_rows(), form.skip_first, None)
                    if any(cell not in ("", None) for cell in row))
            header = form.column_names or tuple(
                (_text(cell, form.decimal) or "").strip() for cell in next(rows, ()))
            if not any(header):
                raise ExtractError(f"{path.name}, sheet {sheet.name}: no header found; check "
                                   "`skip_first`")
            header += ("",) * (sheet.width - len(header))
            yield sheet.name, header, islice(rows, form.skip_after_header, None)


@contextmanager
def _opened(
    path: Path, pattern: str,
) -> Iterator[tuple[list[str], Callable[[str], CalamineSheet]]]:
    """Names of a workbook's sheets, and what opens one of those that fit the pattern."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

    try:
        with open_content(path, is_workbook=True) as source:
            content = source.read()
        sizes = SheetSizes(path, content, pattern)
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))

        def open_sheet(name: str) -> CalamineSheet:
            sizes.check(name)
            return workbook.get_sheet_by_name(name)

        yield [sheet.name for sheet in workbook.sheets_metadata
               if sheet.typ == SheetTypeEnum.WorkSheet], open_sheet
    except (ExtractError, FileNotFoundError, PermissionError):
        raise
    except (CalamineError, *DAMAGES) as error:
        raise ExtractError(f"{path.name}: not readable as Excel workbook ({type(error).__name__}); "
                           "it is damaged or protected by a password: deliver it again") from error


def _declared(
    path: Path, form: FileFormat, names: list[str], open_sheet: Callable[[str], CalamineSheet],
) -> Iterator[CalamineSheet]:
    """The sheets that fit `sheet`; without it, the only one that is not empty."""
    if form.sheet:
        fitting = [name for name in names
                   if form.sheet == name or fnmatchcase(name.strip(), form.sheet)]
        found: Iterator[CalamineSheet] = map(open_sheet, fitting)
        count = len(fitting)
    else:
        filled = list(islice((sheet for sheet in map(open_sheet, names) if sheet.height), 2))
        found = iter(filled)
        count = len(filled)
    if not count or (count > 1 and not form.sheet):
        said = (f"no sheet {form.sheet!r}" if form.sheet
                else "several sheets" if count else "nothing in any sheet")
        raise ExtractError(f"{path.name}: {said}; it has {', '.join(names[:20])}: name one, or a "
                           "pattern such as 'Umsatz*', in `sheet`")
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
