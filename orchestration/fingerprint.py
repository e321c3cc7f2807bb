"""What a run is a function of: loads, decisions, exports, configuration, code, as-of date."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from ingestion.raw_zone import Load
from orchestration.initiatives import initiatives_file
from orchestration.settings import DBT_PROJECT, PROJECT, Settings

CODE_FOLDERS = ("expectations", "ingestion", "models_ml", "orchestration", "dbt_project")
CODE_SUFFIXES = {".py", ".sql", ".yml", ".csv", ".tsv", ".xml", ".txt"}


@cache
def code_version(folders: tuple[str, ...] = CODE_FOLDERS) -> str:
    """Hash of everything that can change a row: code, models, seeds, lexica and the pins."""
    digest = hashlib.sha256()
    paths = [path for folder in folders for path in (PROJECT / folder).rglob("*")
             if path.suffix in CODE_SUFFIXES and "target" not in path.parts
             and not path.is_relative_to(DBT_PROJECT / "logs")]
    for path in sorted([*paths, PROJECT / "requirements.lock"]):
        if path.is_file():
            digest.update(path.relative_to(PROJECT).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def as_of_date(settings: Settings, loads: Iterable[Load]) -> date:
    """The date a run looks back from: the setting, else the latest business date admitted.

    Instants are read in the company's time zone. Without any event it is 1970-01-01.
    """
    if settings.as_of:
        return settings.as_of
    latest = max((load.last_event_at for load in loads
                  if load.state == "admitted" and load.last_event_at), default=None)
    latest = latest or datetime(1970, 1, 1)
    zone = ZoneInfo(settings.company.company_time_zone)
    return latest.replace(tzinfo=UTC).astimezone(zone).date()


def run_fingerprint(settings: Settings, loads: Iterable[Load], as_of: date) -> str:
    """Fingerprint of a run; equal fingerprints give equal rows."""
    content = {
        "loads": sorted((load.load_sequence, load.load_id, load.state) for load in loads
                        if load.state in ("admitted", "quarantined")),
        "company": asdict(settings.company),
        "decisions": _folder_hash(settings.company_folder / "decisions"),
        "initiatives": _file_hash(initiatives_file(settings)),
        "match_model": _newest_model_hash(settings.identity_models_path),
        "text_models": {folder.name: _newest_model_hash(folder)
                        for folder in sorted(settings.text_models_path.glob("*"))},
        "seeds": _folder_hash(settings.company_folder / "seeds"),
        "exports": _file_hash(settings.state_path / "exports.parquet"),
        "code": code_version(),
        "as_of": as_of.isoformat(),
        "target": settings.target,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _newest_model_hash(folder: Path) -> list[str]:
    """The model that a step uses, with the files beside it; its number is no matter.

    A run without one fits it, so that the fingerprint before that run and after it differ.
    """
    numbered = sorted(folder.glob("*.json"))
    return [hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.glob(f"{numbered[-1].stem}.*"))] if numbered else []


def _file_hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""


def _folder_hash(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}
