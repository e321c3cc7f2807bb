"""The doctor names what is wrong and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestration import doctor
from orchestration.settings import DEMO_SOURCES, Settings, SettingsError


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", company_folder=tmp_path, sources=DEMO_SOURCES,
                    extracts=tmp_path / "extracts")


def remedies(settings: Settings) -> dict[str, str]:
    return {finding.subject: finding.remedy for finding in doctor.examine(lambda: settings)
            if not finding.is_well}


def test_missing_extracts_of_the_demo_are_written_by_cx360_demo(settings: Settings) -> None:
    assert remedies(settings) == {"extracts": "write the demo's with `cx360 demo`"}


def test_extracts_that_match_nothing_are_named(settings: Settings) -> None:
    settings.extracts.mkdir()
    assert remedies(settings)["extracts"].startswith("deliver them or correct `files`")


def test_a_setting_that_cannot_be_read_ends_the_examination() -> None:
    def broken() -> Settings:
        raise SettingsError("CX360_TARGET=oracle: unknown target; use duckdb")

    last = list(doctor.examine(broken))[-1]
    assert (last.subject, last.is_well) == ("settings", False)
    assert "oracle" in last.found


def test_another_version_than_the_lock_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "_locked_versions", lambda lock: {"duckdb": "0.1"})
    assert remedies(settings)["duckdb"].startswith("the lock has 0.1")


def test_little_disk_and_a_stage_that_failed_are_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "MINIMUM_FREE_GIB", 1e9)
    settings.state_path.mkdir(parents=True)
    (settings.state_path / "stages.json").write_text('{"ingest": "passed", "marts": "failed"}')
    found = remedies(settings)
    assert "free disk" in found
    assert found["stages"].startswith("run `cx360 run`")


def test_a_connection_whose_variable_is_not_set_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "crm.yml").write_text(
        "connection: {kind: postgresql, url_env: CRM_TEST_URL}\ntables:\n"
        "  - {entity: crm.cases, key: id, table: cases,\n"
        "     columns: {customer_ref: k, opened_at: o}}\n")
    connected = replace(settings, sources=tmp_path / "sources")
    assert remedies(connected) == {
        "source crm": "set CRM_TEST_URL in the environment or in .env"}
    monkeypatch.setenv("CRM_TEST_URL", "postgresql://u:geheim@h/d")
    assert remedies(connected) == {}
    assert "geheim" not in str(list(doctor.examine(lambda: connected)))
