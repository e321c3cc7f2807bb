"""Writes ML tables: to a temporary name, judged by their suite, then moved into place.

A table that fails its suite never takes the place of the last good one, so a broken model cannot
reach dbt in this run or in a later one. Great Expectations judges on one core what is written
already, while the engine goes on: a step with several tables drafts all, then places them. Here a
table is written whole, as one file; on tables whose parts are kept see `ml_updates.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.metrics import content_sql, keys_sql, table_metrics_sql
from expectations.ml import chunk_columns, row_rules, validate_table
from expectations.verdicts import TableVerdict
from ingestion.readers.files import identifier, literal
from models_ml.tables import TABLES, MlTable
from orchestration.fingerprint import code_version
from orchestration.ml_parts import is_whole, list_files, read_part_list, write_part_list
from orchestration.settings import Settings
from orchestration.verdict_log import VerdictLog
from orchestration.warehouse import CHUNK_ROWS, engine, frames

_ARROW_TYPES = {
    "string": pa.string(), "integer": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"), "date": pa.date32(),
}
_ENGINE_TYPES = {
    "string": "varchar", "integer": "bigint", "double": "double", "boolean": "boolean",
    "timestamp": "timestamp", "date": "date",
}

_JUDGE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="judge")
"""One at a time, because Great Expectations has one context a process."""


@dataclass(frozen=True)
class Written:
    """What became of one ML table."""

    table: MlTable
    verdict: TableVerdict
    rows: int


@dataclass(frozen=True)
class Changes:
    """Relations with the rows that a table loses and gains, with the table's columns."""

    former: str
    fresh: str


@dataclass(frozen=True)
class Draft:
    """A table written beside the one in place. `proof` tells a later run which rows passed."""

    table: MlTable
    file: Path
    verdict: Future[TableVerdict]
    proof: Mapping[str, object] | None = None


def arrow_schema(table: MlTable) -> pa.Schema:
    """Arrow schema of an ML table."""
    return pa.schema([(column.name, _ARROW_TYPES[column.type]) for column in table.columns])


def ml_file(settings: Settings, name: str) -> Path:
    """Where an ML table lies that is written whole."""
    return settings.ml_path / f"{name}.parquet"


def ml_relation(settings: Settings, name: str) -> str:
    """SQL for the rows of an ML table, in no order."""
    return files_relation(list_files(settings.ml_path, name))


def files_relation(files: Iterable[Path]) -> str:
    """SQL for the rows of Parquet files, at least one."""
    return f"read_parquet([{', '.join(literal(str(file)) for file in files)}])"


def prepare_ml_tables(settings: Settings) -> None:
    """Give every ML table at least a typed file without rows.

    What an older version wrote with other columns is replaced by one: it is concluded anew.
    """
    settings.ml_path.mkdir(parents=True, exist_ok=True)
    for leftover in settings.ml_path.glob("*.tmp"):
        leftover.unlink()
    listed = read_part_list(settings.ml_path)
    kept = {name: parted for name, parted in listed.items() if name in TABLES and all(
        is_whole(settings.ml_path, part) and _has_columns(settings.ml_path / part.file, name)
        for part in parted.parts)}
    if kept != listed:
        write_part_list(settings.ml_path, kept)
    for name, table in TABLES.items():
        path = ml_file(settings, name)
        if name in kept:
            path.unlink(missing_ok=True)
        elif not (path.exists() and _has_columns(path, name)):
            _write_frames(path.with_suffix(".tmp"), table, ())
            path.with_suffix(".tmp").replace(path)


def _has_columns(file: Path, name: str) -> bool:
    return pq.read_schema(file).names == arrow_schema(TABLES[name]).names


