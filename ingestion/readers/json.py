"""Records of JSON files and JSON Lines: found in their document, and served by their names.

Works on what `files.py` read. What does **not** belong here: opening files.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import duckdb

from ingestion.declaration import FileFormat
from ingestion.readers.extract import (
    Extract,
    ExtractError,
    file_list,
    json_path,
    literal,
    path_of_fields,
    replace_extract,
)

# A document with `record_path` is held in memory as a whole.
LARGEST_DOCUMENT = 512 << 20
# Levels of objects and lists in a record; merging very many ends the engine's process.
MOST_LEVELS = 1_000
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]')


def json_records(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
) -> str:
    """Query for the records of JSON files: `record` and `cx360_index` of its file, in their order.

    Without `record_path` a file is an array of records, which streams, or one record.

    Raises:
        ExtractError: a file is too large for its `record_path`, or has nothing there.
    """
    files = ", ".join(literal(str(copy)) for copy in paths.values())
    index = f"enum_code(cast(filename as enum({files})))"
    if not form.record_path:
        arrays = [copy for copy in paths.values() if _is_array(copy)]
        single = [copy for copy in paths.values() if copy not in arrays]
        return " union all ".join(
            f"select json as record, {index} as cx360_index from {_documents(copies, form)}"
            for copies, form in ((arrays, "array"), (single, "unstructured")) if copies)
    for path, copy in paths.items():
        if copy.stat().st_size > LARGEST_DOCUMENT:
            raise ExtractError(f"{path.name}: larger than {LARGEST_DOCUMENT >> 20} MB, too large "
                               "for `record_path`; deliver JSON Lines or a plain array")
    found = literal(json_path(form.record_path))
    con.execute(f"""
        create or replace temp table documents as
        select json_extract(json, {found}) as found, {index} as cx360_index
        from {_documents(paths.values(), 'unstructured')}""")
    names = [path.name for path in paths]
    for index, kind in con.execute(
            "select cx360_index, json_type(found) from documents").fetchall():
        if kind not in ("ARRAY", "OBJECT"):
            raise ExtractError(f"{names[index]}: no records at {form.record_path}; correct "
                               "`record_path` in the declaration")
    return """
        select unnest(case when json_type(found) = 'ARRAY'
            then cast(found as json[]) else [found] end) as record, cx360_index from documents"""


def _documents(copies: Iterable[Path], form: str) -> str:
    return (f"read_json_objects({file_list(copies)}, format = '{form}', filename = true, "
            f"compression = 'uncompressed', maximum_object_size = {LARGEST_DOCUMENT})")


def _is_array(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4096).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"[")


def extract_of_objects(con: duckdb.DuckDBPyConnection, form: FileFormat) -> Extract:
    """Serve the records in `extract` by their names; what is no object becomes `unreadable`."""
    ((others,),) = con.execute("""
        insert into unreadable
        select cx360_file, cx360_row, 'line not readable: not a JSON object', line from extract
        where record is null or json_type(record) <> 'OBJECT'""").fetchall()
    if others:
        replace_extract(con, "from extract where json_type(record) = 'OBJECT'")
    _leave_out_deep(con)
    if form.skip_last and form.format == "json":
        _leave_out_last(con, form.skip_last)
    if form.explode:
        _explode(con, form.explode)
    if form.explode_fields:
        _explode_fields(con, form.explode_fields)
    rows = con.execute(
        "select distinct cx360_file, unnest(json_keys(record)) from extract").fetchall()
    names: dict[str, set[str]] = defaultdict(set)
    for file, name in rows:
        names[file].add(name)
    there = frozenset(name for _, name in rows)

    def text(name: str) -> str:
        found = [f"json_extract_string(extract.record, {literal(path_of_fields(way))})"
                 for way in _ways(name, there)]
        return found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"

    extract = Extract(
        names=there,
        names_in={file: frozenset(found) for file, found in names.items()},
        is_typed=False,
        text=text,
        record="cast(extract.record as varchar)",
        without=lambda names: (
            f"nullif(cast(json_merge_patch(extract.record, {literal(_removal(names, there))})"
            " as varchar), '{}')"),
    )
    is_exploded = form.explode or form.explode_fields
    return replace(extract, row="extract.cx360_record") if is_exploded else extract


def _leave_out_deep(con: duckdb.DuckDBPyConnection) -> None:
    """Make records `unreadable` that have too many levels; only long ones are looked at."""
    deep = [[file, row] for file, row, line in con.execute(f"""
        select cx360_file, cx360_row, line from extract
        where length(line) > {2 * MOST_LEVELS}
            and length(line) - length(translate(line, '[{{', '')) > {MOST_LEVELS}""").fetchall()
            if _levels(line) > MOST_LEVELS]
    if not deep:
        return
    con.execute("create or replace temp table deep (cx360_file varchar, cx360_row bigint)")
    con.executemany("insert into deep values (?, ?)", deep)
    is_deep = "(cx360_file, cx360_row) in (select (cx360_file, cx360_row) from deep)"
    con.execute(f"""
        insert into unreadable
        select cx360_file, cx360_row,
            'line not readable: more than {MOST_LEVELS:,} objects or lists within one another', line
        from extract where {is_deep}""")
    replace_extract(con, f"from extract where not {is_deep}")


def _levels(text: str) -> int:
    level = deepest = 0
    for found in _BRACKETS.finditer(text):
        mark = found.group()
        level += (mark in "[{") - (mark in "]}")
        deepest = max(deepest, level)
    return deepest


def _leave_out_last(con: duckdb.DuckDBPyConnection, count: int) -> None:
    last = ("(cx360_file, cx360_row) in (select (cx360_file, cx360_row) from extract qualify "
            f"row_number() over (partition by cx360_file order by cx360_row desc) <= {count})")
    con.execute(f"insert into unreadable select cx360_file, cx360_row, 'left out by skip_last', "
                f"line from extract where {last}")
    replace_extract(con, f"from extract where not {last}")


def _explode(con: duckdb.DuckDBPyConnection, path: str) -> None:
    """One row per element of a list: the record with the element in the place of its list.

    Its number is added under the list's name and `_number`. A record whose list is empty or absent
    has no rows; an element that stands where a list is expected is a list of one. A list on the way
    to the list is taken apart first.
    """
    replace_extract(con, "select *, cx360_row as cx360_record from extract")
    parts = path.split(".")
    for length in range(1, len(parts)):
        way = ".".join(parts[:length])
        if con.execute(f"select 1 from extract where json_type(record, {literal(json_path(way))})"
                       " = 'ARRAY' limit 1").fetchall():
            _explode_list(con, way)
    _explode_list(con, path)


def _explode_list(con: duckdb.DuckDBPyConnection, path: str) -> None:
    *parents, last = path.split(".")
    patch = f"json_object({literal(last)}, element, {literal(last + '_number')}, i)"
    for parent in reversed(parents):
        patch = f"json_object({literal(parent)}, {patch})"
    found = literal(json_path(path))
    replace_extract(con, f"""
        with lists as (
            select cx360_file, cx360_row, cx360_record, record, case json_type(record, {found})
                when 'ARRAY' then cast(json_extract(record, {found}) as json[])
                when 'NULL' then cast([] as json[])
                else [json_extract(record, {found})] end as elements
            from extract where json_type(record, {found}) is not null
        ), elements as (
            select cx360_file, cx360_row, cx360_record, record, unnest(elements) as element,
                generate_subscripts(elements, 1) as i
            from lists
        )
        select cx360_file, cx360_record,
            row_number() over (partition by cx360_file order by cx360_row, i) as cx360_row,
            json_merge_patch(record, {patch}) as record
        from elements""")


def _explode_fields(con: duckdb.DuckDBPyConnection, path: str) -> None:
    """One row per field of an object: the record with `{field, number | text | boolean | json}`.

    That stands in the place of the object; the value is under the name of its kind. A record whose
    object is empty or absent has no rows.
    """
    found = literal(json_path(path))
    patch = """json_object('field', key, case
        when type = 'BOOLEAN' then 'boolean' when type = 'VARCHAR' then 'text'
        when type in ('ARRAY', 'OBJECT', 'NULL') then 'json' else 'number' end, value)"""
    for part in reversed(path.split(".")):
        patch = f"json_object({literal(part)}, {patch})"
    replace_extract(con, f"""
        select cx360_file, cx360_row as cx360_record,
            row_number() over (partition by cx360_file order by cx360_row, key) as cx360_row,
            json_merge_patch(rest, {patch}) as record
        from (
            select cx360_file, cx360_row, record,
                json_merge_patch(record, {literal(_removal([path], frozenset()))}) as rest
            from extract where json_type(record, {found}) = 'OBJECT'
        ) as records, json_each(records.record, {found}) as fields""")


def _ways(name: str, there: frozenset[str]) -> list[list[str]]:
    """Fields that a name leads through: the one that is called so, dots and all, then objects."""
    fields = name.split(".")
    if len(fields) == 1 or name not in there:
        return [fields]
    return [[name], fields] if fields[0] in there else [[name]]


def _removal(names: Iterable[str], there: frozenset[str]) -> str:
    """A JSON merge patch (RFC 7396) that removes the given names."""
    patch: dict[str, object] = {}
    for *parents, last in (way for name in sorted(names) for way in _ways(name, there)):
        node: dict[str, object] = patch
        for parent in parents:
            child = node.setdefault(parent, {})
            if not isinstance(child, dict):
                break
            node = child
        else:
            node[last] = None
    return json.dumps(patch)
