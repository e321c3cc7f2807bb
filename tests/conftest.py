"""What holds for every test: no setting of the developer's shell, public extracts only if named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.settings import public_data


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the order of files: the long whole-pipeline tests come first, so no worker ends late."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `public_data` are skipped where the public extracts are not named."""
    if public_data() is None:
        for item in items:
            if item.get_closest_marker("public_data"):
                item.add_marker(pytest.mark.skip("CX360_PUBLIC_DATA names no folder"))


@pytest.fixture(scope="session")
def public_extracts() -> Path:
    """Folder of the public extracts; for tests marked `public_data`."""
    folder = public_data()
    assert folder is not None, "mark the test with public_data"
    return folder


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the settings of the shell; what a test sets in the environment ends with it."""
    for name in [name for name in os.environ if name.startswith(("CX360_", "DAGSTER_", "DBT_"))]:
        if name != "CX360_PUBLIC_DATA":
            monkeypatch.delenv(name)
