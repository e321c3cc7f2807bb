"""Checks whether cx360 can run here: versions, settings, folders, disk; and says what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from ingestion.declaration import DeclarationError, read_declarations
from ingestion.fetching.fetch import connected
from ingestion.raw_zone import RawZone
from orchestration.audit import STAGES, Audit
from orchestration.fetch_step import needs_extracts
from orchestration.publisher import current_snapshot
from orchestration.settings import (
    PROJECT,
    Settings,
    SettingsError,
    read_secrets,
    read_settings,
)

MINIMUM_FREE_GIB = 5.0
# Exact in the lock: other versions of these were found not to work together.
PINNED = ("dagster", "dagster-webserver", "dagster-dbt", "dbt-core", "dbt-duckdb", "duckdb",
          "great-expectations")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `remedy` is empty when it is as it should be."""

    subject: str
    found: str
    remedy: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing needs to be done."""
        return not self.remedy


def examine(read: Callable[[], Settings] = read_settings) -> Iterator[Finding]:
    """Look at everything a run needs, in the order in which it needs it."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", version, "" if (3, 11) <= sys.version_info[:2] <= (3, 13)
                  else "use Python 3.11 to 3.13: make PYTHON=/path/to/python3 run")
    yield from _packages(_locked_versions(PROJECT / "requirements.lock"))
    try:
        settings = read()
    except SettingsError as error:
        yield Finding("settings", str(error), "correct it; .env.example lists every setting")
        return
    yield Finding("settings", f"home {settings.home}, target {settings.target}, "
                  f"memory {settings.memory_limit}")
    yield from _folders(settings)
    yield from _sources(settings)
    yield from _state(settings)


def _packages(locked: dict[str, str]) -> Iterator[Finding]:
    for name in PINNED:
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Finding(name, "not installed", "set up again: rm -rf .venv && make run")
            continue
        wanted = locked.get(name, found)
        yield Finding(name, found, "" if found == wanted else
                      f"the lock has {wanted}; set up again: rm -rf .venv && make run")


def _locked_versions(lock: Path) -> dict[str, str]:
    if not lock.exists():
        return {}
    pairs = (line.split(" ")[0].split("==") for line in lock.read_text().splitlines()
             if "==" in line and not line.startswith((" ", "#")))
    return {pair[0]: pair[1] for pair in pairs}


def _folders(settings: Settings) -> Iterator[Finding]:
    place = settings.home
    while not place.exists():
        place = place.parent
    writable = os.access(place, os.W_OK)
    yield Finding("home", f"{settings.home} is {'writable' if writable else 'not writable'}",
                  "" if writable else f"give yourself write permission on {place}, or set "
                  "CX360_HOME to another folder")
    free = shutil.disk_usage(place).free / 2**30
    yield Finding("free disk", f"{free:,.0f} GiB", "" if free >= MINIMUM_FREE_GIB else
                  f"free up space on {place} or set CX360_HOME to another disk: at least "
                  f"{MINIMUM_FREE_GIB:.0f} GiB, and three times the size of the extracts")


def _sources(settings: Settings) -> Iterator[Finding]:
    try:
        declarations = read_declarations(settings.sources)
    except (DeclarationError, OSError) as error:
        yield Finding("sources", str(error), "correct the declaration; see docs/own_extracts.md")
        return
    yield Finding("sources", f"{len(declarations)} in {settings.sources}")
    yield from _connections(settings)
    if not needs_extracts(settings):
        return
    if not settings.extracts.is_dir():
        yield Finding("extracts", f"{settings.extracts} does not exist", "write the demo's with "
                      "`cx360 demo`" if settings.is_demo else "set CX360_EXTRACTS to their folder")
        return
    unmatched = [f"{d.source} {t.label} ({t.files})" for d in declarations for t in d.tables
                 if t.files and not any(settings.extracts.glob(t.files))]
    yield Finding("extracts", f"{settings.extracts}: " + (
        "every declared file is there" if not unmatched else
        f"nothing for {', '.join(unmatched)}"),
        "deliver them or correct `files` in the declaration" if unmatched else "")


def _connections(settings: Settings) -> Iterator[Finding]:
    """Whether what opens databases and APIs is there; it is not tried and never told."""
    secrets = read_secrets()
    for source in connected(read_declarations(settings.sources)):
        assert source.connection
        missing = [name for name in source.variables if not secrets.get(name)]
        yield Finding(
            f"source {source.source}", f"{source.connection.kind}, " + (
                f"{', '.join(missing)} not set" if missing else "its variables are set"),
            f"set {', '.join(missing)} in the environment or in .env" if missing else "")


def _state(settings: Settings) -> Iterator[Finding]:
    quarantined = [load for load in RawZone(settings.raw_path).loads()
                   if load.state == "quarantined"]
    yield Finding("quarantine", f"{len(quarantined)} loads", "" if not quarantined else
                  "look at them with `cx360 loads --state quarantined` and `cx360 loads show ID`")
    states = Audit(settings.state_path / "stages.json").states()
    held = [f"{stage} {states[stage]}" for stage in STAGES
            if states.get(stage, "passed") != "passed"]
    yield Finding("stages", ", ".join(held) or "all passed or not run yet",
                  "run `cx360 run`; the log of the last run is logs/run.log" if held else "")
    snapshot = current_snapshot(settings.published_path)
    yield Finding("snapshot", snapshot.name if snapshot else "nothing published yet")
