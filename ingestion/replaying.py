"""Replays rejects: what the present declaration accepts becomes a load of its own.

A replay has the number and the date of the load it repairs, so that its rows rank as if they had
been accepted at once and never beat a later version of a record. A record moves: the load's
rejects fall by what its replays read, so that over a load and its replays rows read = accepted +
rejected + repeated. The rejects themselves stay where they are, with their first reason; beside
them it is kept which load repaired which, and why the others are still rejected. What does **not**
belong here: extracts, which `loading.py` reads anew by itself when their declaration changes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from itertools import groupby

import duckdb

from ingestion.declaration import SourceDeclaration, TableDeclaration
from ingestion.raw_zone import Load, RawZone
from ingestion.readers.extract import file_list, literal
from ingestion.replays import Replay, write_replays
from ingestion.rows import conversion_query, resolve_duplicates
from ingestion.stored_records import names_by_load, open_records, read_rejects

_COUNTED = ("staged", "admitted", "quarantined")


def replay_rejects(
    declarations: Iterable[SourceDeclaration], zone: RawZone, *,
    is_chosen: Callable[[Load], bool] = lambda load: True, memory_limit: str = "2GB",
) -> tuple[Replay, ...]:
    """Judge rejects anew with the present declarations, and load what is accepted now.

    Rejects that the present declaration has already judged are left alone, so a second replay
    changes nothing.

    Args:
        declarations: the company's sources.
        zone: the raw zone; replays are left in state `staged`, and so is a quarantined load whose
            rejects became fewer, to be judged anew.
        is_chosen: which loads.
        memory_limit: most memory the engine may use, as DuckDB writes it.

    Returns:
        One entry per load whose rejects were judged, in load sequence.
    """
    zone.prepare()
    done: list[Replay] = []
    spill = zone.incoming / "spill"
    spill.mkdir(parents=True)
    con = duckdb.connect(config={"temp_directory": str(spill), "memory_limit": memory_limit})
    try:
        con.execute("set TimeZone = 'UTC'")
        con.execute("set partitioned_write_max_open_files = 1000")
        for declaration in declarations:
            for table in declaration.tables:
                loads = [load for load in zone.loads() if is_chosen(load)
                         and _is_open(load, declaration, table)]
                if loads:
                    done += _replay_table(con, declaration, table, loads, zone)
    finally:
        con.close()
        shutil.rmtree(zone.incoming, ignore_errors=True)
    return tuple(sorted(done, key=lambda replay: replay.load.load_sequence))


def _is_open(load: Load, declaration: SourceDeclaration, table: TableDeclaration) -> bool:
    judged_by = load.rejects_version or load.declaration_version
    return ((load.source_system, load.label, load.entity)
            == (declaration.source, table.label, table.entity)
            and load.state in _COUNTED and load.rows_rejected > 0 and not load.replays_load_id
            and judged_by != declaration.version(table))


def _replay_table(
    con: duckdb.DuckDBPyConnection, declaration: SourceDeclaration, table: TableDeclaration,
    loads: list[Load], zone: RawZone,
) -> list[Replay]:
    """Loads whose records have the same columns are judged together, and count together."""
    read_rejects(con, zone, loads)
    names = names_by_load(con, table)
    done: list[Replay] = []
    for columns, group in groupby(
            sorted(loads, key=lambda load: (
                load.load_id in names, names.get(load.load_id, ()), load.load_sequence)),
            key=lambda load: names.get(load.load_id)):
        of_group = list(group)
        if columns is None:
            _keep_reasons(con, of_group)
        else:
            _judge(con, declaration, table, of_group, columns, zone)
        done += write_replays(con, table, of_group, declaration.version(table), zone)
    return done


def _keep_reasons(con: duckdb.DuckDBPyConnection, loads: list[Load]) -> None:
    """Rejects of which no record is whole: only their extract could be read again."""
    con.execute("drop table if exists converted")
    some = ", ".join(literal(load.load_id) for load in loads)
    con.execute("create or replace temp table judged as select load_id, cast(null as varchar) as "
                "replay_id, reject_number, source_row, reason, cast(null as varchar) as outcome "
                f"from rejects where load_id in ({some})")


def _judge(
    con: duckdb.DuckDBPyConnection, declaration: SourceDeclaration, table: TableDeclaration,
    loads: list[Load], columns: tuple[str, ...], zone: RawZone,
) -> None:
    """Create `converted` and `judged`: one row per reject, its present reason or its outcome."""
    extract = open_records(con, table, {load.load_id: load.file for load in loads}, columns)
    ids = _replay_ids(zone, loads)
    con.execute("create or replace temp table load_plan (cx360_file varchar, load_id varchar,"
                " load_sequence bigint, extracted_on date)")
    con.executemany("insert into load_plan values (?, ?, ?, ?)",
                    [[load.load_id, ids[load.load_id], load.load_sequence, load.extracted_on]
                     for load in loads])
    con.execute("create or replace temp table converted as "
                + conversion_query(declaration, table, extract))
    accepted = _read_accepted(con, table, zone, loads)
    if accepted and (table.key or table.duplicates == "reject"):
        _yield_to_accepted(con, table)
    resolve_duplicates(con, table)
    if accepted and not table.key:
        _number_on(con, table)
    con.execute("""
        create or replace temp table judged as
        select r.load_id, p.load_id as replay_id, r.reject_number, r.source_row,
            case when c.load_id is null then r.reason else c.cx360_reason end as reason,
            case when c.cx360_reason = 'repeated' then 'repeated'
                when c.load_id is not null and c.cx360_reason is null then 'accepted' end as outcome
        from rejects as r
        join load_plan as p on r.load_id = p.cx360_file
        left join extract on r.load_id = extract.cx360_file
            and r.reject_number = extract.cx360_reject
        left join converted as c on p.load_id = c.load_id and extract.cx360_row = c.source_row""")


def _replay_ids(zone: RawZone, loads: list[Load]) -> dict[str, str]:
    """Id of each load's next replay; it sorts behind the load and its earlier replays."""
    earlier = [load.replays_load_id for load in zone.loads()]
    return {load.load_id: f"{load.load_id}_r{earlier.count(load.load_id) + 1:02d}"
            for load in loads}


