"""Rejected records as they are stored, served like an extract that was just read.

A reject keeps its whole record as JSON: text of CSV and Excel, objects of JSON as delivered, and
the types of Parquet, whose decimals and doubles are text. What does **not** belong here: lines that
could not be split into columns. They are kept as text, and only their extract can be read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import duckdb

from ingestion.declaration import TableDeclaration
from ingestion.raw_zone import Load, RawZone
from ingestion.readers.extract import (
    Extract,
    drop_extract,
    file_list,
    identifier,
    json_path,
    literal,
    replace_extract,
)
from ingestion.readers.json import extract_of_objects

_OBJECTS = ("json", "jsonl")


def read_rejects(con: duckdb.DuckDBPyConnection, zone: RawZone, loads: Iterable[Load]) -> None:
    """Create the temporary table `rejects`: what no replay has taken over yet.

    One row per reject: `load_id`, `reject_number` (its place among the rejects of its load, from
    1), `source_row`, `reason` (as first given), `record`.
    """
    loads = list(loads)
    ids = {load.load_id for load in loads}
    files = [path for load in loads for path in sorted(zone.rejects_of(load).glob("*.parquet"))]
    con.execute(f"""
        create or replace temp table rejects as
        select load_id, row_number() over (
                partition by load_id order by filename, file_row_number) as reject_number,
            source_row, reason, record
        from read_parquet({file_list(files)}, filename = true, file_row_number = true)""")
    repairs = [path for other in zone.loads() if other.replays_load_id in ids
               and other.state != "superseded"
               for path in sorted(zone.repairs_of(other).glob("*.parquet"))]
    if repairs:
        con.execute(f"""
            delete from rejects using read_parquet({file_list(repairs)}) as r
            where rejects.load_id = r.replays_load_id
                and rejects.reject_number = r.reject_number""")


def names_by_load(
    con: duckdb.DuckDBPyConnection, table: TableDeclaration,
) -> dict[str, tuple[str, ...]]:
    """Load -> columns of its rejected records; a load without any record that is whole is absent.

    Objects have no columns in common: they are read together.
    """
    if table.format in _OBJECTS:
        found = con.execute(
            f"select distinct load_id from rejects where {_is_whole(table)}").fetchall()
        return {load_id: () for (load_id,) in found}
    found = con.execute(f"""
        select load_id, json_keys(min_by(record, reject_number))
        from rejects where {_is_whole(table)} group by load_id""").fetchall()
    needed = {table.unpivot.name} if table.unpivot else set()
    return {load_id: tuple(names) for load_id, names in found if needed <= set(names)}


def open_records(
    con: duckdb.DuckDBPyConnection, table: TableDeclaration, files: dict[str, str],
    names: tuple[str, ...],
) -> Extract:
    """Create the temporary table `extract` from `rejects`, as a reader would from a file.

    Args:
        con: connection that holds `rejects`.
        table: the present declaration. Settings that say how a file is split into records and
            columns have had their effect before the records were stored.
        files: load -> the extract's name; other loads are left out.
        names: columns of the records, as `names_by_load` gives them.

    Returns:
        The extract: `cx360_file` holds the load, `cx360_row` the source's row where these differ,
        else the number of the reject, which `cx360_reject` always is.
    """
    drop_extract(con)
    con.execute("drop table if exists unreadable")
    con.execute("create temp table unreadable (cx360_file varchar, cx360_row bigint,"
                " reason varchar, record varchar)")
    loads = ", ".join(map(literal, sorted(files)))
    con.execute(f"""
        create temp table extract as
        with whole as (
            select *, count(*) over (partition by load_id, source_row) as rows_of_number
            from rejects where load_id in ({loads}) and {_is_whole(table)}
        ), numbered as (
            select *, max(rows_of_number) over (partition by load_id) as most_rows from whole
        )
        select load_id as cx360_file,
            case when most_rows = 1 then source_row else reject_number end as cx360_row,
            source_row as cx360_record, reject_number as cx360_reject, record as line,
            cast(record as json) as record
        from numbered""")
    if table.format in _OBJECTS:
        form = table.model_copy(update={"explode": "", "explode_fields": "", "skip_last": 0})
        return replace(extract_of_objects(con, form), row="extract.cx360_record")
    columns = [f"json_extract(record, {literal(_pointer(name))}) as {identifier(name)}"
               for name in names if name not in table.from_file_name]
    columns += [f"to_json(case cx360_file {_found(pattern, files)} end) as {identifier(name)}"
                for name, pattern in table.from_file_name.items()]
    replace_extract(con, "select cx360_file, cx360_row, cx360_record, cx360_reject, "
                         f"{', '.join(columns)} from extract")
    return _served(frozenset(names) | set(table.from_file_name), table.format == "parquet")


def _is_whole(table: TableDeclaration) -> str:
    """Whether a reject's record is one, and not a line as text."""
    kept = "reason not like 'line not readable:%'"
    if table.format not in _OBJECTS or table.skip_last:
        kept += " and reason <> 'left out by skip_last'"
    whole = f"({kept} and json_valid(record) and json_type(record) = 'OBJECT')"
    if table.explode:  # an element has its number; without, the list was not taken apart yet
        number = literal(json_path(f"{table.explode}_number"))
        return f"({whole} and json_extract(record, {number}) is not null)"
    return whole


def _served(names: frozenset[str], is_typed: bool) -> Extract:
    """An `extract` whose columns are JSON values; like `columnar` for what a reader read."""
    def value(name: str) -> str:
        return f"extract.{identifier(name)}"

    def text(name: str) -> str:
        first, _, rest = name.partition(".")
        if name not in names and rest and first in names:
            whole, inner = value(first), f"({value(first)} ->> '$')"
            return (f"json_extract_string(case when json_type({whole}) in ('OBJECT', 'ARRAY') "
                    f"then {whole} when json_valid({inner}) then cast({inner} as json) end, "
                    f"{literal(json_path(rest))})")
        return f"({value(name)} ->> '$')"

    def as_json(some: Iterable[str]) -> str:
        pairs = ", ".join(f"{literal(name)}: {value(name)}" for name in sorted(some))
        return f"cast(to_json({{{pairs}}}) as varchar)"

    def without(left_out: Iterable[str]) -> str:
        rest = sorted(names - set(left_out))
        if not rest:
            return "cast(null as varchar)"
        filled = ", ".join(f"nullif(trim({value(name)} ->> '$'), '')" for name in rest)
        return f"case when coalesce({filled}) is not null then {as_json(rest)} end"

    return Extract(names=names, is_typed=is_typed, text=text, record=as_json(names),
                   without=without, row="extract.cx360_record")


def _pointer(name: str) -> str:
    """JSON pointer (RFC 6901) to a name that may have dots and quotes in it."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _found(pattern: str, files: dict[str, str]) -> str:
    found = {load: re.search(pattern, Path(file).name) for load, file in sorted(files.items())}
    cases = " ".join(f"when {literal(load)} then {literal(match.group(1))}"
                     for load, match in found.items() if match)
    return cases or "when null then null"
