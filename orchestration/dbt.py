"""How this project calls dbt: environment, variables, the parsed manifest. Knows no Dagster."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from ingestion.raw_zone import Load
from orchestration.fingerprint import as_of_date, code_version
from orchestration.run_lock import run_lock
from orchestration.settings import DBT_PROJECT, Settings

MANIFEST = DBT_PROJECT / "target" / "manifest.json"
DBT = Path(sys.executable).parent / "dbt"


class DbtError(RuntimeError):
    """dbt ended with an error; the message holds what it printed."""


def set_environment(settings: Settings) -> None:
    """Hand dbt its paths; `profiles.yml` reads them."""
    os.environ["CX360_WAREHOUSE"] = str(settings.warehouse_path)
    os.environ["CX360_TARGET"] = settings.target
    os.environ["CX360_MEMORY_LIMIT"] = settings.memory_limit
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"


def variables(settings: Settings, loads: Iterable[Load]) -> str:
    """Value of `--vars`."""
    return json.dumps({
        "raw_path": str(settings.raw_path),
        "ml_path": str(settings.ml_path),
        "state_path": str(settings.state_path),
        "company_path": str(settings.company_folder),
        "as_of": as_of_date(settings, loads).isoformat(),
        "company_time_zone": settings.company.company_time_zone,
        "reporting_currency": settings.company.reporting_currency,
    }, sort_keys=True)


def read_number(variable: str) -> int:
    """A whole number among the variables that `dbt_project.yml` declares.

    Steps in Python read it here and models with `var()`, so that both follow one change.
    """
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return int(project["vars"][variable])


def manifest() -> Path:
    """The project's manifest, parsed anew when a model, macro or seed has changed."""
    stamp = MANIFEST.with_name("manifest.version")
    version = hashlib.sha256(code_version(("dbt_project",)).encode()).hexdigest()
    with run_lock(MANIFEST.parent):  # the UI's code server and the command line may both ask
        if not (MANIFEST.exists() and stamp.exists() and stamp.read_text() == version):
            stamp.unlink(missing_ok=True)
            run_dbt(["parse"])
            stamp.write_text(version)
    return MANIFEST


def run_dbt(arguments: list[str]) -> None:
    """Run dbt to its end.

    Raises:
        DbtError: dbt failed.
    """
    command = [str(DBT), *arguments, "--project-dir", str(DBT_PROJECT),
               "--profiles-dir", str(DBT_PROJECT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DbtError(f"dbt {arguments[0]} failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")


def told_by_tests(run_results: Path) -> list[str]:
    """Sentences with which tests stopped the run by themselves; they hold no value of a row."""
    if not run_results.exists():
        return []
    results = json.loads(run_results.read_text(encoding="utf-8"))["results"]
    return [result["message"].splitlines()[1].strip() for result in results
            if result["unique_id"].startswith("test.") and result["status"] == "error"
            and (result["message"] or "").startswith("Compilation Error")]


def generate_docs(settings: Settings, loads: Iterable[Load]) -> Path:
    """The project's documentation with lineage as one static page; made anew when code changes."""
    page = settings.home / "dbt" / "docs" / code_version(("dbt_project",))[:16] / "index.html"
    if not page.exists():
        target = page.parent / "target"
        run_dbt(["docs", "generate", "--static", "--vars", variables(settings, loads),
                 "--target-path", str(target)])
        (target / "static_index.html").replace(page)
    return page


def read_manifest() -> dict[str, Any]:
    """The parsed manifest."""
    content: dict[str, Any] = json.loads(manifest().read_text(encoding="utf-8"))
    return content
