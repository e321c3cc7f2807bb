"""Raw tables: extracts into the raw zone, and the gate that admits each load."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from expectations.raw import describe_suite
from ingestion.arrival import judge_arrivals
from ingestion.contract import ENTITIES, KINDS, Entity
from ingestion.declaration import read_declarations
from ingestion.fetching.fetch import fetch_sources
from ingestion.fetching.landing import Landing
from ingestion.loading import load_extracts
from ingestion.raw_zone import Load, RawZone
from ingestion.schema_history import read_history
from orchestration.activation import count_exported
from orchestration.admission import THRESHOLDS, admit_loads
from orchestration.checks import (
    ADMISSION,
    ARRIVAL,
    READABLE,
    admission_result,
    arrival_result,
    readable_result,
)
from orchestration.fingerprint import as_of_date
from orchestration.kpi_history import count_history
from orchestration.ml_tables import prepare_ml_tables
from orchestration.rejects import counting, group_rejects
from orchestration.resources import Run
from orchestration.schemas import latest_changes
from orchestration.settings import read_secrets, remember_sources
from orchestration.verdict_log import VerdictLog
from orchestration.warehouse import escape_cell

MANIFEST = ["raw", "load_manifest"]
REJECTS = ["raw", "rejects"]
PROBLEMS = ["raw", "load_problems"]
FETCHES = ["raw", "fetches"]
SCHEMAS = ["raw", "schema_history"]
HISTORY = ["raw", "kpi_history"]
EXPORTED = ["raw", "action_exports"]
# What is known of loads and runs: key and description.
LEDGERS = (
    (MANIFEST, "One row per load: which extract it came from, rows read, accepted, rejected "
     "and repeated, and whether it is admitted."),
    (REJECTS, "One row per row that a load rejected: its row in the extract, its first and "
     "its present reason, and the replay that took it over (`cx360 rejects`). The "
     "record itself is personal data and stays in the files of the raw zone."),
    (PROBLEMS, "One row per extract that this run could not load, with the reason; what a "
     "declaration names and nobody ever delivered is one, too."),
    (FETCHES, "One row per declared table of a database or an API, with the day of its last "
     "fetch; what had nothing new was fetched all the same."),
    (SCHEMAS, "One row per source, table, column and period in which the column was the "
     "same: new, missing and removed columns, changed types, and what the "
     "declaration makes of each."),
    (HISTORY, "One row per KPI value and date on which it was first published, as the "
     "snapshots so far recorded it."),
    (EXPORTED, "One row per action that a list for activation held, as `cx360 activate` "
     "logged it."),
)
FRESHNESS = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(days=7), warn_window=timedelta(days=2))


def _spec(entity: Entity) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["raw", entity.table],
        description=f"{entity.description} Every version of every record, as delivered. "
                    f"Source kind {entity.kind}: {KINDS[entity.kind]}.",
        group_name=f"raw_{entity.kind}",
        owners=["team:data-engineering"],
        kinds={"python", "parquet"},
        freshness_policy=FRESHNESS,
    )


def _ledger_spec(key: list[str], description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key, description=description, group_name="raw_loads",
        owners=["team:data-engineering"], kinds={"python", "parquet"})


def _check_specs(entity: Entity) -> list[dg.AssetCheckSpec]:
    rules = "\n".join(f"- {rule}" for rule in describe_suite(entity, THRESHOLDS))
    return [
        dg.AssetCheckSpec(
            ADMISSION, asset=["raw", entity.table],
            description=f"Every load is admitted; one that breaks a rule is quarantined.\n{rules}"),
        dg.AssetCheckSpec(
            READABLE, asset=["raw", entity.table],
            description="Every declared extract is there and can be read."),
        dg.AssetCheckSpec(
            ARRIVAL, asset=["raw", entity.table],
            description="No source is later than it declares by `expected_every`, counted to the "
                        "run's as-of date; the newest extracts have about as many rows as usual, "
                        "are no earlier ones under another name, and their dates fit their facts. "
                        "A warning; an error with CX360_STRICT."),
    ]


@dg.multi_asset(
    name="load_and_admit_extracts",
    specs=[*(_spec(entity) for entity in ENTITIES.values()),
           *(_ledger_spec(*ledger) for ledger in LEDGERS)],
    check_specs=[spec for entity in ENTITIES.values() for spec in _check_specs(entity)],
)
def raw_tables(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult]:
    """Fetch and load what is new in the sources, then admit or quarantine each load."""
    settings, zone = run.settings, run.zone
    remember_sources(settings)
    with run.audit.stage("ingest"):
        prepare_ml_tables(settings)
        declarations = read_declarations(settings.sources)
        if settings.fetch:
            fetch_sources(declarations, zone, read_secrets(), progress=context.log.info)
        report = load_extracts(
            declarations, settings.extracts, zone,
            memory_limit=settings.memory_limit, progress=context.log.info)
        fills = {(source.source, table.label): table.contract.table
                 for source in declarations for table in source.tables}
        for warning in report.warnings:
            context.log.warning(warning.message)
        outcomes = admit_loads(
            zone, VerdictLog(settings.verdicts_path), settings.memory_limit)
        arrived = judge_arrivals(
            declarations, zone.loads(), as_of_date(settings, zone.loads()),
            {load.load_id for load in report.loaded}, Landing(zone.path).fetched_on())
        for table, outcome in outcomes.items():
            problems = [p for p in report.problems if fills[p.source_system, p.table] == table]
            yield dg.MaterializeResult(
                asset_key=["raw", table],
                metadata=_metadata(
                    outcome.admitted, [x for x in report.loaded if x.table == table]),
                check_results=[
                    admission_result(outcome), readable_result(table, problems),
                    arrival_result(["raw", table], [x for x in arrived if x.table == table],
                                   is_strict=settings.strict)],
            )
        yield dg.MaterializeResult(asset_key=MANIFEST, metadata=_describe(zone.loads()))
        yield dg.MaterializeResult(asset_key=REJECTS, metadata=_describe_rejects(zone))
        yield dg.MaterializeResult(
            asset_key=PROBLEMS, metadata={"dagster/row_count": len(report.problems)})
        yield dg.MaterializeResult(asset_key=FETCHES, metadata={"dagster/row_count": sum(
            table.is_fetched for source in declarations for table in source.tables)})
        yield dg.MaterializeResult(
            asset_key=SCHEMAS, metadata=_describe_schemas(read_history(zone)))
        yield dg.MaterializeResult(
            asset_key=HISTORY, metadata={"dagster/row_count": count_history(settings)})
        yield dg.MaterializeResult(
            asset_key=EXPORTED, metadata={"dagster/row_count": count_exported(settings)})
        unusable = [load.file for o in outcomes.values() for load in o.quarantined]
        unusable += [problem.message for problem in report.problems]
        if settings.strict and unusable:
            raise dg.Failure(
                "strict: loads in quarantine or unreadable extracts stop the run",
                metadata={"extracts": "\n".join(unusable[:50])}, allow_retries=False)


def _describe(loads: tuple[Load, ...]) -> dict[str, dg.MetadataValue]:
    """Loads per state, and the latest ones as a table."""
    lines = ["| load | source | entity | file | read | accepted | rejected | state |",
             "|" + " --- |" * 8]
    lines += [f"| {x.load_id} | {x.source_system} | {x.entity} | {escape_cell(x.file)} | "
              f"{x.rows_read} | {x.rows_accepted} | {x.rows_rejected} | {x.state} |"
              for x in sorted(loads, key=lambda x: -x.load_sequence)[:20]]
    states = Counter(load.state for load in loads)
    return {"dagster/row_count": dg.MetadataValue.int(len(loads)),
            "latest loads": dg.MetadataValue.md("\n".join(lines)),
            **{state: dg.MetadataValue.int(count) for state, count in sorted(states.items())}}


def _describe_rejects(zone: RawZone) -> dict[str, dg.MetadataValue]:
    """Rejects per source, table and reason."""
    groups = group_rejects(zone, counting(zone.loads()))
    lines = ["| source | table | reason | rows | loads | repaired by |", "|" + " --- |" * 6]
    lines += [f"| {x.source_system} | {x.label} | {escape_cell(x.reason)} | {x.rows_count} | "
              f"{x.loads_count} | {x.repaired_by} |" for x in groups[:50]]
    rejected = sum(x.rows_count for x in groups if not x.repaired_by)
    return {"dagster/row_count": dg.MetadataValue.int(sum(x.rows_count for x in groups)),
            "rejected": dg.MetadataValue.int(rejected),
            "repaired": dg.MetadataValue.int(sum(x.rows_count for x in groups) - rejected),
            "by reason": dg.MetadataValue.md("\n".join(lines))}


def _describe_schemas(history: list[dict[str, object]]) -> dict[str, dg.MetadataValue]:
    """Columns per state they are in now, and the latest changes as a table."""
    lines = ["| source | table | column | state | type | mapped to | since |", "|" + " --- |" * 7]
    lines += [f"| {x['source_system']} | {x['label']} | {escape_cell(str(x['column_name']))} | "
              f"{x['state']} | {x['column_type'] or ''} | {x['mapped_to'] or ''} | "
              f"{escape_cell(str(x['first_file']))} |" for x in latest_changes(history)[:20]]
    states = Counter(str(row["state"]) for row in history if row["is_current"])
    return {"dagster/row_count": dg.MetadataValue.int(len(history)),
            "latest changes": dg.MetadataValue.md("\n".join(lines)),
            **{state: dg.MetadataValue.int(count) for state, count in sorted(states.items())}}


def _metadata(admitted: tuple[Load, ...], new: list[Load]) -> dict[str, dg.MetadataValue]:
    rows = sum(load.rows_accepted for load in admitted)
    return {
        "dagster/row_count": dg.MetadataValue.int(rows),
        "loads": dg.MetadataValue.int(len(admitted)),
        "new loads": dg.MetadataValue.int(len(new)),
        "rows read": dg.MetadataValue.int(sum(load.rows_read for load in new)),
        "rows accepted": dg.MetadataValue.int(sum(load.rows_accepted for load in new)),
        "rows rejected": dg.MetadataValue.int(sum(load.rows_rejected for load in new)),
        "sources": dg.MetadataValue.text(
            ", ".join(sorted({load.source_system for load in admitted})) or "none"),
    }
