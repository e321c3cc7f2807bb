"""Backfill from the UI: extracts by their declared date, a partition a day."""

import warnings
from datetime import date

import dagster as dg

from orchestration.backfill import describe_backfill, run_backfill
from orchestration.resources import Run
from orchestration.settings import read_settings
from orchestration.warehouse import escape_markdown

# Partitions begin with the earliest date that an extract may reasonably bear.
EARLIEST = "2010-01-01"
BACKFILL = ["raw", "extracts_by_date"]


with warnings.catch_warnings():
    # Dagster marks `backfill_policy` as beta; if it changes, the test of a range says so.
    warnings.simplefilter("ignore", dg.BetaWarning)

    @dg.asset(
        key=BACKFILL,
        partitions_def=dg.DailyPartitionsDefinition(
            EARLIEST, timezone=read_settings().company.company_time_zone, end_offset=1),
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="raw_loads", owners=["team:data-engineering"], kinds={"python", "parquet"},
        description="Loads and admits the extracts whose declared date (`extracted_on`) lies in "
                    "the chosen partitions, all in one run: new ones, and those whose declaration "
                    "changed. Extracts without a declared date belong to no partition. Afterwards "
                    "start `refresh_customer_360`, which is what builds with them.")
    def extracts_by_date(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
        """Load a range of dates."""
        chosen = context.partition_key_range
        done = run_backfill(
            run.settings, date.fromisoformat(chosen.start), date.fromisoformat(chosen.end),
            progress=context.log.info)
        return dg.MaterializeResult(metadata={
            "dagster/row_count": sum(load.rows_accepted for load in done.report.loaded),
            "loads": len(done.report.loaded),
            "unchanged": len(done.unchanged),
            "problems": len(done.report.problems),
            "what happened": dg.MetadataValue.md("\n".join(
                f"- {escape_markdown(line)}" for line in describe_backfill(run.zone, done)[-50:]))})
