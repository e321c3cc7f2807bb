"""dbt models as assets: what needs no statistics first, then what reads them."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from orchestration import dbt as dbt_project
from orchestration.journey_chart import draw_journey_paths
from orchestration.resources import Dbt, Run
from orchestration.warehouse import count_rows, preview, reading

# What reads an ML table is built after it.
AFTER_ML = "source:ml+"
PERSONAL = ("direct", "indirect", "text", "pseudonym", "masked")
# What a person would rather look at than read.
PICTURES = {("reporting", "journey_paths"): draw_journey_paths}


class Translator(DagsterDbtTranslator):
    """Names and owners come from the dbt project; seeds and tests need nothing of their own."""

    def get_asset_spec(
        self, manifest: Any, unique_id: str, project: Any,
    ) -> dg.AssetSpec:
        """Add the engine's kind and the owning team."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        if unique_id.startswith("source."):
            return spec
        owner = self.get_resource_props(manifest, unique_id)["config"].get("meta", {}).get("owner")
        return spec.replace_attributes(owners=[f"team:{owner}"] if owner else spec.owners)


@dbt_assets(
    name="build_staging_and_features", manifest=dbt_project.manifest(), exclude=AFTER_ML,
    dagster_dbt_translator=Translator(),
)
def features(
    context: dg.AssetExecutionContext, dbt: Dbt, run: Run,
) -> Iterator[Any]:
    """Staging, identity records and features: everything that needs no ML table."""
    yield from _build(context, dbt, run, "features")


@dbt_assets(
    name="build_marts_and_reporting", manifest=dbt_project.manifest(), select=AFTER_ML,
    dagster_dbt_translator=Translator(),
)
def marts(context: dg.AssetExecutionContext, dbt: Dbt, run: Run) -> Iterator[Any]:
    """Marts and reporting: what joins the facts with what was inferred."""
    yield from _build(context, dbt, run, "marts")


def _build(
    context: dg.AssetExecutionContext, dbt: Dbt, run: Run, stage: str,
) -> Iterator[Any]:
    """Build with all tests; a failing test of severity error fails the step and what is below.

    Results are passed on when dbt has ended, because rows are counted through a connection of our
    own, and dbt must not find the file in use.
    """
    settings = run.settings
    with run.audit.stage(stage, is_whole=not context.is_subset):
        invocation = dbt.cli(
            ["build", "--vars", dbt_project.variables(settings, run.zone.loads())],
            context=context, target_path=settings.home / "dbt" / stage, raise_on_error=False)
        events = list(invocation.stream())
        yield from _with_rows(context, events, run)
        if not invocation.is_successful():
            told = dbt_project.told_by_tests(
                settings.home / "dbt" / stage / "run_results.json")
            raise dg.Failure(
                f"{stage}: dbt reports failed models or tests; nothing below is built or "
                "published. " + (" ".join(told) or "See the failing checks of the assets"),
                allow_retries=False)


def _with_rows(context: dg.AssetExecutionContext, events: list[Any], run: Run) -> Iterator[Any]:
    """Add row counts to every table and a preview without personal data to the reported ones."""
    warehouse = run.settings.warehouse_path
    built = [_schema_and_table(context, e) for e in events if isinstance(e, dg.Output)]
    rows = count_rows(warehouse, built) if warehouse.exists() else {}
    columns = _public_columns()
    for event in events:
        if isinstance(event, dg.Output):
            key = _schema_and_table(context, event)
            metadata: dict[str, Any] = {}
            if key in rows:
                metadata["dagster/row_count"] = rows[key]
            if key[0] in ("marts", "reporting") and key in rows and columns.get(key):
                metadata["preview"] = dg.MetadataValue.md(
                    preview(warehouse, key[0], key[1], columns[key]))
            if key in PICTURES and key in rows:
                with reading(warehouse) as con:
                    metadata["picture"] = dg.MetadataValue.md(PICTURES[key](con))
            event = event.with_metadata({**event.metadata, **metadata})
        yield event


def _schema_and_table(context: dg.AssetExecutionContext, output: dg.Output) -> tuple[str, str]:
    schema, table = context.asset_key_for_output(output.output_name).path
    return schema, table


def _public_columns() -> dict[tuple[str, str], list[str]]:
    """Columns of each table that hold no personal data, not even a pseudonym."""
    found: dict[tuple[str, str], list[str]] = {}
    for node in dbt_project.read_manifest()["nodes"].values():
        if node["resource_type"] in ("model", "seed"):
            found[(node["config"]["schema"], node["name"])] = [
                column["name"] for column in node["columns"].values()
                if (column.get("config", {}).get("meta") or {}).get("pii") not in PERSONAL][:10]
    return found