def _read_accepted(
    con: duckdb.DuckDBPyConnection, table: TableDeclaration, zone: RawZone, loads: list[Load],
) -> bool:
    """Create `accepted`: keys that the loads and their earlier replays hold already."""
    ids = {load.load_id for load in loads}
    holders = [load for load in zone.loads()
               if load.load_id in ids or load.replays_load_id in ids]
    files = zone.files_of(load for load in holders if load.state != "superseded")
    if not files:
        return False
    con.execute("create or replace temp table origins as select unnest($1) as load_id, "
                "unnest($2) as cx360_file",
                [[load.load_id for load in holders],
                 [load.replays_load_id or load.load_id for load in holders]])
    con.execute(f"""
        create or replace temp table accepted as
        select p.load_id, a.updated_at, coalesce(a.source_metadata, '') as source_metadata,
            {'a.source_record_ref' if table.key else "split_part(a.source_record_ref, '#', 1)"}
                as source_record_ref
        from read_parquet({file_list(files)}) as a
        join origins as o on a.load_id = o.load_id
        join load_plan as p on o.cx360_file = p.cx360_file
        where split_part(a.source_record_ref, '#', 1) in (
            select split_part(source_record_ref, '#', 1) from converted where cx360_reason is null)
        """)
    return bool(con.execute("select count(*) from accepted").fetchall()[0][0])


def _yield_to_accepted(con: duckdb.DuckDBPyConnection, table: TableDeclaration) -> None:
    """A key that its extract filled already: only a newer row counts beside it."""
    same = "c.load_id = a.load_id and c.source_record_ref = a.source_record_ref"
    reason = literal("duplicate key: an accepted row of the same extract counts")
    if table.repeats:
        reason = literal("repeated")
    elif table.key:
        if table.comes_in_pages and not (table.explode or table.explode_fields):
            reason = literal("repeated")
        same += " and not coalesce(c.updated_at > a.updated_at, c.updated_at is not null)"
    else:
        same += " and coalesce(c.source_metadata, '') = a.source_metadata"
        reason = literal("exact duplicate of an accepted row of the same extract")
    con.execute(f"update converted as c set cx360_reason = {reason} from accepted as a "
                f"where c.cx360_reason is null and {same}")


def _number_on(con: duckdb.DuckDBPyConnection, table: TableDeclaration) -> None:
    """Without a key, equal rows are told apart by a number that goes on where the load ended."""
    con.execute(f"""
        update converted as c set
            source_record_ref = n.reference,
            record_key = md5({literal(table.entity + '|')} || c.source_system || '|' || n.reference)
        from (
            select c.load_id, c.source_row, split_part(c.source_record_ref, '#', 1) || '#' || (
                held.row_count + cast(coalesce(nullif(split_part(c.source_record_ref, '#', 2), ''),
                '1') as bigint)) as reference
            from converted as c
            join (select load_id, source_record_ref, count(*) as row_count
                  from accepted group by all) as held
                on c.load_id = held.load_id
                and split_part(c.source_record_ref, '#', 1) = held.source_record_ref
            where c.cx360_reason is null
        ) as n
        where c.load_id = n.load_id and c.source_row = n.source_row""")
