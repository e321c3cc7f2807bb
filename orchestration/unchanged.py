"""Whether a run would publish the same again."""

from __future__ import annotations

from ingestion.declaration import read_declarations
from ingestion.planning import Problem, find_new_extracts
from ingestion.raw_zone import RawZone
from orchestration.audit import STAGES, Audit
from orchestration.fingerprint import as_of_date, run_fingerprint
from orchestration.publisher import Snapshot, current_snapshot
from orchestration.settings import Settings


def find_unchanged(settings: Settings) -> tuple[Snapshot | None, tuple[Problem, ...]]:
    """The current snapshot if a run would publish the same again, and unreadable extracts.

    It would when no extract is new, the same ones as before cannot be read, no load waits to be
    judged, every stage has passed, and loads, decisions, settings, code and as-of date give the
    fingerprint of the snapshot.
    Called under the run lock.
    """
    snapshot = current_snapshot(settings.published_path)
    if snapshot is None:
        return None, ()
    states = Audit(settings.state_path / "stages.json").states()
    zone = RawZone(settings.raw_path)
    new, problems = find_new_extracts(
        read_declarations(settings.sources), settings.extracts, zone)
    if new or any(states.get(stage) != "passed" for stage in STAGES):
        return None, problems
    if {(p.source_system, p.table, p.file) for p in problems} != {
            (p["source_system"], p["label"], p["file"]) for p in zone.problems()}:
        return None, problems
    if settings.strict and (problems or any(
            load.state == "quarantined" for load in zone.loads())):
        return None, problems
    loads = zone.loads()
    if any(load.state == "staged" for load in loads):
        return None, problems
    same = run_fingerprint(settings, loads, as_of_date(settings, loads)) == snapshot.fingerprint
    return (snapshot if same else None), problems
