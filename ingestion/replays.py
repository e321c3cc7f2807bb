"""Writes what became of rejects that were replayed: files first, then the manifest in one step.

Works on `judged` and `converted`, which `replaying.py` leaves behind. Until the manifest is
replaced nothing counts: a killed replay is one that never was, and the next one writes the same
files again.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from ingestion.contract import DUCKDB_TYPES
from ingestion.declaration import TableDeclaration
from ingestion.raw_zone import Load, RawZone
from ingestion.readers.extract import identifier, literal


@dataclass(frozen=True)
class Replay:
    """What became of the rejects of one load; `made` is None where none is accepted now."""

    load: Load
    made: Load | None
    rows_accepted: int
    rows_repeated: int
    rows_remaining: int


def write_replays(
    con: duckdb.DuckDBPyConnection, table: TableDeclaration, loads: list[Load], version: str,
    zone: RawZone,
) -> list[Replay]:
    """Write files of replayed rejects and let them count.

    Args:
        con: holds `judged` and, where a record was whole, `converted`.
        table: the present declaration of the loads' table.
        loads: whose rejects were judged.
        version: of the present declaration.
        zone: where the files go.
    """
    target = zone.incoming / "replay"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    _copy(con, target / "judged", "load_id", f"""
        select load_id, {literal(version)} as declaration_version, reject_number, reason
        from judged where outcome is null order by load_id, reject_number""")
    _copy(con, target / "repairs", "load_id", """
        select replay_id as load_id, load_id as replays_load_id, reject_number, source_row, outcome
        from judged where outcome is not null order by replay_id, reject_number""")
    found = _count(con, table)
    if found:
        _write_accepted(con, table, target)
    last = max(load.load_sequence for load in zone.loads())
    done, changed = [], []
    for load in loads:
        _move(target / "judged", load.load_id, zone.judgement_of(load, version))
        made = None
        counts = found.get(load.load_id, {"rows_accepted": 0, "rows_repeated": 0})
        moved = counts["rows_accepted"] + counts["rows_repeated"]
        if moved:
            made = replace(
                load, **counts, replays_load_id=load.load_id, declaration_version=version,
                rows_read=moved, rows_rejected=0, rows_repaired=0, rejects_version="",
                replayed_after=last, schema_id="", state="staged", reason="", files=())
            made = replace(made, files=_move_rows(target, made, zone))
            changed.append(made)
        judged = replace(load, rows_rejected=load.rows_rejected - moved,
                         rows_repaired=load.rows_repaired + moved, rejects_version=version)
        if moved and load.state == "quarantined":  # perhaps for its rejects
            judged = replace(judged, state="staged", reason="")
        changed.append(judged)
        done.append(Replay(load, made, counts["rows_accepted"], counts["rows_repeated"],
                           load.rows_rejected - moved))
    known = {load.load_id: load for load in zone.loads()} | {x.load_id: x for x in changed}
    zone.write_manifest(known.values())
    return done


def _copy(con: duckdb.DuckDBPyConnection, folder: Path, owner: str, query: str) -> None:
    """One file per owner, whose column stays in it."""
    con.execute(f"copy (select *, {owner} as owner from ({query})) to {literal(str(folder))} "
                "(format parquet, partition_by (owner), filename_pattern 'part_{i}')")


def _write_accepted(
    con: duckdb.DuckDBPyConnection, table: TableDeclaration, target: Path,
) -> None:
    columns = ", ".join(f"cast({identifier(c.name)} as {DUCKDB_TYPES[c.type]}) as "
                        f"{identifier(c.name)}" for c in table.contract.raw_columns)
    _copy(con, target / "accepted", "load_id",
          f"select {columns} from converted where cx360_reason is null")
    emptied = [f"""
        select j.replay_id as load_id, j.source_row, {literal(column.name)} as column_name,
            c.emptied_{column.name} as reason
        from converted as c
        join extract on c.source_row = extract.cx360_row
        join judged as j on c.load_id = j.replay_id and extract.cx360_file = j.load_id
            and extract.cx360_reject = j.reject_number
        where j.outcome = 'accepted' and c.emptied_{column.name} is not null"""
               for column in table.contract.columns
               if column.lenient and column.name in table.columns]
    if emptied:
        _copy(con, target / "emptied", "load_id", " union all ".join(emptied)
              + " order by load_id, source_row, column_name")


def _count(con: duckdb.DuckDBPyConnection, table: TableDeclaration) -> dict[str, dict[str, Any]]:
    """Load -> id and counts of its replay, for loads of which a reject is accepted or repeated."""
    if not con.execute("select count(*) from judged where outcome is not null").fetchall()[0][0]:
        return {}
    event = table.contract.event_time
    moment = f"cast({identifier(event)} as timestamp)" if event else "cast(null as timestamp)"
    rows = con.execute(f"""
        with events as (
            select load_id, min({moment}) as first_event_at, max({moment}) as last_event_at,
                count(*) filter (where is_deleted) as rows_deleted
            from converted where cx360_reason is null group by load_id
        )
        select j.load_id, j.replay_id, count(*) filter (where j.outcome = 'accepted'),
            count(*) filter (where j.outcome = 'repeated'),
            any_value(e.first_event_at), any_value(e.last_event_at),
            coalesce(any_value(e.rows_deleted), 0)
        from judged as j left join events as e on j.replay_id = e.load_id
        where j.outcome is not null group by j.load_id, j.replay_id""").fetchall()
    names = ("load_id", "rows_accepted", "rows_repeated", "first_event_at", "last_event_at",
             "rows_deleted")
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def _move_rows(target: Path, made: Load, zone: RawZone) -> tuple[str, ...]:
    home = zone.path / made.table / made.load_id
    _move(target / "accepted", made.load_id, home)
    _move(target / "repairs", made.load_id, zone.repairs_of(made))
    _move(target / "emptied", made.load_id, zone.emptied_of(made))
    return tuple(sorted(path.relative_to(zone.path).as_posix() for path in home.glob("*.parquet")))


def _move(written: Path, owner: str, kept: Path) -> None:
    """Put an owner's files in place of what a killed run may have left there."""
    shutil.rmtree(kept, ignore_errors=True)
    if (folder := written / f"owner={owner}").exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        folder.replace(kept)
