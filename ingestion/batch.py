"""Rows of one batch of extracts into Parquet: one pass for those that fit, a closer look at others.

Rows that fit stream through the conversion into Parquet and are not kept. Only those that do not
fit, lack a value or share a key are converted once more, to be judged. What does **not** belong
here: plans and the manifest (`loading.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from ingestion.contract import DUCKDB_TYPES, Entity
from ingestion.declaration import TableDeclaration
from ingestion.planning import PlannedLoad
from ingestion.readers.files import Extract, identifier, literal
from ingestion.rows import conversion_query, is_doubtful, lenient_columns, resolve_duplicates

ACCEPTED, REJECTED, EMPTIED = "accepted", "rejected", "emptied"
_PACKED = "compression zstd, compression_level 1"
"""Half as large as with the default, at the same cost of writing and reading."""


class Counts(NamedTuple):
    """Rows of one load, and its first and last event."""

    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_repeated: int
    rows_deleted: int
    first_event_at: datetime | None
    last_event_at: datetime | None


class Emptied(NamedTuple):
    """Accepted rows of one file without the value of a lenient column."""

    file: str
    reason: str
    rows_count: int
    first_rows: list[int]


def write_batch(
    con: duckdb.DuckDBPyConnection, batch: Sequence[PlannedLoad], extract: Extract, target: Path,
) -> tuple[dict[str, Counts], list[Emptied]]:
    """Write the rows of a batch below `target`, by kind and load: `accepted/partition_load=…`.

    Args:
        con: engine with the relations `extract` and `unreadable`.
        batch: loads of one table and header.
        extract: what the reader found.
        target: empty folder; gets accepted, rejected and emptied, each only if there are rows.

    Returns:
        Counts by load, and what was accepted without a value.
    """
    table = batch[0].table
    con.execute("create or replace temp table load_plan (cx360_file varchar, load_id varchar,"
                " load_sequence bigint, extracted_on date)")
    con.executemany("insert into load_plan values (?, ?, ?, ?)",
                    [[str(p.path), p.load_id, p.sequence, p.extracted_on] for p in batch])
    query = conversion_query(batch[0].declaration, table, extract)
    con.execute(f"create or replace temp table converted as from ({query}) limit 0")
    _see_fitting(con, target / ACCEPTED)
    if table.repeats:  # most rows repeat their record's first one: they are told apart at once
        con.execute(f"create or replace temp table converted as {query}")
    else:
        _stream(con, batch, query, target)
    ((left,),) = con.execute("select (select count(*) from converted) + "
                             "(select count(*) from unreadable)").fetchall()
    emptied = []
    if left:
        resolve_duplicates(con, table)
        _write_accepted(con, table.contract, target)
        _write_rejects(con, extract, target)
        emptied = _write_emptied(con, table, extract, target)
    counts = _count(con, table.contract)
    con.execute("drop view fitting")
    for name in ("converted", "emptied"):
        con.execute(f"drop table if exists {name}")
    return counts, emptied


def _stream(
    con: duckdb.DuckDBPyConnection, batch: Sequence[PlannedLoad], query: str, target: Path,
) -> None:
    """Write the rows that fit, which are then `fitting`; the others are `converted`."""
    table = batch[0].table
    only = batch[0].load_id if len(batch) == 1 else None
    doubtful = is_doubtful(table)
    _copy(con, f"select {_raw_columns(table.contract)}, load_id as partition_load from ({query}) "
               f"where not ({doubtful})", target / ACCEPTED, only)
    _see_fitting(con, target / ACCEPTED)
    ((others,),) = con.execute(
        "select (select count(*) from extract) - (select count(*) from fitting)").fetchall()
    if others:
        con.execute(f"create or replace temp table converted as from ({query}) where {doubtful}")
    if _find_shared_keys(con):
        con.execute(f"""
            create or replace temp table converted as from ({query})
            where {doubtful}
                or (load_id, record_key) in (select load_id, record_key from shared)""")
        _take_out_shared(con, table.contract, target, only)


def _find_shared_keys(con: duckdb.DuckDBPyConnection) -> bool:
    """Keys of several rows of a load, in the table `shared`; hashes first, which are small."""
    con.execute("""
        create or replace temp view keyed_rows as
        select load_id, record_key from fitting
        union all
        select load_id, record_key from converted where cx360_reason is null""")
    con.execute("""
        create or replace temp table shared_hashes as
        select hash(load_id, record_key) as hashed from keyed_rows
        group by hash(load_id, record_key) having count(*) > 1""")
    con.execute("""
        create or replace temp table shared as
        select load_id, record_key from keyed_rows
        where hash(load_id, record_key) in (from shared_hashes)
        group by load_id, record_key having count(*) > 1""")
    ((found,),) = con.execute("select count(*) from shared").fetchall()
    con.execute("drop view keyed_rows")
    con.execute("drop table shared_hashes")
    return bool(found)


def _take_out_shared(
    con: duckdb.DuckDBPyConnection, entity: Entity, target: Path, only: str | None,
) -> None:
    """Rows with a shared key are in `converted` now, and no longer among the fitting ones."""
    columns = ", ".join(identifier(column.name) for column in entity.raw_columns)
    _copy(con, f"select {columns}, load_id as partition_load from fitting "
               "where (load_id, record_key) not in (select (load_id, record_key) from shared)",
          target / "unshared", only)
    (target / ACCEPTED).rename(target / "shared")
    (target / "unshared").rename(target / ACCEPTED)
    _see_fitting(con, target / ACCEPTED)


def _see_fitting(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Make `fitting` the rows that were written to a folder."""
    files = ", ".join(literal(str(file)) for file in sorted(folder.glob("*/*.parquet")))
    rows = f"read_parquet([{files}], hive_partitioning = false)" if files else "converted limit 0"
    con.execute(f"create or replace temp view fitting as from {rows}")


