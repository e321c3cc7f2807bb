"""Makes Data Docs of what counts now: admitted and quarantined loads, and the ML tables."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from expectations import ml, raw
from expectations.data_docs import Validation, write_data_docs
from ingestion.contract import ENTITIES
from ingestion.raw_zone import Load
from models_ml.tables import TABLES
from orchestration.admission import THRESHOLDS
from orchestration.fingerprint import code_version
from orchestration.settings import Settings
from orchestration.verdict_log import VerdictLog

FAILURES_TOLD = 20


def generate_data_docs(settings: Settings, loads: Iterable[Load], as_of: date) -> Path:
    """Folder of the Data Docs; made anew when a verdict has changed."""
    validations = collect_validations(VerdictLog(settings.verdicts_path), loads)
    folder = settings.home / "data_docs" / _version(validations, as_of)
    if not folder.exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
        incoming = folder.parent / ".incoming"
        write_data_docs(incoming, validations, as_of=as_of)
        incoming.replace(folder)
    return folder


def collect_validations(log: VerdictLog, loads: Iterable[Load]) -> list[Validation]:
    """What every table was last found to be.

    Left out are tables without a load, and those judged before numbers were recorded.
    """
    in_force = [load for load in loads if load.state in ("admitted", "quarantined")]
    validations = []
    for entity in ENTITIES.values():
        of_table = [load for load in in_force if load.table == entity.table]
        metrics = log.read(f"raw.{entity.table}").reindex([load.load_id for load in of_table])
        if metrics.isna().all(axis=None):
            continue
        quarantined = [load for load in of_table if load.state == "quarantined"]
        judged = f"{len(of_table):,} load{'' if len(of_table) == 1 else 's'}"
        validations.append(Validation(
            table=f"raw.{entity.table}",
            rules=raw.documented_rules(entity, THRESHOLDS),
            metrics=metrics,
            judged=judged + (f", {len(quarantined):,} in quarantine" if quarantined else ""),
            failures=_failures(entity.table, quarantined)))
    for table in TABLES.values():
        metrics = log.read(f"ml.{table.name}")
        if len(metrics):
            validations.append(Validation(
                table=f"ml.{table.name}",
                rules=ml.documented_rules(table, covers_expected=True),
                metrics=metrics,
                judged=f"{int(metrics['row_count'].iloc[0]):,} rows"))
    return validations


def _failures(table: str, quarantined: list[Load]) -> tuple[str, ...]:
    told = [f"load {load.load_id}: {load.reason}" for load in quarantined[:FAILURES_TOLD]]
    more = len(quarantined) - len(told)
    return (*told, *([f"{table}: {more:,} more loads in quarantine"] if more else []))


def _version(validations: Iterable[Validation], as_of: date) -> str:
    content = [code_version(("expectations",)), as_of.isoformat(), [
        (v.table, [repr(rule) for rule in v.rules], v.metrics.to_json(), v.judged, v.failures)
        for v in validations]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
