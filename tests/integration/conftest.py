"""The demo company, run once; tests that change something work on a copy of its home."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from company import Company

from ingestion.demo import generate
from orchestration import dbt
from orchestration.settings import DEMO_SOURCES

# Large enough that every day has a sale and one person answers NPS twice.
CUSTOMERS, MONTHS = 300, 3


@contextmanager
def only_one_worker(folder: Path, name: str) -> Iterator[None]:
    """Let the workers of pytest-xdist do something one after the other."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that all workers of one test run see."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def parsed_project(shared_folder: Path) -> Path:
    """dbt's manifest, parsed once before anybody reads it."""
    with only_one_worker(shared_folder, "manifest"):
        return dbt.manifest()


@pytest.fixture(scope="session")
def demo(shared_folder: Path, parsed_project: Path) -> Company:
    """The demo company after its first run. Look, do not touch: copy it first."""
    folder = shared_folder / "demo"
    company = Company(folder / "home", DEMO_SOURCES, folder / "extracts")
    with only_one_worker(shared_folder, "demo"):
        if not folder.exists():
            generate(company.extracts, customers=CUSTOMERS, months=MONTHS)
            printed = company.cx360("run")
            (folder / "printed.txt").write_text(printed)
        elif not (folder / "printed.txt").exists():
            pytest.fail("the first run of the demo company failed in another worker")
    return company


@pytest.fixture
def copy(demo: Company, tmp_path: Path) -> Company:
    """A copy of the demo company's home, to change something in it."""
    return demo.copy(tmp_path / "home")