def _raw_columns(entity: Entity) -> str:
    return ", ".join(f"cast({identifier(c.name)} as {DUCKDB_TYPES[c.type]}) as "
                     f"{identifier(c.name)}" for c in entity.raw_columns)


def _copy(
    con: duckdb.DuckDBPyConnection, query: str, folder: Path, only: str | None,
    name: str = "part",
) -> None:
    """Write the rows of a query, which end with `partition_load`, to a folder per load."""
    if only is None:
        con.execute(f"""
            copy ({query}) to {literal(str(folder))}
            (format parquet, {_PACKED}, partition_by (partition_load),
             filename_pattern '{name}_{{i}}', overwrite_or_ignore true)""")
        return
    home = folder / f"partition_load={only}"
    home.mkdir(parents=True, exist_ok=True)
    file = home / f"{name}_0.parquet"
    ((written,),) = con.execute(f"copy (select * exclude (partition_load) from ({query})) "
                                f"to {literal(str(file))} (format parquet, {_PACKED})"
                                ).fetchall()
    if not written:
        file.unlink()
        home.rmdir()


def _write_accepted(con: duckdb.DuckDBPyConnection, entity: Entity, target: Path) -> None:
    _copy(con, f"select {_raw_columns(entity)}, load_id as partition_load from converted "
               "where cx360_reason is null", target / ACCEPTED, None, name="looked")


def _write_rejects(con: duckdb.DuckDBPyConnection, extract: Extract, target: Path) -> None:
    con.execute(f"""
        copy (
            select load_id, source_row, reason, record, load_id as partition_load
            from (
                select p.load_id, p.load_sequence, {extract.row} as source_row,
                    c.cx360_reason as reason, {extract.record} as record
                from converted as c
                join load_plan as p on c.load_id = p.load_id
                join extract
                    on p.cx360_file = extract.cx360_file and c.source_row = extract.cx360_row
                where c.cx360_reason is not null and c.cx360_reason <> 'repeated'
                union all
                select p.load_id, p.load_sequence, u.cx360_row, u.reason, u.record
                from unreadable as u join load_plan as p on u.cx360_file = p.cx360_file
            ) as r
            order by load_sequence, source_row
        ) to {literal(str(target / REJECTED))}
        (format parquet, partition_by (partition_load), filename_pattern 'part_{{i}}')""")


def _write_emptied(
    con: duckdb.DuckDBPyConnection, table: TableDeclaration, extract: Extract, target: Path,
) -> list[Emptied]:
    """Rows accepted without the value of a lenient column."""
    parts = [f"""
        select p.load_id, p.load_sequence, p.cx360_file, {extract.row} as source_row,
            {literal(column)} as column_name, c.emptied_{column} as reason
        from converted as c
        join load_plan as p on c.load_id = p.load_id
        join extract on p.cx360_file = extract.cx360_file and c.source_row = extract.cx360_row
        where c.cx360_reason is null and c.emptied_{column} is not null"""
             for column in lenient_columns(table)]
    if not parts:
        return []
    con.execute(f"create or replace temp table emptied as {' union all '.join(parts)}")
    con.execute(f"""
        copy (
            select load_id, source_row, column_name, reason, load_id as partition_load
            from emptied order by load_sequence, source_row, column_name
        ) to {literal(str(target / EMPTIED))}
        (format parquet, partition_by (partition_load), filename_pattern 'part_{{i}}')""")
    return [Emptied(*row) for row in con.execute("""
        select cx360_file, reason, count(*), list(source_row order by source_row)[:5]
        from emptied group by cx360_file, reason order by cx360_file, reason""").fetchall()]


def _count(con: duckdb.DuckDBPyConnection, entity: Entity) -> dict[str, Counts]:
    event = entity.event_time
    moment = f"cast({identifier(event)} as timestamp)" if event else "cast(null as timestamp)"
    rows = con.execute(f"""
        with unread as (
            select p.load_id, count(*) as row_count
            from unreadable as u join load_plan as p on u.cx360_file = p.cx360_file
            group by p.load_id
        ), looked as (
            select load_id, count(*) as row_count,
                sum(case when cx360_reason is null then 1 else 0 end) as accepted,
                sum(case when cx360_reason = 'repeated' then 1 else 0 end) as repeated,
                sum(case when cx360_reason is null and is_deleted then 1 else 0 end) as deleted,
                min(case when cx360_reason is null then {moment} end) as first_event_at,
                max(case when cx360_reason is null then {moment} end) as last_event_at
            from converted group by load_id
        ), fitted as (
            select load_id, count(*) as row_count,
                sum(case when is_deleted then 1 else 0 end) as deleted,
                min({moment}) as first_event_at, max({moment}) as last_event_at
            from fitting group by load_id
        )
        select p.load_id,
            coalesce(f.row_count, 0) + coalesce(l.row_count, 0) + coalesce(u.row_count, 0),
            coalesce(f.row_count, 0) + coalesce(l.accepted, 0),
            coalesce(l.row_count - l.accepted - l.repeated, 0) + coalesce(u.row_count, 0),
            coalesce(l.repeated, 0), coalesce(f.deleted, 0) + coalesce(l.deleted, 0),
            least(f.first_event_at, l.first_event_at), greatest(f.last_event_at, l.last_event_at)
        from load_plan as p
        left join looked as l on p.load_id = l.load_id
        left join fitted as f on p.load_id = f.load_id
        left join unread as u on p.load_id = u.load_id""").fetchall()
    return {row[0]: Counts(*row[1:]) for row in rows}
