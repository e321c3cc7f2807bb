"""Loads the extracts of a range of declared dates, and no other.

What is new in the range is loaded, and what its declaration changed under is read anew, as a whole
load would do it. `again` also reads what has not changed, as `cx360 loads replay` does for one
load. What does **not** belong here: judging the loads (`orchestration/admission.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingestion.declaration import SourceDeclaration
from ingestion.loading import LoadReport, load_extracts
from ingestion.planning import PlannedLoad
from ingestion.raw_zone import Load, RawZone


@dataclass(frozen=True)
class Backfill:
    """What a backfill loaded and what it left alone.

    `unchanged` are loads of the range that stay as they are, `gone` those of them whose extract is
    no longer there; `undated_count` are new extracts without a declared date, which belong to no
    range.
    """

    report: LoadReport
    unchanged: tuple[Load, ...]
    gone: tuple[Load, ...]
    undated_count: int


def backfill_extracts(
    declarations: Iterable[SourceDeclaration], extracts: Path, zone: RawZone, first: date,
    last: date, *, source: str = "", again: bool = False, memory_limit: str = "2GB",
    progress: Callable[[str], None] = lambda message: None,
) -> Backfill:
    """Load the extracts whose declared date lies in a range.

    Args:
        declarations: the company's sources.
        extracts: folder that the declarations' `files` are relative to.
        zone: where loads go; each is left in state `staged`.
        first: first date.
        last: last date.
        source: only this source; empty for all.
        again: read extracts anew whose content and declaration are those of their load. Killed
            after their loads gave way, the next load of any kind reads those it is about, and the
            others count as before.
        memory_limit: most memory the engine may use, as DuckDB writes it.
        progress: called with a sentence for each batch.
    """
    declarations = tuple(declarations)
    undated = 0

    def is_wanted(plan: PlannedLoad) -> bool:
        nonlocal undated
        if source not in ("", plan.declaration.source):
            return False
        undated += plan.extracted_on is None
        return plan.extracted_on is not None and first <= plan.extracted_on <= last

    declared = {(one.source, table.label) for one in declarations for table in one.tables}
    before = [load for load in zone.loads()
              if (load.source_system, load.label) in declared
              and source in ("", load.source_system) and not load.replays_load_id
              and load.state in ("staged", "admitted", "quarantined")
              and load.extracted_on and first <= load.extracted_on <= last]
    gone = [load for load in before
            if "://" not in load.file and not any(
                (folder / load.file).is_file() for folder in (extracts, zone.path))]
    if again:
        zone.give_way(load for load in before if load not in gone)
    try:
        report = load_extracts(declarations, extracts, zone, memory_limit=memory_limit,
                               progress=progress, is_wanted=is_wanted)
    finally:
        zone.take_back()  # what could not be read anew counts as before
    made = {load.load_sequence for load in report.loaded}
    kept = [load for load in before if load.load_sequence not in made]
    return Backfill(report, tuple(kept), tuple(load for load in gone if load in kept), undated)