def write_ml_table(
    settings: Settings, name: str, parts: Iterable[pd.DataFrame], *, expected: Path | None = None,
) -> Written:
    """Write one ML table and judge it.

    Args:
        settings: where tables lie.
        name: one of `models_ml.tables.TABLES`.
        parts: its rows, in frames with the table's columns.
        expected: Parquet file whose keys must all be in the table.

    Returns:
        The verdict; only when it passed has the table been replaced.
    """
    with engine(settings.memory_limit) as con:
        return place_ml_table(settings, draft_ml_table(
            settings, name, parts, con,
            expected=f"read_parquet({literal(str(expected))})" if expected else None))


def copy_ml_table(
    settings: Settings, name: str, con: duckdb.DuckDBPyConnection, relation: str,
    **options: Any,
) -> Written:
    """Write one ML table from a relation of an engine and judge it; see `draft_copy`."""
    return place_ml_table(settings, draft_copy(settings, name, con, relation, **options))


def draft_ml_table(
    settings: Settings, name: str, parts: Iterable[pd.DataFrame], con: duckdb.DuckDBPyConnection,
    *, expected: str | None = None,
) -> Draft:
    """Write one ML table and have it judged; see `write_ml_table`.

    `expected` is a relation of the engine.
    """
    temporary = ml_file(settings, name).with_suffix(".tmp")
    _write_frames(temporary, TABLES[name], parts)
    return _draft(TABLES[name], temporary, con, expected)


def draft_copy(
    settings: Settings, name: str, con: duckdb.DuckDBPyConnection, relation: str, *,
    expected: str | None = None, changes: Changes | None = None,
    marks: Mapping[str, str] | None = None,
) -> Draft:
    """Write one ML table from a relation of an engine and have it judged; see `write_ml_table`.

    Its rows are in no order. `expected` is a relation of the engine, too. `changes` are what the
    caller says to have changed since the table last passed. Where that proves right, and the suite
    is the same, the row rules judge the fresh rows only, whose keys are compared with all others.
    `marks` are written into the file's metadata.
    """
    table = TABLES[name]
    temporary = ml_file(settings, name).with_suffix(".tmp")
    # Keys of tables do not get smaller by compression, nor by a dictionary of a million keys.
    options = "format parquet, compression uncompressed, dictionary_size_limit 100"
    if marks:
        told = ", ".join(f"{identifier(mark)}: {literal(value)}" for mark, value in marks.items())
        options += f", kv_metadata {{{told}}}"
    con.execute(f"copy ({_typed(table, relation)}) to {literal(str(temporary))} ({options})")
    if changes is None:
        return _draft(table, temporary, con, expected)
    suite = suite_version(table)
    content = _content(table, con, files_relation([temporary]))
    con.execute(f"create or replace temp table fresh_rows as {_typed(table, changes.fresh)}")
    is_proven = _has_passed(_proof_file(temporary), suite, table, con, content, changes.former)
    draft = _draft(table, temporary, con, expected, "fresh_rows" if is_proven else None)
    con.execute("drop table fresh_rows")
    return replace(draft, proof={"suite": suite, "content": content})


def place_ml_table(settings: Settings, draft: Draft) -> Written:
    """Wait for the verdict; only when the table passed does it replace the one in place."""
    written = log_verdict(settings, draft.table, draft.verdict.result())
    if not written.verdict.passed:
        draft.file.replace(draft.file.with_suffix(".rejected"))
    else:
        draft.file.replace(ml_file(settings, draft.table.name))
        _forget_parts(settings, draft.table.name)
        if draft.proof:
            _proof_file(draft.file).write_text(json.dumps(draft.proof), encoding="utf-8")
    return written


def log_verdict(settings: Settings, table: MlTable, verdict: TableVerdict) -> Written:
    """Log what the suite of a table found."""
    VerdictLog(settings.verdicts_path).record(
        f"ml.{table.name}", {table.name: {"row_count": verdict.rows, **verdict.metrics}})
    return Written(table, verdict, verdict.rows)


def _proof_file(file: Path) -> Path:
    return file.with_suffix(".passed")


