"""Admits or quarantines loads: the gate between the raw zone and dbt.

Judges every load not yet admitted with the suites of `expectations/` and writes the verdict into
the manifest, its numbers into the verdict log. dbt reads admitted loads only.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from expectations.metrics import load_metrics_sql
from expectations.raw import Thresholds, chunk_columns, validate_loads
from ingestion.contract import DUCKDB_TYPES, ENTITIES, Entity
from ingestion.raw_zone import Load, RawZone, State
from ingestion.readers.files import identifier, literal
from orchestration.verdict_log import VerdictLog
from orchestration.warehouse import engine, frames

THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Admission:
    """Outcome for one raw table in one run."""

    entity: Entity
    admitted: tuple[Load, ...]
    quarantined: tuple[Load, ...]
    newly_judged: int

    @property
    def passed(self) -> bool:
        """Whether no load of the table is in quarantine."""
        return not self.quarantined


def admit_loads(zone: RawZone, log: VerdictLog, memory_limit: str) -> dict[str, Admission]:
    """Judge all staged loads.

    A load in quarantine stays there, and its table fails, until it is replayed or withdrawn.

    Returns:
        Raw table name -> outcome, for every entity of the contract.
    """
    staged: dict[str, list[Load]] = defaultdict(list)
    for load in zone.loads():
        if load.state == "staged":
            staged[load.entity].append(load)
    for name, loads in staged.items():
        for may_be_empty in (False, True):
            some = [load for load in loads if load.may_be_empty == may_be_empty]
            if some:
                thresholds = replace(THRESHOLDS, rows_read=0) if may_be_empty else THRESHOLDS
                zone.set_states(_judge(
                    zone, log, ENTITIES[name], some, thresholds, memory_limit))
    outcomes = {}
    loads_now = zone.loads()
    for entity in ENTITIES.values():
        of_table = [load for load in loads_now if load.entity == entity.name]
        outcomes[entity.table] = Admission(
            entity=entity,
            admitted=tuple(load for load in of_table if load.state == "admitted"),
            quarantined=tuple(load for load in of_table if load.state == "quarantined"),
            newly_judged=len(staged.get(entity.name, ())),
        )
    return outcomes


def _judge(
    zone: RawZone, log: VerdictLog, entity: Entity, loads: list[Load], thresholds: Thresholds,
    memory_limit: str,
) -> dict[str, tuple[State, str]]:
    files = [zone.path / "_empty" / f"{entity.table}.parquet", *zone.files_of(loads)]
    # A load made before a column joined the contract has none of it. Files of other types than the
    # contract's are no loads: read together they would make each other's columns text.
    typed = ", ".join(f"cast({identifier(column.name)} as {DUCKDB_TYPES[column.type]}) as "
                      f"{identifier(column.name)}" for column in entity.raw_columns)
    relation = (f"(select {typed} from read_parquet([{', '.join(literal(str(f)) for f in files)}], "
                "union_by_name = true))")
    columns = ", ".join(identifier(column) for column in chunk_columns(entity))
    ids = [load.load_id for load in loads]
    with engine(memory_limit) as con:
        con.execute("create temp table loads as select unnest($1) as load_id, unnest($2) as "
                    "rows_read, unnest($3) as rows_accepted, unnest($4) as rows_rejected, "
                    "unnest($5) as rows_repeated",
                    [ids, [load.rows_read for load in loads],
                     [load.rows_accepted for load in loads], [load.rows_rejected for load in loads],
                     # Rows that replays took over are accounted for there.
                     [load.rows_repeated + load.rows_repaired for load in loads]])
        metrics = con.execute(load_metrics_sql(entity, relation, "loads")).df()
        verdicts = validate_loads(
            entity, frames(con, f"select {columns} from {relation}"), metrics,
            thresholds=thresholds)
    log.record(f"raw.{entity.table}", {verdict.load_id: verdict.metrics for verdict in verdicts})
    return {
        verdict.load_id: ("admitted", "") if verdict.passed else
        ("quarantined", " ".join(failure.sentence for failure in verdict.failures))
        for verdict in verdicts
    }
