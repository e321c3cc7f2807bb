"""Reads files (CSV, JSON, Parquet, Excel) into one temporary table of source values.

Every reader leaves the same thing behind: a table `extract` with `cx360_file` (as given),
`cx360_row` (1 for the first record of a file) and the source's own values, and a table
`unreadable` with the lines that could not even be split into columns. What does **not** belong
here: types, keys and the contract.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingestion.declaration import FileFormat
from ingestion.readers.copies import readable_copies
from ingestion.readers.excel import open_excel
from ingestion.readers.extract import (
    Extract,
    ExtractError,
    columnar,
    file_list,
    identifier,
    literal,
    told_names,
)
from ingestion.readers.headers import header
from ingestion.readers.json import extract_of_objects, json_records
from ingestion.readers.reshape import add_from_file_name, unpivot

__all__ = [
    "Extract", "ExtractError", "UnclearLinesError", "add_from_file_name", "header", "identifier",
    "literal", "open_extract", "told_names", "unpivot",
]


class UnclearLinesError(ExtractError):
    """Which lines cannot be split is known only when all lines end alike."""


# The engine keeps no more of a line that it cannot split.
_KEPT_OF_A_LINE = 10_000
_LONGEST_LINE = 8 << 20
_TABLES = ("extract", "unreadable", "numbered", "unsplit", "exploded", "unpivoted", "reject_errors",
           "reject_scans")


def open_extract(
    con: duckdb.DuckDBPyConnection, paths: list[Path], form: FileFormat, columns: tuple[str, ...],
    scratch: Path, *, unify_lines: bool = False,
) -> Extract:
    """Create the temporary tables `extract` and `unreadable` from files of one shape.

    Args:
        con: connection that gets the tables.
        paths: files that share `columns` (their header, in order).
        form: how they are written.
        columns: names as `header` returned them.
        scratch: folder for files that are compressed or in another encoding, written anew.
        unify_lines: end every line alike first; the engine refuses files that mix line ends.

    Raises:
        UnclearLinesError: to be opened again with `unify_lines`.
        ExtractError: a file is damaged or not in the declared encoding.
    """
    for table in _TABLES:  # a file that could not be read may have left any of them behind
        con.execute(f"drop table if exists {table}")
    con.execute("create temp table unreadable (cx360_file varchar, cx360_row bigint,"
                " reason varchar, record varchar)")
    if form.format == "excel":
        return open_excel(con, paths, form, columns)
    copies, cut = readable_copies(paths, form, scratch, unify_lines=unify_lines)
    if cut:
        con.executemany("insert into unreadable values (?, ?, 'left out by skip_last', ?)",
                        [[str(line.file), line.number, line.text] for line in cut])
    if form.format == "jsonl":
        return _open_jsonl(con, copies, form)
    if form.format == "json":
        return _open_json(con, copies, form)
    if form.format == "parquet":
        return _open_parquet(con, copies, form, columns)
    return _open_csv(con, copies, form, columns, unify_lines=unify_lines)


def _open_csv(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
    columns: tuple[str, ...], *, unify_lines: bool,
) -> Extract:
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    has_header = "false" if form.column_names else "true"
    escape = literal(form.escape or form.quote)
    ragged = ", null_padding = true" if form.may_be_short else ""
    con.execute(f"""
        create temp table numbered as
        select *, row_number() over () as cx360_row_in_batch
        from read_csv({file_list(paths.values())}, columns = {{{types}}}, header = {has_header},
            auto_detect = false, compression = 'none',
            delim = {literal(form.delimiter)}, quote = {literal(form.quote)}, escape = {escape},
            filename = 'cx360_read', store_rejects = true, max_line_size = {_LONGEST_LINE}{ragged})
        """)
    _number_by_file(con, paths)
    _keep_unsplit_lines(con, form, has_unified_lines=unify_lines)
    return columnar(columns, is_typed=False)


def _keep_unsplit_lines(
    con: duckdb.DuckDBPyConnection, form: FileFormat, *, has_unified_lines: bool,
) -> None:
    """Move the lines that could not be split into `unreadable`, whole.

    Raises:
        UnclearLinesError: the engine tells another line than the one it dropped, as it does for
            quotes in files whose lines do not all end with a line feed alone.
        ExtractError: a quote is opened and never closed, so that the engine lost sight of the
            lines after it.
    """
    con.execute(f"""
        create temp table unsplit as
        select read_files.cx360_file, read_files.read_path, min(e.line) + {form.skip_first} as line,
            e.line_byte_position as start, min(lower(e.error_type)) as reason,
            bool_or(e.error_type = 'UNQUOTED VALUE') as is_unquoted,
            min(case when strlen(e.csv_line) < {_KEPT_OF_A_LINE} then e.csv_line end) as record
        from reject_errors as e
        join reject_scans as s on e.scan_id = s.scan_id and e.file_id = s.file_id
        join read_files on s.file_path = read_files.read_path
        group by read_files.cx360_file, read_files.read_path, e.line_byte_position""")
    con.execute("drop table reject_errors")
    con.execute("drop table reject_scans")
    if not has_unified_lines and con.execute(
            "select count(*) from unsplit where is_unquoted").fetchall()[0][0]:
        con.execute("drop table unsplit")
        raise UnclearLinesError("lines to be ended alike first")
    _refuse_open_quotes(con, form.quote)
    con.execute("""
        insert into unreadable
        select cx360_file, line, 'line not readable: ' || reason, record
        from unsplit where record is not null""")
    long = con.execute("""
        select cx360_file, read_path, line, start, reason
        from unsplit where record is null order by cx360_file, start""").fetchall()
    con.execute("drop table unsplit")
    for file, read, line, start, reason in long:
        con.execute("insert into unreadable values (?, ?, ?, ?)", [
            file, line, f"line not readable: {reason}", _record_at(Path(read), start, form.quote)])


def _refuse_open_quotes(con: duckdb.DuckDBPyConnection, quote: str) -> None:
    """Only a line that closes each of its quotes is known to be all that the engine dropped."""
    mark = literal(quote)
    found = con.execute(f"""
        select cx360_file, line from unsplit
        where is_unquoted and (record is null or contains(record, chr(10))
            or not contains(record, {mark})
            or (length(record) - length(replace(record, {mark}, ''))) % 2 = 1)
        order by cx360_file, start limit 1""").fetchall()
    for file, line in found:
        raise ExtractError(
            f"{Path(file).name}, about line {line}: a quote is opened and never closed, so the "
            "lines after it cannot be told apart; deliver the file again, or declare "
            "`quote: \"\"` if its quotes mean nothing")


def _record_at(path: Path, start: int, quote: str) -> str:
    """The record that starts at a byte (counted from 1), or after the line end found there."""
    record = b""
    with path.open("rb") as file:
        file.seek(max(start - 1, 0))
        while line := file.readline():
            if record or line.strip():
                record += line
                if not quote or record.count(quote.encode()) % 2 == 0:
                    break
    return record.decode(errors="replace").rstrip("\r\n")


def _open_parquet(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
    columns: tuple[str, ...],
) -> Extract:
    file = "cx360_read"
    for path, copy in paths.items():  # hardly ever: a Parquet file within an archive
        if path != copy:
            file = f"replace({file}, {literal(str(copy))}, {literal(str(path))})"
    con.execute(f"""
        create temp table extract as
        select {file} as cx360_file, file_row_number + 1 as cx360_row,
            * exclude (cx360_read, file_row_number)
        from read_parquet({file_list(paths.values())}, filename = 'cx360_read',
            file_row_number = true)""")
    types = {row[0]: row[1] for row in con.execute("describe extract").fetchall()}
    return columnar(columns, is_typed=True, doubles=frozenset(
        name for name in columns if types[name] in ("DOUBLE", "FLOAT")))


def _open_jsonl(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
) -> Extract:
    con.execute(f"""
        create temp table numbered as
        select line, case when json_valid(line) then cast(line as json) end as record, cx360_read,
            row_number() over () as cx360_row_in_batch
        from read_csv({file_list(paths.values())}, columns = {{'line': 'VARCHAR'}},
            header = false, auto_detect = false, delim = '\x01', quote = '', escape = '',
            compression = 'none', filename = 'cx360_read', max_line_size = 16777216)
        where trim(line) <> ''""")
    _number_by_file(con, paths)
    return extract_of_objects(con, form)


def _open_json(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
) -> Extract:
    con.execute(f"""
        create temp table numbered as
        select cast(record as varchar) as line, record, cx360_read,
            row_number() over () as cx360_row_in_batch
        from ({json_records(con, paths, form)})""")
    _number_by_file(con, paths)
    return extract_of_objects(con, form)


def _number_by_file(con: duckdb.DuckDBPyConnection, paths: dict[Path, Path]) -> None:
    """Turn `numbered` into `extract`: rows counted per file, the file under its own name."""
    _keep_read_files(con, paths)
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


def _keep_read_files(con: duckdb.DuckDBPyConnection, paths: dict[Path, Path]) -> None:
    con.execute("create or replace temp table read_files (cx360_file varchar, read_path varchar)")
    con.executemany("insert into read_files values (?, ?)",
                    [[str(path), str(read)] for path, read in paths.items()])