def _typed(table: MlTable, relation: str) -> str:
    """Query for the rows of a relation in the table's types."""
    columns = ", ".join(
        f"cast({identifier(column.name)} as {_ENGINE_TYPES[column.type]}) "
        f"as {identifier(column.name)}" for column in table.columns)
    return f"select {columns} from {relation}"


def suite_version(table: MlTable) -> str:
    """Changes with everything that the verdict on a row depends on, but the row."""
    return repr((row_rules(table), code_version(("expectations",)),
                 *(version(package) for package in ("duckdb", "great-expectations", "pandas"))))


def _content(table: MlTable, con: duckdb.DuckDBPyConnection, relation: str) -> list[int]:
    rows, content = con.execute(content_sql(table, relation)).fetchall()[0]
    return [int(rows), int(content)]


def _has_passed(
    path: Path, suite: str, table: MlTable, con: duckdb.DuckDBPyConnection, content: list[int],
    former: str,
) -> bool:
    """Whether all rows but those of `fresh_rows` are rows that passed the same suite.

    By the sum over the rows: that of the table which passed, less the former, with the fresh.
    """
    if not path.exists():
        return False
    last = json.loads(path.read_text(encoding="utf-8"))
    if last["suite"] != suite:
        return False
    parts = zip(last["content"], _content(table, con, f"({_typed(table, former)})"),
                _content(table, con, "fresh_rows"), strict=True)
    return content == [was - less + more for was, less, more in parts]


def _has_same_keys(
    con: duckdb.DuckDBPyConnection, table: MlTable, relation: str, other: str,
) -> bool:
    """Whether two relations have the same keys, each as often; by number and sum of them."""
    one, another = (con.execute(keys_sql(table, rows)).fetchall() for rows in (relation, other))
    return one == another


def _forget_parts(settings: Settings, name: str) -> None:
    """Only then the file counts, where the table lay in parts before."""
    listed = read_part_list(settings.ml_path)
    if listed.pop(name, None):
        write_part_list(settings.ml_path, listed)


def _write_frames(path: Path, table: MlTable, parts: Iterable[pd.DataFrame]) -> None:
    schema = arrow_schema(table)
    with pq.ParquetWriter(path, schema) as writer:
        for part in parts:
            writer.write_table(pa.Table.from_pandas(
                part[schema.names], schema=schema, preserve_index=False))


def _draft(
    table: MlTable, file: Path, con: duckdb.DuckDBPyConnection, expected: str | None,
    fresh: str | None = None,
) -> Draft:
    """Have a file judged; of its rows only those of table `fresh`, where the others have passed."""
    relation = files_relation([file])
    metrics = con.execute(table_metrics_sql(
        table, relation, expected=expected, fresh=fresh,
        is_covered=expected is not None and _has_same_keys(con, table, relation, expected))).df()
    rows = None
    if fresh:
        columns = ", ".join(identifier(column) for column in chunk_columns(table))
        rows = list(frames(con, f"select {columns} from {fresh}"))
    return Draft(table, file, _JUDGE.submit(
        _judge, table, file, metrics, rows, covers_expected=expected is not None))


def _judge(
    table: MlTable, file: Path, metrics: pd.DataFrame, rows: list[pd.DataFrame] | None, *,
    covers_expected: bool,
) -> TableVerdict:
    """Judge the rows, by default those of the file; has no engine, which belongs to one thread."""
    passed_rows = 0 if rows is None else int(metrics["row_count"].iloc[0]) - sum(map(len, rows))
    return validate_table(table, _read_rows(table, file) if rows is None else rows, metrics,
                          covers_expected=covers_expected, passed_rows=passed_rows)


def _read_rows(table: MlTable, file: Path) -> Iterator[pd.DataFrame]:
    with pq.ParquetFile(file) as stored:
        for batch in stored.iter_batches(CHUNK_ROWS, columns=chunk_columns(table)):
            yield batch.to_pandas(types_mapper=pd.ArrowDtype)
