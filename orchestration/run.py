"""Runs the whole flow in this process, with progress a person can follow and a short summary."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
from rich.console import Console
from rich.table import Table

from orchestration import dbt
from orchestration.dead_runs import PID_TAG, close_dead_runs
from orchestration.publisher import current_snapshot
from orchestration.settings import PROJECT, Settings

POLL_SECONDS = 0.3
STEPS = {
    "load_and_admit_extracts": "Extracts → raw zone, admission",
    "build_staging_and_features": "Staging, identity records, features (dbt)",
    "resolve_identity": "Identity resolution",
    "analyse_texts": "What customers say: sentiment, topics",
    "segment_customers": "Segments of customers",
    "list_public_holidays": "Public holidays",
    "recommend_products": "What is worth offering to whom",
    "list_suppressions": "Whom not to contact",
    "correct_for_silence": "What those who did not answer would say",
    "measure_impact": "What satisfaction and initiatives are worth",
    "find_satisfaction_drivers": "What drives satisfaction",
    "find_improvements": "What stands out, what decisions changed",
    "raise_alerts": "What has changed: alerts",
    "estimate_values": "What customers are worth, who may leave",
    "build_marts_and_reporting": "Marts and reporting (dbt)",
    "marts__alerts_open_alerts": "Open alerts",
    "published__snapshot": "Published snapshot",
}


def prepare_instance(settings: Settings) -> None:
    """Make CX360_HOME/dagster the home of Dagster, with the project's instance settings."""
    settings.dagster_path.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT / "dagster.yaml", settings.dagster_path / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_path)
    os.environ["DAGSTER_DG_UPDATE_CHECK_ENABLED"] = "0"
    dbt.set_environment(settings)


def run_flow(settings: Settings) -> bool:
    """Run everything and print progress and summary.

    Returns:
        Whether the run succeeded and a snapshot was published.
    """
    started = time.monotonic()
    prepare_instance(settings)
    log = settings.home / "logs" / "run.log"
    with _output_to(log) as screen:
        screen.print(f"cx360 run: sources {settings.sources.name}, home {settings.home}")
        with screen.status("preparing models"):
            dbt.manifest()
            from orchestration.definitions import defs

            job = defs().resolve_job_def("refresh_customer_360")
        with dg.DagsterInstance.get() as instance:
            close_dead_runs(instance)
            run_id = str(uuid.uuid4())
            follower = _Follower(instance, run_id, screen)
            follower.start()
            try:
                result = job.execute_in_process(
                    instance=instance, run_id=run_id, raise_on_error=False,
                    tags={PID_TAG: str(os.getpid())},
                    run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}})
            finally:
                follower.finish()
        seconds = time.monotonic() - started
        if result.success:
            _summarise(settings, follower, screen, seconds)
        else:
            for step, name in STEPS.items():
                if step not in follower.begun:
                    screen.print(f"  [yellow]–[/] {name}: not run")
            screen.print(f"[bold red]Run failed[/] after {seconds:.0f} s; nothing was published, "
                         f"the last snapshot stays. Log: {log}")
        return bool(result.success)


class _Follower(threading.Thread):
    """Prints steps as they end, and keeps what the summary needs."""

    def __init__(self, instance: dg.DagsterInstance, run_id: str, screen: Console) -> None:
        super().__init__(daemon=True)
        self.instance, self.run_id, self.screen = instance, run_id, screen
        self.rows: dict[tuple[str, ...], int] = {}
        self.checks = {True: 0, False: 0}
        self.failed_checks: list[str] = []
        self.begun: dict[str, float] = {}
        self._cursor: str | None = None
        self._over = threading.Event()

    def run(self) -> None:
        with self.screen.status("starting") as status:
            while not self._over.wait(POLL_SECONDS):
                self._read(status)
            self._read(status)

    def finish(self) -> None:
        self._over.set()
        self.join()

    def _read(self, status: object) -> None:
        while True:
            page = self.instance.get_records_for_run(self.run_id, self._cursor, limit=500)
            for record in page.records:
                self._show(record.event_log_entry, status)
            self._cursor = page.cursor
            if not page.has_more:
                return

    def _show(self, entry: dg.EventLogEntry, status: object) -> None:
        event, step = entry.dagster_event, entry.step_key or ""
        name = STEPS.get(step, step)
        if event is None:
            status.update(f"{name}: {entry.user_message}")  # type: ignore[attr-defined]
        elif event.event_type == dg.DagsterEventType.STEP_START:
            self.begun[step] = entry.timestamp
            status.update(name)  # type: ignore[attr-defined]
        elif event.event_type == dg.DagsterEventType.STEP_SUCCESS:
            seconds = entry.timestamp - self.begun.get(step, entry.timestamp)
            self.screen.print(f"  [green]✓[/] {name:<45}{seconds:6.1f} s")
        elif event.event_type == dg.DagsterEventType.STEP_FAILURE:
            error = event.step_failure_data.error
            while error and error.cause:
                error = error.cause
            self.screen.print(f"  [red]✗[/] {name}")
            self.screen.print(f"    {error.message.strip() if error else ''}", markup=False)
        elif event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            materialization = event.step_materialization_data.materialization
            count = materialization.metadata.get("dagster/row_count")
            if count is not None:
                self.rows[tuple(materialization.asset_key.path)] = int(str(count.value))
        elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            self.checks[evaluation.passed] += 1
            if not evaluation.passed:
                where = "/".join(evaluation.asset_key.path)
                self.failed_checks.append(
                    f"{where}: {evaluation.check_name} {evaluation.description or ''}")


