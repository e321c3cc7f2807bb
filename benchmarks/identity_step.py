"""The identity step on a home: what it needs before, the step alone and measured, a home anew.

`python -m benchmarks.identity_step HOME [train]` resolves, or only fits a match model, in a process
of its own and prints seconds and peak memory as JSON. Only the step is timed: what a run has
imported by then does not count.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import peak_memory, run_module
from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import RawZone
from orchestration import dbt
from orchestration.admission import admit_loads
from orchestration.ml_parts import list_files
from orchestration.ml_tables import files_relation, prepare_ml_tables
from orchestration.settings import DEMO_SOURCES, Settings, read_settings, remember_sources
from orchestration.verdict_log import VerdictLog

HANDED_OVER = ("int_identity_records_unioned", "int_identifiers_unioned",
               "int_crm_merges_resolved", "int_identity_attributes_unioned")
MODELS = "state/identity_models"


def resolve(settings: Settings) -> None:
    """The one place that knows how the step is called."""
    from orchestration.identity_step import resolve_customers

    resolve_customers(settings).raise_if_blocked()


def train(settings: Settings) -> None:
    """Fit and record a match model, as `cx360 identity train` does."""
    from orchestration.identity_step import train_match_model

    train_match_model(settings)


@dataclass(frozen=True)
class Resolution:
    """What one call of the step took, and where its tables are."""

    home: Path
    seconds: float
    peak_bytes: int

    def table(self, name: str) -> str:
        """SQL for one of the tables it wrote."""
        return files_relation(list_files(self.home / "ml", name))


def measure_resolution(home: Path) -> Resolution:
    """Resolve the identities of a home in a process of its own."""
    measured = json.loads(run_module("benchmarks.identity_step", str(home)).splitlines()[-1])
    return Resolution(home, **measured)


def measure_training(home: Path) -> Resolution:
    """Fit a match model to a home in a process of its own."""
    printed = run_module("benchmarks.identity_step", str(home), "train")
    return Resolution(home, **json.loads(printed.splitlines()[-1]))


def settings_of(home: Path) -> Settings:
    """Settings of a home, with nothing from the shell and no decisions."""
    return read_settings({"CX360_HOME": str(home), "CX360_COMPANY": str(home / "company")})


def deliver(home: Path, sources: Path, extracts: Path) -> None:
    """Bring extracts to the tables that the step reads, by the way a run takes."""
    settings = read_settings({
        "CX360_HOME": str(home), "CX360_COMPANY": str(home / "company"),
        "CX360_SOURCES": str(sources), "CX360_EXTRACTS": str(extracts)})
    remember_sources(settings)
    prepare_ml_tables(settings)
    zone = RawZone(settings.raw_path)
    report = load_extracts(read_declarations(sources), extracts, zone,
                           memory_limit=settings.memory_limit)
    outcomes = admit_loads(zone, VerdictLog(settings.verdicts_path), settings.memory_limit)
    if report.problems or not all(outcome.passed for outcome in outcomes.values()):
        sys.exit(f"{sources.name}: an extract was not admitted")
    dbt.set_environment(settings)
    dbt.run_dbt(["build", "--select", *(f"+{model}" for model in HANDED_OVER),
                 "--indirect-selection", "cautious",  # no test that needs other models, too
                 "--vars", dbt.variables(settings, zone.loads()),
                 "--target-path", str(home / "dbt" / "features")])


def place(home: Path, warehouse: Path, models_of: Path | None = None) -> None:
    """Give a home that warehouse, and the match models of another home; keep all it has."""
    settings = read_settings({
        "CX360_HOME": str(home), "CX360_COMPANY": str(home / "company"),
        "CX360_SOURCES": str(DEMO_SOURCES)})
    remember_sources(settings)
    prepare_ml_tables(settings)
    RawZone(settings.raw_path).prepare()
    settings.warehouse_path.unlink(missing_ok=True)
    os.link(warehouse, settings.warehouse_path)
    if models_of and (models_of / MODELS).is_dir():
        shutil.copytree(models_of / MODELS, home / MODELS)


def main() -> None:
    # Dagster and admission have imported them before the step of every run; it takes seconds.
    import great_expectations  # noqa: F401
    import networkx  # noqa: F401

    import orchestration.identity_step  # noqa: F401

    settings = settings_of(Path(sys.argv[1]))
    step = train if "train" in sys.argv[2:] else resolve
    started = time.perf_counter()
    step(settings)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_bytes": peak_memory()}))


if __name__ == "__main__":
    main()
