"""A backfill as CLI and UI do it: load a range of dates, judge the loads, say what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ingestion.backfill import Backfill, backfill_extracts
from ingestion.declaration import read_declarations
from ingestion.raw_zone import RawZone
from orchestration.admission import admit_loads
from orchestration.audit import Audit
from orchestration.settings import Settings, SettingsError
from orchestration.verdict_log import VerdictLog


def run_backfill(
    settings: Settings, first: date, last: date, *, source: str = "", again: bool = False,
    progress: Callable[[str], None] = lambda message: None,
) -> Backfill:
    """Load and judge the extracts of a range; called under the run lock.

    The next run builds with them: until then the stage of ingestion counts as not whole.

    Raises:
        SettingsError: the range ends before it begins, or no such source is declared.
    """
    if last < first:
        raise SettingsError(f"{first} to {last}: the range ends before it begins")
    declarations = read_declarations(settings.sources)
    if source and source not in {one.source for one in declarations}:
        raise SettingsError(f"no source {source!r} is declared; there are "
                            f"{', '.join(one.source for one in declarations)}")
    zone = RawZone(settings.raw_path)
    with Audit(settings.state_path / "stages.json").stage("ingest", is_whole=False):
        done = backfill_extracts(
            declarations, settings.extracts, zone, first, last, source=source, again=again,
            memory_limit=settings.memory_limit, progress=progress)
        if done.report.loaded:
            admit_loads(zone, VerdictLog(settings.verdicts_path), settings.memory_limit)
    return done


def describe_backfill(zone: RawZone, done: Backfill) -> list[str]:
    """What a backfill did, a sentence each."""
    states = {load.load_id: load for load in zone.loads()}
    lines = [f"{load.extracted_on}  {load.source_system} {load.label}, {load.file}: "
             f"{load.rows_accepted:,} accepted, {load.rows_rejected:,} rejected, "
             f"{states[load.load_id].state}" for load in done.report.loaded]
    lines.append(f"{len(done.report.loaded):,} extracts loaded, {len(done.unchanged):,} unchanged")
    if done.gone:
        lines.append(f"{len(done.gone):,} loads of the range stay as they are: their extracts are "
                     "no longer there")
    if done.undated_count:
        lines.append(f"{done.undated_count:,} new extracts have no declared date (`extracted_on`) "
                     "and belong to no range; `cx360 run` loads them")
    return lines + [problem.message for problem in done.report.problems]
