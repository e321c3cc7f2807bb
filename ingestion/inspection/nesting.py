"""Values within objects and structs, by the names with dots by which a declaration reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import duckdb

from ingestion.readers.files import Extract

_LOOKED_AT = 500


def nested_names(
    con: duckdb.DuckDBPyConnection, extract: Extract, columns: Sequence[str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of single values, those within objects with dots, and names of lists.

    Args:
        con: engine with the relation `extract`.
        extract: what was read.
        columns: of the file, in order; none where its records are JSON.
    """
    names: dict[str, None] = {}
    lists: dict[str, None] = {}
    if not columns:
        for record in _documents(con, extract.record):
            _add(_values(record, ""), names, lists)
    typed = con.sql("from extract limit 0")
    kinds = dict(zip(typed.columns, typed.types, strict=True)) if extract.is_typed else {}
    nested = {name for name in columns
              if name in kinds and kinds[name].id in ("struct", "list", "array", "map")}
    objects = _of_objects(con, extract, [name for name in columns if name not in nested])
    for name in columns:
        if name in nested:
            _add(_fields(name, kinds[name]), names, lists)
        elif name in objects and (found := _documents(con, extract.text(name))):
            for value in found:
                _add(_values(value, f"{name}."), names, lists)
        else:
            names[name] = None
    return tuple(names), tuple(name for name in lists if name not in names)


def _of_objects(
    con: duckdb.DuckDBPyConnection, extract: Extract, columns: Sequence[str],
) -> set[str]:
    """Columns of which every value looks like an object, in one pass over all of them."""
    if not columns:
        return set()
    found = con.execute("select " + ", ".join(
        f"bool_and({extract.text(name)} = '' or starts_with({extract.text(name)}, '{{'))"
        for name in columns) + " from extract").fetchall()[0]
    return {name for name, is_object in zip(columns, found, strict=True) if is_object}


def _add(
    found: Iterable[tuple[str, bool]], names: dict[str, None], lists: dict[str, None],
) -> None:
    for name, is_list in found:
        (lists if is_list else names)[name] = None


def _documents(con: duckdb.DuckDBPyConnection, text: str) -> list[dict[str, Any]]:
    """The first values of a column that holds nothing but JSON objects; none of any other."""
    rows = con.execute(f"""
        select value from (select cx360_row, cast({text} as varchar) as value from extract)
        where value <> '' order by cx360_row limit {_LOOKED_AT}""").fetchall()
    found = []
    for (value,) in rows:
        if not value.startswith("{"):
            return []
        try:
            found.append(json.loads(value))
        except json.JSONDecodeError:
            return []
    return found


def _values(node: dict[str, Any], before: str) -> Iterator[tuple[str, bool]]:
    for name, value in node.items():
        if isinstance(value, dict):
            yield from _values(value, f"{before}{name}.")
        else:
            yield before + name, isinstance(value, list)


def _fields(name: str, kind: Any) -> Iterator[tuple[str, bool]]:
    if kind.id == "struct":
        for field, inner in kind.children:
            yield from _fields(f"{name}.{field}", inner)
    else:
        yield name, kind.id in ("list", "array", "map")
