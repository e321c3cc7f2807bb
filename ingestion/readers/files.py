"""Reads files (CSV, JSON Lines, Parquet) with DuckDB into one temporary table of source values.

Every reader leaves the same thing behind: a table `extract` with `cx360_file` (as given),
`cx360_row` (1 for the first record of a file) and the source's own values, and a table
`unreadable` with the lines that could not even be split into columns. What does **not** belong
here: types, keys and the contract.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from ingestion.declaration import FileFormat

CHUNK_BYTES = 1 << 20


class ExtractError(ValueError):
    """A file cannot be read at all; the message names the file and the remedy."""


@dataclass(frozen=True)
class Extract:
    """What a reader found: the names it can serve, and how to ask for one as SQL text.

    `is_typed` says that values come with the format's own types, so a declared decimal sign or
    date format does not apply. `record` is the whole source record as JSON; `without` gives the
    part of it outside the given names, `row` the number of the record in its file.
    """

    names: frozenset[str]
    is_typed: bool
    text: Callable[[str], str]
    record: str
    without: Callable[[Iterable[str]], str]
    row: str = "extract.cx360_row"


def identifier(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | None) -> str:
    """Quote an SQL string; None is null."""
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


def header(path: Path, form: FileFormat) -> tuple[str, ...]:
    """Names of the columns of one file; JSON Lines has none to know beforehand.

    Raises:
        ExtractError: the file is missing, empty, not in the declared encoding, or names a column
            twice.
    """
    if not path.exists():
        raise ExtractError(f"{path.name}: file not found; check `files` in the declaration")
    if path.stat().st_size == 0:
        raise ExtractError(f"{path.name}: file is empty, not even a header; deliver it again")
    if form.format == "jsonl":
        return ()
    if form.format == "parquet":
        return _parquet_header(path)
    try:
        with path.open(encoding=_python_encoding(form), newline="") as lines:
            names = next(csv.reader(lines, delimiter=form.delimiter, quotechar=form.quote or None,
                                    quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE))
    except (UnicodeDecodeError, UnicodeError) as error:
        raise ExtractError(f"{path.name}: header is not {form.encoding}; set `encoding` in the "
                           "declaration (windows-1252 is usual for German systems)") from error
    except (StopIteration, csv.Error) as error:
        raise ExtractError(f"{path.name}: no header line found") from error
    names = [name.strip() for name in names]
    # Told by number, because the first line of a file without a header is a person's.
    twice = [str(i) for i, name in enumerate(names, 1) if names.count(name) > 1]
    if twice:
        raise ExtractError(f"{path.name}: columns {', '.join(twice)} of the header do not have a "
                           "name of their own; the file may lack its header")
    return tuple(names)


def _parquet_header(path: Path) -> tuple[str, ...]:
    try:
        rows = duckdb.connect().execute(
            f"select * from read_parquet({literal(str(path))}) limit 0").description
    except duckdb.Error as error:
        raise ExtractError(f"{path.name}: not readable as Parquet; deliver it again") from error
    return tuple(column[0] for column in rows)


def open_extract(
    con: duckdb.DuckDBPyConnection, paths: list[Path], form: FileFormat, columns: tuple[str, ...],
    scratch: Path,
) -> Extract:
    """Create the temporary tables `extract` and `unreadable` from files of one shape.

    Args:
        con: connection that gets the tables.
        paths: files that share `columns` (their header, in order).
        form: how they are written.
        columns: names as `header` returned them.
        scratch: folder for files in another encoding, written anew as UTF-8.

    Raises:
        ExtractError: a file is not in the declared encoding.
    """
    for table in ("extract", "unreadable"):
        con.execute(f"drop table if exists {table}")
    con.execute("create temp table unreadable (cx360_file varchar, cx360_row bigint,"
                " reason varchar, record varchar)")
    if form.format == "jsonl":
        return _open_jsonl(con, _as_utf8(paths, form, scratch))
    if form.format == "parquet":
        return _open_parquet(con, paths, columns)
    return _open_csv(con, _as_utf8(paths, form, scratch), form, columns)


def _open_csv(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
    columns: tuple[str, ...],
) -> Extract:
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    con.execute(f"""
        create temp table numbered as
        select *, row_number() over () as cx360_row_in_batch
        from read_csv({_file_list(paths.values())}, columns = {{{types}}}, header = true,
            auto_detect = false, delim = {literal(form.delimiter)}, quote = {literal(form.quote)},
            escape = {literal(form.quote)}, filename = 'cx360_read', store_rejects = true,
            max_line_size = 8388608)""")
    _number_by_file(con, paths)
    con.execute("""
        insert into unreadable
        select read_files.cx360_file, min(e.line), min(lower(e.error_type)), min(e.csv_line)
        from reject_errors as e
        join reject_scans as s on e.scan_id = s.scan_id and e.file_id = s.file_id
        join read_files on s.file_path = read_files.read_path
        group by read_files.cx360_file, e.line""")
    con.execute("drop table reject_errors")
    con.execute("drop table reject_scans")
    return _columnar(columns, is_typed=False)


def _open_parquet(
    con: duckdb.DuckDBPyConnection, paths: list[Path], columns: tuple[str, ...],
) -> Extract:
    con.execute(f"""
        create temp table extract as
        select cx360_read as cx360_file, file_row_number + 1 as cx360_row, *
            exclude (cx360_read, file_row_number)
        from read_parquet({_file_list(paths)}, filename = 'cx360_read', file_row_number = true)""")
    types = {row[0]: row[1] for row in con.execute("describe extract").fetchall()}
    return _columnar(columns, is_typed=True, doubles=frozenset(
        name for name in columns if types[name] in ("DOUBLE", "FLOAT")))


def _open_jsonl(con: duckdb.DuckDBPyConnection, paths: dict[Path, Path]) -> Extract:
    con.execute(f"""
        create temp table numbered as
        select line, case when json_valid(line) then cast(line as json) end as record, cx360_read,
            row_number() over () as cx360_row_in_batch
        from read_csv({_file_list(paths.values())}, columns = {{'line': 'VARCHAR'}},
            header = false, auto_detect = false, delim = '\x01', quote = '', escape = '',
            filename = 'cx360_read', max_line_size = 16777216)
        where trim(line) <> ''""")
    _number_by_file(con, paths)
    con.execute("""
        insert into unreadable
        select cx360_file, cx360_row, 'not a JSON object', line from extract
        where record is null or json_type(record) <> 'OBJECT'""")
    con.execute("delete from extract where record is null or json_type(record) <> 'OBJECT'")
    rows = con.execute("select distinct unnest(json_keys(record)) from extract").fetchall()
    return Extract(
        names=frozenset(name for (name,) in rows),
        is_typed=False,
        text=lambda name: f"json_extract_string(extract.record, {literal(_json_path(name))})",
        record="cast(extract.record as varchar)",
        without=lambda names: (
            f"nullif(cast(json_merge_patch(extract.record, {literal(_removal(names))})"
            " as varchar), '{}')"),
    )


def _number_by_file(con: duckdb.DuckDBPyConnection, paths: dict[Path, Path]) -> None:
    """Turn `numbered` into `extract`: rows counted per file, the file under its own name."""
    con.execute("create or replace temp table read_files (cx360_file varchar, read_path varchar)")
    con.executemany("insert into read_files values (?, ?)",
                    [[str(path), str(read)] for path, read in paths.items()])
    con.execute("""
        create temp table extract as
        with starts as (
            select cx360_read, min(cx360_row_in_batch) as first_row
            from numbered group by cx360_read
        )
        select read_files.cx360_file, cx360_row_in_batch - first_row + 1 as cx360_row,
            numbered.* exclude (cx360_read, cx360_row_in_batch)
        from numbered
        join starts on numbered.cx360_read = starts.cx360_read
        join read_files on numbered.cx360_read = read_files.read_path""")
    con.execute("drop table numbered")


def add_from_file_name(
    con: duckdb.DuckDBPyConnection, extract: Extract, patterns: dict[str, str],
) -> Extract:
    """Add a column to `extract` for each pattern: what its group finds in the name of the file."""
    if taken := sorted(extract.names & set(patterns)):
        raise ExtractError(f"column {', '.join(taken)} is in the file as well as in "
                           "`from_file_name`; give the latter another name")
    files = {path for (path,) in con.execute("select distinct cx360_file from extract").fetchall()}
    for name, pattern in patterns.items():
        found = {path: re.search(pattern, Path(path).name) for path in files}
        picked = " ".join(f"when {literal(path)} then {literal(match.group(1))}"
                          for path, match in sorted(found.items()) if match)
        con.execute(f"alter table extract add column {identifier(name)} varchar")
        if picked:
            con.execute(f"update extract set {identifier(name)} = case cx360_file {picked} end")
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
                           f"{told_names(extract, len(missing) < len(columns))}")
    rest = sorted(extract.names - {n for names in present.values() for n in names} - {name, value})
    kept = "".join(f", extract.{identifier(column)}" for column in rest)
    numbered = ", ".join(f"({i}, {literal(column)})" for i, column in enumerate(present))
    picked = " ".join(f"when {i} then {_first_text(extract, names)}"
                      for i, names in enumerate(present.values()))
    con.execute(f"""
        create temp table unpivoted as
        select cx360_file, (cx360_row - 1) * {len(columns)} + asked.i + 1 as cx360_row,
            cx360_row as cx360_record{kept}, asked.name as {identifier(name)},
            case asked.i {picked} end as {identifier(value)}
        from extract cross join (values {numbered}) as asked (i, name)""")
    con.execute("drop table extract")
    con.execute("alter table unpivoted rename to extract")
    return replace(_with_columns(extract, rest, (name, value)), row="extract.cx360_record")


def _with_columns(extract: Extract, kept: list[str], added: tuple[str, ...]) -> Extract:
    """What `extract` serves once columns of text were added to those kept of it."""
    columnar = _columnar((*kept, *added), is_typed=extract.is_typed)
    return replace(columnar, row=extract.row, text=lambda name: (
        columnar.text(name) if name in added else extract.text(name)))


def _first_text(extract: Extract, names: list[str]) -> str:
    if len(names) == 1:
        return extract.text(names[0])
    return "coalesce(" + ", ".join(f"nullif({extract.text(name)}, '')" for name in names) + ")"


def told_names(extract: Extract, is_header: bool) -> str:
    """What an error may say of the file's columns.

    Args:
        extract: what was read.
        is_header: whether some expected column was found. Where none was, the first line may not be
            a header at all but a person's record.
    """
    if is_header:
        return f"the file has {', '.join(sorted(extract.names)[:30])}"
    return ("no other declared column is there: check `delimiter`, and that the first line is the "
            "header")


def _columnar(
    columns: tuple[str, ...], *, is_typed: bool, doubles: frozenset[str] = frozenset(),
) -> Extract:
    def text(name: str) -> str:
        column = f"extract.{identifier(name)}"
        if name in doubles:  # a whole number stored as double is not written with .0
            return (f"case when {column} = trunc({column}) and abs({column}) < 1e15 "
                    f"then cast(cast({column} as bigint) as varchar) "
                    f"else cast({column} as varchar) end")
        return f"cast({column} as varchar)"

    def as_json(names: Iterable[str]) -> str:
        pairs = ", ".join(f"{literal(n)}: extract.{identifier(n)}" for n in sorted(names))
        return f"cast(to_json({{{pairs}}}) as varchar)" if pairs else "cast(null as varchar)"

    def without(names: Iterable[str]) -> str:
        rest = sorted(set(columns) - set(names))
        if not rest:
            return "cast(null as varchar)"
        filled = ", ".join(
            f"nullif(trim(cast(extract.{identifier(n)} as varchar)), '')" for n in rest)
        return f"case when coalesce({filled}) is not null then {as_json(rest)} end"

    return Extract(
        names=frozenset(columns),
        is_typed=is_typed,
        text=text,
        record=as_json(columns),
        without=without,
    )


def _as_utf8(paths: list[Path], form: FileFormat, scratch: Path) -> dict[Path, Path]:
    """Path of each file -> path of the same text in UTF-8."""
    if codecs.lookup(form.encoding).name == "utf-8":
        return {path: path for path in paths}
    scratch.mkdir(parents=True, exist_ok=True)
    copies: dict[Path, Path] = {}
    for number, path in enumerate(paths):
        copies[path] = scratch / f"{number}.utf8"
        decoder = codecs.getincrementaldecoder(form.encoding)()
        with path.open("rb") as source, copies[path].open("w", encoding="utf-8",
                                                          newline="") as target:
            line = 1
            while block := source.read(CHUNK_BYTES):
                try:
                    target.write(decoder.decode(block))
                except UnicodeDecodeError as error:
                    line += block.count(b"\n", 0, error.start)
                    raise ExtractError(
                        f"{path.name}, line {line}: not {form.encoding}; set `encoding` in the "
                        "declaration") from error
                line += block.count(b"\n")
    return copies


def _python_encoding(form: FileFormat) -> str:
    name = codecs.lookup(form.encoding).name
    return "utf-8-sig" if name == "utf-8" else name


def _file_list(paths: Iterable[Path]) -> str:
    return "[" + ", ".join(literal(str(path)) for path in paths) + "]"


def _json_path(name: str) -> str:
    return "$" + "".join(f'."{part}"' for part in name.split("."))


def _removal(names: Iterable[str]) -> str:
    """A JSON merge patch (RFC 7396) that removes the given names."""
    patch: dict[str, object] = {}
    for name in sorted(names):
        node: dict[str, object] = patch
        *parents, last = name.split(".")
        for parent in parents:
            child = node.setdefault(parent, {})
            if not isinstance(child, dict):
                break
            node = child
        else:
            node[last] = None
    return json.dumps(patch)
