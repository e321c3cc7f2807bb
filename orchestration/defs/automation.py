"""When runs happen: the job, its daily schedule, and a sensor on new extracts."""

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from ingestion.arrival import judge_arrivals
from ingestion.declaration import read_declarations
from ingestion.fetching.fetch import connected
from ingestion.fetching.landing import Landing
from orchestration.alert_messages import send_alerts
from orchestration.checks import ARRIVAL, arrival_result
from orchestration.dead_runs import close_dead_runs
from orchestration.defs.backfill import BACKFILL
from orchestration.defs.ingest import MANIFEST
from orchestration.resources import Run
from orchestration.run_lock import Busy, run_lock
from orchestration.settings import read_settings
from orchestration.unchanged import find_unchanged

JOB = "refresh_customer_360"
SENSOR_SECONDS = 60



@dg.asset_check(
    asset=dg.AssetKey(MANIFEST), name=ARRIVAL, blocking=False,
    description="No source is later than it declares by `expected_every`, counted to today. The "
                "only check that looks at the clock, because a source that stops when all others "
                "do is late in no data: it is in no run, and stops nothing.")
def late_today(run: Run) -> dg.AssetCheckResult:
    """Judge what arrived by today, in the company's time zone."""
    settings = run.settings
    today = datetime.now(ZoneInfo(settings.company.company_time_zone)).date()
    findings = judge_arrivals(
        read_declarations(settings.sources), run.zone.loads(), today,
        fetched_on=Landing(run.zone.path).fetched_on())
    return arrival_result(MANIFEST, [x for x in findings if x.kind == "late"],
                          is_strict=settings.strict)


CLOCK = dg.AssetSelection.checks(late_today)

refresh_customer_360 = dg.define_asset_job(
    JOB, selection=dg.AssetSelection.all() - dg.AssetSelection.assets(BACKFILL) - CLOCK,
    description="From the extracts to a published snapshot.",
    tags={"cx360/flow": "whole"})


check_arrivals = dg.define_asset_job(
    "check_arrivals", selection=CLOCK, description="Whether a source is late, by today's date.")


@dg.schedule(
    job=check_arrivals, cron_schedule="0 7 * * *",
    execution_timezone=read_settings().company.company_time_zone,
    description="Every morning at seven, company time: which sources are late.")
def daily_arrivals(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Request the check."""
    return dg.RunRequest()


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
