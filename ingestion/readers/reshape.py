"""Changes the shape of an extract that was read: columns from the file's name, columns to rows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import duckdb

from ingestion.readers.extract import (
    Extract,
    ExtractError,
    columnar,
    identifier,
    literal,
    replace_extract,
    told_names,
)


def add_from_file_name(
    con: duckdb.DuckDBPyConnection, extract: Extract, patterns: dict[str, str],
) -> Extract:
    """Add a column to `extract` for each pattern: what its group finds in the name of the file."""
    if taken := sorted(extract.names & set(patterns)):
        raise ExtractError(f"column {', '.join(taken)} is in the file as well as in "
                           "`from_file_name`; give the latter another name")
    files = {path for (path,) in con.execute("select distinct cx360_file from extract").fetchall()}
    added = []
    for name, pattern in patterns.items():
        found = {path: re.search(pattern, Path(path).name) for path in files}
        picked = " ".join(f"when {literal(path)} then {literal(match.group(1))}"
                          for path, match in sorted(found.items()) if match)
        value = f"case cx360_file {picked} end" if picked else "cast(null as varchar)"
        added.append(f"{value} as {identifier(name)}")
    replace_extract(con, f"select *, {', '.join(added)} from extract")
    return _with_columns(extract, sorted(extract.names), tuple(patterns))


def unpivot(
    con: duckdb.DuckDBPyConnection, extract: Extract, columns: dict[str, tuple[str, ...]],
    name: str, value: str,
) -> Extract:
    """Turn columns of `extract` into rows: one row per record and column.

    Args:
        con: connection that holds `extract`.
        extract: what was read.
        columns: what a column is called in the rows -> names it may have in the file.
        name: column that gets the former.
        value: column that gets the value, the first that is not empty.

    Raises:
        ExtractError: a column is there under none of its names.
    """
    present = {column: [name for name in accepted if name in extract.names]
               for column, accepted in columns.items()}
    if missing := [" / ".join(columns[column]) for column, names in present.items() if not names]:
        raise ExtractError(f"column {', '.join(missing)} of `unpivot` is missing; "
                           f"{told_names(extract, 2 * len(missing) <= len(columns))}")
    rest = sorted(extract.names - {n for names in present.values() for n in names} - {name, value})
    kept = "".join(f", extract.{identifier(column)}" for column in rest)
    numbered = ", ".join(f"({i}, {literal(column)})" for i, column in enumerate(present))
    picked = " ".join(f"when {i} then {_first_text(extract, names)}"
                      for i, names in enumerate(present.values()))
    replace_extract(con, f"""
        select cx360_file, (cx360_row - 1) * {len(columns)} + asked.i + 1 as cx360_row,
            cx360_row as cx360_record{kept}, asked.name as {identifier(name)},
            case asked.i {picked} end as {identifier(value)}
        from extract cross join (values {numbered}) as asked (i, name)""")
    return replace(_with_columns(extract, rest, (name, value)), row="extract.cx360_record")


def _with_columns(extract: Extract, kept: list[str], added: tuple[str, ...]) -> Extract:
    """What `extract` serves once columns of text were added to those kept of it."""
    widened = columnar((*kept, *added), is_typed=extract.is_typed)
    return replace(widened, row=extract.row, text=lambda name: (
        widened.text(name) if name in added else extract.text(name)))


def _first_text(extract: Extract, names: list[str]) -> str:
    if len(names) == 1:
        return extract.text(names[0])
    return "coalesce(" + ", ".join(f"nullif({extract.text(name)}, '')" for name in names) + ")"