def _summarise(
    settings: Settings, follower: _Follower, screen: Console, seconds: float,
) -> None:
    per_stage: dict[str, list[int]] = {}
    for key, count in follower.rows.items():
        per_stage.setdefault(key[0], []).append(count)
    table = Table(title="Rows per stage", title_justify="left", box=None)
    table.add_column("stage")
    table.add_column("tables", justify="right")
    table.add_column("rows", justify="right")
    for stage in ("raw", "staging", "intermediate", "ml", "marts", "reporting", "published"):
        counts = per_stage.get(stage, [])
        tables = 0 if stage == "published" else len(counts)
        if counts:
            table.add_row(stage, f"{tables or ''}", f"{sum(counts):,}")
    screen.print()
    screen.print(table)
    passed, failed = follower.checks[True], follower.checks[False]
    screen.print(f"\nChecks: {passed} passed, {failed} failed")
    for line in follower.failed_checks[:20]:
        screen.print(f"  [yellow]![/] {line}", highlight=False)
    _print_kpis(settings, screen)
    snapshot = current_snapshot(settings.published_path)
    current = settings.published_path / "current"
    screen.print(f"\nSnapshot {snapshot.name if snapshot else ''} in {seconds:.0f} s")
    screen.print(f"  marts    {current / 'marts.duckdb'}", soft_wrap=True)
    screen.print(f"  Parquet  {current / 'parquet'}", soft_wrap=True)
    screen.print(f"  docs     {current / 'docs' / 'index.html'}", soft_wrap=True)
    screen.print("  UI       make dev, then http://127.0.0.1:3000")


def _print_kpis(settings: Settings, screen: Console) -> None:
    """The latest month of each leading KPI, with n and interval."""
    con = duckdb.connect(str(settings.published_path / "current" / "marts.duckdb"), read_only=True)
    try:
        rows = con.execute(HEADLINE_SQL).fetchall()
    finally:
        con.close()
    table = Table(title="\nHeadline KPIs", title_justify="left", box=None)
    for column in ("KPI", "period", "value", "95 % interval", "n"):
        table.add_column(column, justify="left" if column in ("KPI", "period") else "right")
    for name, period, value, low, high, count in rows:
        interval = f"{low:,.2f} … {high:,.2f}" if low is not None and high is not None else ""
        table.add_row(name, str(period), "" if value is None else f"{value:,.2f}", interval,
                      "" if count is None else f"{count:,}")
    screen.print(table)


HEADLINE_SQL = """
select c.name_en, strftime(v.period_start, '%Y-%m'), v.value, v.interval_low, v.interval_high, v.n
from reporting.kpi_values as v
join reporting.kpi_catalogue as c on v.kpi_id = c.kpi_id
where v.grain = 'month' and v.dimension = 'all' and not v.is_suppressed and c.is_leading
qualify row_number() over (partition by v.kpi_id order by v.period_start desc) = 1
order by v.kpi_id
"""


@contextmanager
def _output_to(log: Path) -> Iterator[Console]:
    """Send what libraries and child processes print to a file; the console keeps the screen."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    screen = os.fdopen(os.dup(saved[0]), "w", encoding="utf-8")
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(target, 1)
    os.dup2(target, 2)
    try:
        yield Console(file=screen, width=None if screen.isatty() else 110)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(saved[0], 1)
        os.dup2(saved[1], 2)
        for descriptor in (*saved, target):
            os.close(descriptor)
        screen.close()
