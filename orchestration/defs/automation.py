"""When runs happen: the job, its daily schedule, and a sensor on new extracts."""

import hashlib

import dagster as dg

from orchestration.settings import read_settings

JOB = "refresh_customer_360"
SENSOR_SECONDS = 60

refresh_customer_360 = dg.define_asset_job(
    JOB, selection=dg.AssetSelection.all(),
    description="From the extracts to a published snapshot.",
    tags={"cx360/flow": "whole"})

daily_refresh = dg.ScheduleDefinition(
    name="daily_refresh", job=refresh_customer_360, cron_schedule="0 5 * * *",
    execution_timezone=read_settings().company.company_time_zone,
    description="Every morning at five, company time. Without anything new it ends at once.")


@dg.sensor(job=refresh_customer_360, minimum_interval_seconds=SENSOR_SECONDS,
           description="Starts a run when an extract is new or has changed.")
def new_extracts(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Compare names, sizes and modification times of the extracts with the last look."""
    folder = read_settings().extracts
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        state = path.stat()
        digest.update(f"{path.relative_to(folder)}|{state.st_size}|{state.st_mtime_ns}".encode())
    seen = digest.hexdigest()
    if seen == context.cursor:
        return dg.SkipReason("no new extract")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=seen)], cursor=seen)
