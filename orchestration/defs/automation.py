"""When runs happen: the job, its daily schedule, and a sensor on new extracts."""

import hashlib

import dagster as dg

from ingestion.declaration import read_declarations
from ingestion.fetching.fetch import connected
from orchestration.alert_messages import send_alerts
from orchestration.dead_runs import close_dead_runs
from orchestration.run_lock import Busy, run_lock
from orchestration.settings import read_settings
from orchestration.unchanged import find_unchanged

JOB = "refresh_customer_360"
SENSOR_SECONDS = 60

refresh_customer_360 = dg.define_asset_job(
    JOB, selection=dg.AssetSelection.all(),
    description="From the extracts to a published snapshot.",
    tags={"cx360/flow": "whole"})


@dg.schedule(
    job=refresh_customer_360, cron_schedule="0 5 * * *",
    execution_timezone=read_settings().company.company_time_zone,
    description="Every morning at five, company time. Without anything new there is no run, unless "
                "a database or an API has to be asked first.")
def daily_refresh(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Request a run unless it would publish the same again; then send what was not sent."""
    settings = read_settings()
    try:
        with run_lock(settings.home, wait=False):
            # What a database or an API has is known only by asking it, as a run does.
            must_ask = settings.fetch and bool(connected(read_declarations(settings.sources)))
            snapshot = None if must_ask else find_unchanged(settings)[0]
            unsent = send_alerts(settings, snapshot.as_of).problems if snapshot else ()
    except Busy:
        snapshot = None
    if not snapshot:
        return dg.RunRequest()
    return dg.SkipReason(" ".join([f"snapshot {snapshot.name} is current.", *unsent]))


@dg.sensor(minimum_interval_seconds=SENSOR_SECONDS, default_status=dg.DefaultSensorStatus.RUNNING,
           description="Closes runs whose process has died, so that no queue waits for them.")
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Mark the runs of dead command-line processes as failed."""
    return dg.SkipReason(f"{close_dead_runs(context.instance)} dead runs closed")


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
