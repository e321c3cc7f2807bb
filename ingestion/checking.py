"""Tries a declaration out: what would load, what would be rejected and why. Keeps nothing.

The rows go through the very steps of a load, into a raw zone that is removed afterwards. What does
**not** belong here: hiding personal data; examples are as they are, for the caller to mask.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingestion.declaration import SourceDeclaration, TableDeclaration
from ingestion.fetching.fetch import fetch_sources
from ingestion.fetching.fetcher import Secrets
from ingestion.loading import LoadReport, load_extracts
from ingestion.planning import Problem
from ingestion.raw_zone import Load, RawZone
from ingestion.readers.files import ExtractError, header
from ingestion.readers.heads import copy_head
from ingestion.readers.remote import is_remote

EXAMPLES = 10
FETCHED_ROWS = 10_000
_COLUMN = re.compile(r"\bcolumn ([^:;]+):")


@dataclass(frozen=True)
class RejectedRow:
    """A row that would be rejected; `values` are those of the columns that the reason names.

    They are keyed by the column of the contract, or by the source's own name where it is a part of
    the key.
    """

    file: str
    row: int
    reason: str
    values: dict[str, str]


@dataclass(frozen=True)
class TableCheck:
    """What one table of a declaration would load.

    `reasons` counts rejected rows by reason, `unmapped` are columns of the extracts that no table
    of the source maps, `accepted` canonical values of the first rows.
    """

    table: TableDeclaration
    files: tuple[str, ...]
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_repeated: int
    reasons: tuple[tuple[str, int], ...]
    unmapped: tuple[str, ...]
    accepted: tuple[dict[str, Any], ...]
    rejected: tuple[RejectedRow, ...]


@dataclass(frozen=True)
class SourceCheck:
    """What a declaration would load; `shortened` files were looked at by their first rows only."""

    tables: tuple[TableCheck, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    shortened: tuple[str, ...]


def check_declaration(
    declaration: SourceDeclaration, extracts: Path, *, rows: int | None = None,
    secrets: Secrets | None = None,
) -> SourceCheck:
    """Load the extracts of a source into a zone that is thrown away, and say what came of it.

    Args:
        declaration: the source.
        extracts: folder that the declaration's `files` are relative to.
        rows: look only at the first rows of each file; default: all. What lies in a store is
            always read as a whole; a database or an API is asked for 10,000 by default.
        secrets: environment variables that open a database or an API.
    """
    with tempfile.TemporaryDirectory(prefix="cx360_check_") as folder:
        shortened: tuple[str, ...] = ()
        own = extracts
        if rows is not None:
            own = Path(folder) / "extracts" / extracts.name
            own.mkdir(parents=True)
            shortened = _shorten(declaration, extracts, own, rows)
        zone = RawZone(Path(folder) / "raw")
        if declaration.connection:
            most = rows or FETCHED_ROWS
            landed = fetch_sources([declaration], zone, secrets or {}, most=most).landed
            shortened += tuple(file.label for file in landed if file.rows >= most)
        report = load_extracts([declaration], own, zone)
        tables = tuple(_check_table(declaration, table, report, zone, own)
                       for table in declaration.tables)
    return SourceCheck(tables, report.problems, report.warnings, shortened)


def _shorten(
    declaration: SourceDeclaration, extracts: Path, target: Path, rows: int,
) -> tuple[str, ...]:
    """Copy the beginnings of the source's files; the names of those that go on."""
    shortened: dict[str, None] = {}
    for table in declaration.tables:
        is_local = table.files and not is_remote(table.files)
        for path in sorted(extracts.glob(table.files)) if is_local else ():
            copy = target / path.relative_to(extracts)
            if not path.is_file() or copy.exists():
                continue
            try:
                if copy_head(path, table, rows, copy):
                    shortened[path.relative_to(extracts).as_posix()] = None
            except (ExtractError, OSError, duckdb.Error):
                copy.unlink(missing_ok=True)
                copy.symlink_to(path.resolve())  # the load says what is wrong with it
    return tuple(shortened)


