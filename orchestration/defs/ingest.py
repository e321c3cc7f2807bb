"""Raw tables: extracts into the raw zone, and the gate that admits each load."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from expectations.raw import describe_suite
from ingestion.contract import ENTITIES, KINDS, Entity
from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import Load
from orchestration.admission import THRESHOLDS, admit_loads
from orchestration.checks import ADMISSION, READABLE, admission_result, readable_result
from orchestration.ml_tables import prepare_ml_tables
from orchestration.resources import Run
from orchestration.settings import remember_sources

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


def _check_specs(entity: Entity) -> list[dg.AssetCheckSpec]:
    rules = "\n".join(f"- {rule}" for rule in describe_suite(entity, THRESHOLDS))
    return [
        dg.AssetCheckSpec(
            ADMISSION, asset=["raw", entity.table],
            description=f"Every load is admitted; one that breaks a rule is quarantined.\n{rules}"),
        dg.AssetCheckSpec(
            READABLE, asset=["raw", entity.table],
            description="Every declared extract is there and can be read."),
    ]


@dg.multi_asset(
    name="load_and_admit_extracts",
    specs=[_spec(entity) for entity in ENTITIES.values()],
    check_specs=[spec for entity in ENTITIES.values() for spec in _check_specs(entity)],
)
def raw_tables(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult]:
    """Load what is new in the extracts, then admit or quarantine each load."""
    settings, zone = run.settings, run.zone
    remember_sources(settings)
    with run.audit.stage("ingest"):
        prepare_ml_tables(settings)
        report = load_extracts(
            read_declarations(settings.sources), settings.extracts, zone,
            memory_limit=settings.memory_limit, progress=context.log.info)
        for warning in report.warnings:
            context.log.warning(warning.message)
        outcomes = admit_loads(zone, settings.memory_limit)
        for table, outcome in outcomes.items():
            problems = [p for p in report.problems
                        if table in (p.table.replace(".", "_"), _table_of(p.table, zone.loads()))]
            yield dg.MaterializeResult(
                asset_key=["raw", table],
                metadata=_metadata(
                    outcome.admitted, [x for x in report.loaded if x.table == table]),
                check_results=[admission_result(outcome), readable_result(table, problems)],
            )
        unusable = [load.file for o in outcomes.values() for load in o.quarantined]
        unusable += [problem.message for problem in report.problems]
        if settings.strict and unusable:
            raise dg.Failure(
                "strict: loads in quarantine or unreadable extracts stop the run",
                metadata={"extracts": "\n".join(unusable[:50])}, allow_retries=False)


def _table_of(label: str, loads: tuple[Load, ...]) -> str:
    return next((load.table for load in loads if load.label == label), "")


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
