"""Reads files (CSV, JSON, Parquet, Excel) into one temporary table of source values.

Every reader leaves the same thing behind: a relation `extract` with `cx360_file` (as given),
`cx360_row` (1 for the first record of a file) and the source's own values, and a table
`unreadable` with the lines that could not even be split into columns. What does **not** belong
here: types, keys and the contract.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.declaration import FileFormat
from ingestion.readers.copies import check_encoding, readable_copies
from ingestion.readers.excel import open_excel
from ingestion.readers.extract import (
    Extract,
    ExtractError,
    UnclearLinesError,
    columnar,
    drop_extract,
    file_list,
    identifier,
    literal,
    told_names,
    unopened,
)
from ingestion.readers.headers import column_types, header
from ingestion.readers.json import extract_of_objects, json_records
from ingestion.readers.records import LONGEST_LINE, Records, count_records, split_records
from ingestion.readers.reshape import add_from_file_name, unpivot

__all__ = [
    "Extract", "ExtractError", "UnclearLinesError", "add_from_file_name", "close_extract",
    "column_types", "header",
    "identifier", "literal", "open_extract", "told_names", "unopened", "unpivot",
]


# Records that cannot be split are handed to the engine in batches of this many.
_FAULTY_RECORDS = 50_000


def open_extract(
    con: duckdb.DuckDBPyConnection, paths: list[Path], form: FileFormat, columns: tuple[str, ...],
    scratch: Path, *, line_by_line: bool = False,
) -> Extract:
    """Create the temporary relations `extract` and `unreadable` from files of one shape.

    Args:
        con: connection that gets the tables.
        paths: files that share `columns` (their header, in order).
        form: how they are written.
        columns: names as `header` returned them.
        scratch: folder for files that are compressed or in another encoding, written anew.
        line_by_line: tell the lines apart here, which takes longer, instead of in the engine, which
            refuses files that mix line ends and loses lines of damaged ones.

    Raises:
        UnclearLinesError: to be opened again with `line_by_line`.
        ExtractError: a file is damaged or not in the declared encoding.
    """
    close_extract(con)  # a file that could not be read may have left something behind
    con.execute("create temp table unreadable (cx360_file varchar, cx360_row bigint,"
                " reason varchar, record varchar)")
    if form.format == "excel":
        return open_excel(con, paths, form, columns)
    copies, cut = readable_copies(
        paths, form, scratch, unify_lines=line_by_line and form.format == "jsonl")
    if cut:
        con.executemany("insert into unreadable values (?, ?, 'left out by skip_last', ?)",
                        [[str(line.file), line.number, line.text] for line in cut])
    if form.format in ("json", "jsonl"):
        try:
            return (_open_json if form.format == "json" else _open_jsonl)(con, copies, form)
        except duckdb.InvalidInputException:  # which speaks of broken JSON
            for path in paths:
                check_encoding(path, form.encoding)
            raise
    if form.format == "parquet":
        return _open_parquet(con, copies, form, columns)
    if line_by_line:
        return _open_split_csv(con, copies, form, columns, scratch)
    return _open_csv(con, copies, form, columns)


def close_extract(con: duckdb.DuckDBPyConnection) -> None:
    """Drop what `open_extract` made, and what was made of it."""
    drop_extract(con)
    con.execute("drop table if exists unreadable")


def _open_csv(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
    columns: tuple[str, ...],
) -> Extract:
    """Let the engine read the files, which stops at any record that it cannot split."""
    _read_csv(con, paths, form, columns, has_header=not form.column_names,
              passed=form.skip_after_header)
    before = form.skip_after_header + (not form.column_names)
    _check_counts(con, {
        path: max(0, count_records(read, form, keeps_blank=len(columns) == 1) - before)
        for path, read in paths.items()})
    return columnar(columns, is_typed=False)


def _open_split_csv(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
    columns: tuple[str, ...], scratch: Path,
) -> Extract:
    """Hand the engine only records that fit; the others are `unreadable`, whole, with the reason.

    Raises:
        ExtractError: a quote is never closed, or the engine still reads another number of records.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    whole, counts = {}, {}
    for number, (path, read) in enumerate(paths.items()):
        whole[path], counts[path] = scratch / f"{number}.whole", 0
        faulty: list[Records] = []
        with whole[path].open("w", encoding="latin-1", newline="") as target:
            for found in split_records(read, path.name, form, len(columns)):
                if found.fault:
                    faulty.append(found)
                    if len(faulty) == _FAULTY_RECORDS:
                        _keep_faulty(con, path, faulty)
                        faulty.clear()
                else:
                    target.write(found.text + "\n")
                    counts[path] += found.count
        _keep_faulty(con, path, faulty)
    _read_csv(con, whole, form, columns, has_header=False)
    try:
        _check_counts(con, counts)
    except UnclearLinesError as error:
        raise ExtractError(f"{error}; deliver the file again, or correct `quote`, `escape` and "
                           "`delimiter` in the declaration") from error
    return columnar(columns, is_typed=False)


