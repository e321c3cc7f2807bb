"""Updates ML tables by what they lose and gain, several at once, so that the cost follows that.

A table lies in parts of some ten thousand rows. Parts that lose a row are written anew, together
with the rows that the table gains; the others stay. A table has no order beyond its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.metrics import keys_sql, table_metrics_sql, update_metrics_sql
from expectations.ml import chunk_columns, validate_table
from expectations.verdicts import TableVerdict
from ingestion.readers.files import identifier
from models_ml.tables import TABLES, MlTable
from orchestration.ml_parts import Part, PartedTable, is_whole, read_part_list, write_part_list
from orchestration.ml_tables import (
    Written,
    arrow_schema,
    files_relation,
    log_verdict,
    suite_version,
)
from orchestration.settings import Settings
from orchestration.warehouse import frames

PART_ROWS = 50_000
MOST_SMALL_PARTS = 16
"""When more parts than these are less than half full, they are written anew as full ones."""


@dataclass(frozen=True)
class Update:
    """What an ML table loses and gains.

    Attributes:
        table: its name.
        by: column that names rows, of which one or more may have the same value.
        gone: relation with the values of `by` whose rows leave the table.
        fresh: relation with the rows that join it.
        expected: relation whose keys must all be in the table.
    """

    table: str
    by: str
    gone: str
    fresh: str
    expected: str | None = None


@dataclass(frozen=True)
class _Draft:
    """A table as it would be, and its new files."""

    written: Written
    parted: PartedTable
    added: tuple[Path, ...]


def update_ml_tables(
    settings: Settings, con: duckdb.DuckDBPyConnection, updates: Sequence[Update], *,
    from_nothing: bool = False, place: bool = True,
) -> tuple[Written, ...]:
    """Update tables, judge them, and move all of them into place at once if all have passed.

    The row rules judge the fresh rows only, where all others have passed the same suite; keys are
    compared with all others. What the tables had before lies beside them until a run has published,
    or until the next update, so that relations of the last dbt run stay readable.

    Args:
        settings: where tables lie.
        con: engine that knows the relations; not in the middle of a stream.
        updates: one a table; a table that does not lie in parts yet begins without a row.
        from_nothing: begin without a row in each of them.
        place: false where the tables may not be moved into place whatever their verdict is.

    Returns:
        The verdicts.
    """
    listed = read_part_list(settings.ml_path)

    @cache
    def sum_keys(query: str) -> list[tuple[int, int]]:
        """By the query of `keys_sql`: several tables have the keys of one relation."""
        return con.execute(query).fetchall()

    drafts = []
    for update in updates:
        former = listed.get(update.table)
        _clear(settings.ml_path / update.table, former)
        drafts.append(_draft(settings, con, update, None if from_nothing else former, sum_keys))
    if place and all(draft.written.verdict.passed for draft in drafts):
        write_part_list(settings.ml_path, listed | {
            draft.written.table.name: draft.parted for draft in drafts})
    else:
        for path in (path for draft in drafts for path in draft.added):
            path.rename(path.with_suffix(".rejected"))
    return tuple(draft.written for draft in drafts)


def remove_replaced_parts(settings: Settings) -> None:
    """Remove what updates replaced; called when no relation of dbt names it any more."""
    for name, listed in read_part_list(settings.ml_path).items():
        _clear(settings.ml_path / name, listed)


def _clear(folder: Path, listed: PartedTable | None) -> None:
    """Remove what the last update replaced, or left behind when it was refused or killed."""
    folder.mkdir(parents=True, exist_ok=True)
    named = {Path(part.file).name for part in listed.parts} if listed else set()
    for path in folder.iterdir():
        if path.name not in named:
            path.unlink()


def _draft(
    settings: Settings, con: duckdb.DuckDBPyConnection, update: Update, former: PartedTable | None,
    sum_keys: Callable[[str], list[tuple[int, int]]],
) -> _Draft:
    table, suite = TABLES[update.table], suite_version(TABLES[update.table])
    parts = former.parts if former else ()
    has_passed = former is not None and former.suite == suite and all(
        is_whole(settings.ml_path, part) for part in parts)
    touched = _find_touched(settings.ml_path, con, update, parts)
    kept = [part for part in parts if part not in touched]
    columns = ", ".join(identifier(column.name) for column in table.columns)
    rows = f"(select {columns} from {update.fresh}"
    if touched:
        rest = files_relation(settings.ml_path / part.file for part in touched)
        rows += (f" union all select {columns} from {rest} "
                 f"anti join (select {update.by} from {update.gone}) using ({update.by})")
    added = _write_parts(settings.ml_path, con, table, rows + ")", is_needed=not kept)
    new = files_relation(settings.ml_path / part.file for part in added) if added else (
        f"(select {columns} from {update.fresh} limit 0)")
    old = files_relation(settings.ml_path / part.file for part in kept) if kept else None
    whole = files_relation(settings.ml_path / part.file for part in (*kept, *added))
    is_covered = update.expected is not None and sum_keys(keys_sql(table, whole)) == sum_keys(
        keys_sql(table, update.expected))
    if old and has_passed:
        metrics = update_metrics_sql(
            table, old, new, expected=update.expected, is_covered=is_covered)
    else:
        metrics = table_metrics_sql(table, whole, expected=update.expected, is_covered=is_covered)
    verdict = _judge(con, table, update.fresh if has_passed else whole, metrics,
                     covers_expected=update.expected is not None)
    return _Draft(log_verdict(settings, table, verdict), PartedTable(suite, (*kept, *added)),
                  tuple(settings.ml_path / part.file for part in added))


def _judge(
    con: duckdb.DuckDBPyConnection, table: MlTable, judged: str, metrics_sql: str, *,
    covers_expected: bool,
) -> TableVerdict:
    """Judge a table by its metrics and the rows of `judged`; all others have passed."""
    metrics = con.execute(metrics_sql).df()
    rows = con.execute(f"select count(*) from {judged}").fetchall()[0][0]
    columns = ", ".join(identifier(column) for column in chunk_columns(table))
    return validate_table(
        table, frames(con, f"select {columns} from {judged}"), metrics,
        covers_expected=covers_expected, passed_rows=int(metrics["row_count"].iloc[0]) - rows)


def _find_touched(
    folder: Path, con: duckdb.DuckDBPyConnection, update: Update, parts: Collection[Part],
) -> set[Part]:
    """Parts that lose a row, and small ones when there are many."""
    if not parts:
        return set()
    files = files_relation(folder / part.file for part in parts)
    losing = {Path(file) for file, in con.execute(
        f"select distinct filename from {files.removesuffix(')')}, filename = true) "
        f"semi join (select {update.by} from {update.gone}) using ({update.by})").fetchall()}
    small = {part for part in parts if part.rows < PART_ROWS / 2}
    return {part for part in parts if folder / part.file in losing} | (
        small if len(small) > MOST_SMALL_PARTS else set())


def _write_parts(
    folder: Path, con: duckdb.DuckDBPyConnection, table: MlTable, rows: str, *, is_needed: bool,
) -> tuple[Part, ...]:
    """Write rows in key order as parts; one without rows where the table would have none."""
    numbers = [int(path.stem) for path in (folder / table.name).iterdir()]
    schema = arrow_schema(table)
    parts: list[Part] = []

    def write(content: pa.Table) -> None:
        file = f"{table.name}/{max(numbers, default=0) + 1 + len(parts):06}.parquet"
        pq.write_table(content, folder / file, compression="lz4")
        parts.append(Part(file, content.num_rows, (folder / file).stat().st_size))

    for batch in con.sql(f"select * from {rows} order by {', '.join(table.key)}"
                         ).to_arrow_reader(PART_ROWS):
        if batch.num_rows:
            write(pa.Table.from_batches([batch]).cast(schema))
    if is_needed and not parts:
        write(schema.empty_table())
    return tuple(parts)
