"""The published snapshot, and what is sent after it."""

import dagster as dg

from orchestration import dbt
from orchestration.alert_messages import send_alerts
from orchestration.data_docs import generate_data_docs
from orchestration.fingerprint import as_of_date, run_fingerprint
from orchestration.kpi_history import record_kpi_history
from orchestration.landing import DATA_QUALITY, LINEAGE
from orchestration.ml_updates import remove_replaced_parts
from orchestration.publisher import SCHEMAS, publish, tables_to_publish
from orchestration.resources import Run


def _published_tables() -> list[list[str]]:
    nodes = dbt.read_manifest()["nodes"].values()
    return sorted([node["config"]["schema"], node["name"]] for node in nodes
                  if node["resource_type"] in ("model", "seed")
                  and node["config"].get("schema") in SCHEMAS)


@dg.asset(
    key=["published", "snapshot"],
    deps=_published_tables(),
    description="One row per published table: marts and reporting for BI tools, as one DuckDB "
                "file and as Parquet, without personal data, moved into place in one step.",
    group_name="published",
    owners=["team:data-engineering"],
    kinds={"duckdb", "parquet"},
    check_specs=[dg.AssetCheckSpec(
        "alerts_sent", asset=["published", "snapshot"],
        description="New alerts were sent where the settings say so; a failure is a warning.")],
)
def snapshot(run: Run) -> dg.MaterializeResult:
    """Publish marts and reporting with their documentation; then send new alerts."""
    settings, loads = run.settings, run.zone.loads()
    as_of = as_of_date(settings, loads)
    with run.audit.stage("publish"):
        published = publish(
            settings.warehouse_path, settings.published_path,
            tables_to_publish(dbt.read_manifest()),
            fingerprint=run_fingerprint(settings, loads, as_of), as_of=as_of,
            docs={LINEAGE: dbt.generate_docs(settings, loads),
                  DATA_QUALITY: generate_data_docs(settings, loads, as_of)},
            keep=settings.snapshots_kept, memory_limit=settings.memory_limit)
        record_kpi_history(settings)
        remove_replaced_parts(settings)
    sent = send_alerts(settings, as_of)
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(
        check_name="alerts_sent", passed=not sent.problems, severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(sent.problems), metadata=dict(sent.events))], metadata={
        "dagster/row_count": sum(published.rows.values()),
        "snapshot": published.name,
        "as of": published.as_of.isoformat(),
        "path": dg.MetadataValue.path(str(published.path)),
        "rows": dg.MetadataValue.json(published.rows),
    })