def _read_csv(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
    columns: tuple[str, ...], *, has_header: bool, passed: int = 0,
) -> None:
    # Under names of our own, so that none is that of the engine's `file_index`.
    types = ", ".join(f"c{i}: 'VARCHAR'" for i in range(len(columns)))
    named = ", ".join(f"c{i} as {identifier(name)}" for i, name in enumerate(columns))
    escape = literal(form.escape or form.quote)
    ragged = ", null_padding = true" if form.may_be_short else ""
    con.execute(f"""
        create temp table numbered as
        select {named}, file_index as cx360_index
        from read_csv({file_list(paths.values())}, columns = {{{types}}}, header = {has_header},
            auto_detect = false, compression = 'none',
            delim = {literal(form.delimiter)}, quote = {literal(form.quote)}, escape = {escape},
            max_line_size = {LONGEST_LINE}{ragged})
        """)
    _number_by_file(con, paths, passed)


def _keep_faulty(con: duckdb.DuckDBPyConnection, path: Path, records: list[Records]) -> None:
    faulty = pa.table({
        "line": pa.array([record.line for record in records], pa.int64()),
        "fault": pa.array([record.fault for record in records], pa.string()),
        "record": pa.array([record.text.encode("latin-1").decode(errors="replace")
                            for record in records], pa.string())})
    con.register("faulty", faulty)
    con.execute("insert into unreadable select ?, line, 'line not readable: ' || fault, record "
                "from faulty", [str(path)])
    con.unregister("faulty")


def _check_counts(con: duckdb.DuckDBPyConnection, counts: dict[Path, int]) -> None:
    """What the engine read must be what was counted without it.

    Raises:
        UnclearLinesError: it is not.
    """
    read = dict(con.execute(
        "select cx360_file, count(*) from extract group by cx360_file").fetchall())
    for path, count in counts.items():
        if (found := read.get(str(path), 0)) != count:
            raise UnclearLinesError(f"{path.name}: has {count:,} records that can be read, but the "
                                    f"engine reads {found:,}")


def _open_parquet(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
    columns: tuple[str, ...],
) -> Extract:
    file = "cx360_read"
    for path, copy in paths.items():  # hardly ever: a Parquet file within an archive
        if path != copy:
            file = f"replace({file}, {literal(str(copy))}, {literal(str(path))})"
    con.execute(f"""
        create temp view extract as
        select {file} as cx360_file, file_row_number + 1 as cx360_row,
            * exclude (cx360_read, file_row_number)
        from read_parquet({file_list(paths.values())}, filename = 'cx360_read',
            file_row_number = true)""")
    types = {row[0]: row[1] for row in con.execute("describe extract").fetchall()}
    return columnar(
        columns, is_typed=True,
        doubles=frozenset(name for name in columns if types[name] in ("DOUBLE", "FLOAT")),
        decimals=frozenset(name for name in columns if types[name].startswith("DECIMAL")))


def _open_jsonl(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
) -> Extract:
    con.execute(f"""
        create temp table numbered as
        select line, case when json_valid(line) then cast(line as json) end as record,
            file_index as cx360_index
        from read_csv({file_list(paths.values())}, columns = {{'line': 'VARCHAR'}},
            header = false, auto_detect = false, delim = '\x01', quote = '', escape = '',
            compression = 'none', max_line_size = 16777216)
        where trim(line) <> ''""")
    _number_by_file(con, paths)
    return extract_of_objects(con, form)


def _open_json(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], form: FileFormat,
) -> Extract:
    con.execute(f"""
        create temp table numbered as
        select cast(record as varchar) as line, record, cx360_index
        from ({json_records(con, paths, form)})""")
    _number_by_file(con, paths)
    return extract_of_objects(con, form)


def _number_by_file(
    con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], passed: int = 0,
) -> None:
    """Make `extract` a view of `numbered`: rows counted per file, the file under its own name.

    The engine keeps the rows of a table in the order in which it read them. The first `passed` rows
    of each file are no records.
    """
    first = dict(con.execute(
        "select cx360_index, min(rowid) from numbered group by cx360_index").fetchall())
    con.execute("create or replace temp table read_files (cx360_file varchar, cx360_index bigint,"
                " first_row bigint)")
    con.executemany("insert into read_files values (?, ?, ?)",
                    [[str(path), i, first.get(i, 0)] for i, path in enumerate(paths)])
    if len(paths) == 1:
        row, file, joined = f"rowid + {1 - passed}", literal(str(next(iter(paths)))), ""
    else:
        row, file = f"numbered.rowid - first_row + {1 - passed}", "read_files.cx360_file"
        joined = " join read_files on numbered.cx360_index = read_files.cx360_index"
    only = f" where {row} > 0" if passed else ""
    con.execute(f"create temp view extract as select {file} as cx360_file, {row} as cx360_row, "
                f"numbered.* exclude (cx360_index) from numbered{joined}{only}")
