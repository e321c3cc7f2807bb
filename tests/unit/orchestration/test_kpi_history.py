"""What was published of KPIs goes into the state of the home, whole or not at all."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from orchestration.kpi_history import count_history, history_file, record_kpi_history
from orchestration.settings import Settings, read_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CX360_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CX360_COMPANY", str(tmp_path / "company"))
    settings = read_settings()
    settings.home.mkdir()
    return settings


def recorded(settings: Settings, values: str) -> None:
    with closing(duckdb.connect(str(settings.warehouse_path))) as con:
        con.execute("create schema if not exists intermediate")
        con.execute("create or replace table intermediate.int_kpi_history_recorded as "
                    f"select * from (values {values}) as history (kpi_id, value)")


def test_the_history_is_what_the_run_made_of_it(settings: Settings) -> None:
    assert count_history(settings) == 0
    recorded(settings, "('nps', 40.0), ('ces', 70.0)")
    record_kpi_history(settings)
    recorded(settings, "('nps', 40.0), ('ces', 70.0), ('nps', 41.0)")
    assert record_kpi_history(settings) == count_history(settings) == 3
    with closing(duckdb.connect()) as con:
        assert con.execute(f"select * from read_parquet('{history_file(settings)}')").fetchall() \
            == [("ces", 70.0), ("nps", 40.0), ("nps", 41.0)]


def test_a_failure_leaves_the_history_as_it_was(settings: Settings) -> None:
    recorded(settings, "('nps', 40.0)")
    record_kpi_history(settings)
    with closing(duckdb.connect(str(settings.warehouse_path))) as con:
        con.execute("drop table intermediate.int_kpi_history_recorded")
    with pytest.raises(duckdb.Error):
        record_kpi_history(settings)
    assert count_history(settings) == 1