def _check_table(
    declaration: SourceDeclaration, table: TableDeclaration, report: LoadReport, zone: RawZone,
    extracts: Path,
) -> TableCheck:
    loads = [load for load in report.loaded if load.label == table.label]
    con = duckdb.connect()
    try:
        reasons, rejected = _rejects(con, table, loads, zone)
        accepted = _accepted(con, table, zone.files_of(loads))
    finally:
        con.close()
    return TableCheck(
        table, tuple(load.file for load in loads),
        sum(load.rows_read for load in loads), sum(load.rows_accepted for load in loads),
        sum(load.rows_rejected for load in loads), sum(load.rows_repeated for load in loads),
        reasons, _unmapped(declaration, table, loads, extracts), accepted, rejected)


def _accepted(
    con: duckdb.DuckDBPyConnection, table: TableDeclaration, files: list[Path],
) -> tuple[dict[str, Any], ...]:
    if not files:
        return ()
    columns = ["source_record_ref", *(c.name for c in table.contract.columns
                                      if c.name in table.columns)]
    found = con.execute(
        f"select {', '.join(columns)} from read_parquet(?) limit {EXAMPLES}",
        [[str(path) for path in files]]).fetchall()
    return tuple(dict(zip(columns, row, strict=True)) for row in found)


def _rejects(
    con: duckdb.DuckDBPyConnection, table: TableDeclaration, loads: list[Load], zone: RawZone,
) -> tuple[tuple[tuple[str, int], ...], tuple[RejectedRow, ...]]:
    """Rejected rows counted by reason, and examples that show every reason before a second one."""
    files = {load.load_id: load.file for load in loads if zone.rejects_of(load).exists()}
    if not files:
        return (), ()
    folders = [str(zone.rejects_of(load) / "*.parquet") for load in loads
               if load.load_id in files]
    # A reason that names the row kept is one reason, whichever row it was.
    con.execute(r"""
        create or replace temp table rejects as
        select *, regexp_replace(reason, 'row \d+', 'another row') as kind from read_parquet(?)""",
                [folders])
    reasons = con.execute(
        "select kind, count(*) from rejects group by 1 order by 2 desc, 1").fetchall()
    rows = con.execute(f"""
        select load_id, source_row, reason, record from rejects
        qualify row_number() over (partition by kind order by load_id, source_row) <= {EXAMPLES}
        order by row_number() over (partition by kind order by load_id, source_row), kind
        limit {EXAMPLES}""").fetchall()
    return tuple(reasons), tuple(
        RejectedRow(files[load_id], row, reason, _named_values(table, reason, record))
        for load_id, row, reason, record in rows)


def _named_values(table: TableDeclaration, reason: str, record: str) -> dict[str, str]:
    """Values of the columns that a reason names; a line that cannot be divided has none."""
    try:
        data = json.loads(record)
    except (json.JSONDecodeError, RecursionError):
        return {}
    values: dict[str, str] = {}
    for name in _COLUMN.findall(reason):
        mapping = table.columns.get(name)
        sources = mapping.names if mapping else ()
        found = [text for source in sources if (text := _value(data, source))]
        if found:
            values[name] = " | ".join(found)
    return values


def _value(data: Any, name: str) -> str:
    node = data
    if isinstance(node, dict) and name not in node:
        for part in name.split("."):
            node = node.get(part) if isinstance(node, dict) else None
    else:
        node = node.get(name) if isinstance(node, dict) else None
    return "" if node is None else str(node).strip()


def _unmapped(
    declaration: SourceDeclaration, table: TableDeclaration, loads: list[Load], extracts: Path,
) -> tuple[str, ...]:
    """Columns of the extracts that no table of the source over the same files uses."""
    beside = [t for t in declaration.tables if t.files == table.files]
    used = {name for t in beside for name in _used(t)}
    names: dict[str, None] = {}
    for load in loads:
        try:
            found = (() if table.records or is_remote(load.file)
                     else header(extracts / load.file, table))
        except ExtractError:
            continue
        names |= dict.fromkeys(name for name in found if name not in used)
    return tuple(names)


def _used(table: TableDeclaration) -> Iterable[str]:
    yield from table.key
    for mapping in table.columns.values():
        yield from mapping.names
    if table.updated_at:
        yield from table.updated_at.names
    if table.unpivot:
        for accepted in table.unpivot.accepted.values():
            yield from accepted
