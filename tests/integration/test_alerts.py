"""Alerts on the demo run: every series is told, and a new one fails a check that stops nothing."""

from __future__ import annotations

import csv
from contextlib import closing
from datetime import date
from types import SimpleNamespace

import duckdb
import pytest

from orchestration.settings import DBT_PROJECT, Settings, read_settings
from tests.integration.company import Company


@pytest.fixture
def settings(copy: Company) -> Settings:
    return read_settings(copy.environment)


def test_every_series_of_the_seed_is_told_with_its_state(demo: Company) -> None:
    with (DBT_PROJECT / "seeds" / "alert_series.csv").open(encoding="utf-8") as file:
        series = {row["series_id"] for row in csv.DictReader(file)}
    with closing(duckdb.connect(str(demo.snapshot.path / "marts.duckdb"), read_only=True)) as con:
        states = dict(con.execute(
            "select series_id, watch_state from reporting.watched_series").fetchall())
        days = con.execute("select count(*), count(*) filter (where expected_value is not null) "
                           "from reporting.alert_series_by_day").fetchall()[0]
    assert set(states) == series
    # Three months are enough to watch deliveries, not to know the season of orders.
    assert states["on_time_delivery"] == "watched"
    assert states["orders_count"] == "season_unknown"
    assert days[0] > days[1] > 0


def test_a_new_alert_for_the_worse_fails_a_check_until_it_is_taken_on(settings: Settings) -> None:
    import dagster as dg

    from orchestration.defs.alerts import open_alerts

    def check() -> dg.AssetCheckResult:
        result = open_alerts(run=SimpleNamespace(settings=settings))  # type: ignore[call-arg]
        assert isinstance(result, dg.AssetCheckResult)
        return result

    def tell(state: str, *, is_worse: bool) -> None:
        with closing(duckdb.connect(str(settings.warehouse_path))) as con:
            con.execute("delete from marts.alerts")
            con.execute("""
                insert into marts.alerts (alert_id, event_id, is_leading, series_id,
                    series_name_en, alert_state, is_worse, started_date, raised_date, owner,
                    headline_en, reason_en)
                values ('aaaaaaaaaaaa', 'aaaaaaaaaaaa', true, 'nps', 'NPS', $1, $2, $3, $3, 'cx',
                    '<b>fell</b>', 'nothing')""", [state, is_worse, date(2026, 6, 20)])

    tell("new", is_worse=True)
    failed = check()
    assert not failed.passed
    assert failed.severity == dg.AssetCheckSeverity.WARN
    assert "<b>" not in str(failed.metadata["alerts"])
    tell("new", is_worse=False)
    assert check().passed
    tell("acknowledged", is_worse=True)
    assert check().passed
    (spec,) = open_alerts.check_specs
    assert not spec.blocking


def test_an_alert_is_listed_and_taken_on_by_command(copy: Company, settings: Settings) -> None:
    with closing(duckdb.connect(str(settings.warehouse_path))) as con:
        con.execute("delete from marts.alerts")
        con.execute("""
            insert into marts.alerts (alert_id, event_id, is_leading, series_id, series_name_de,
                alert_state, is_worse, started_date, raised_date, owner, headline_de, reason_de)
            values ('aaaaaaaaaaaa', 'aaaaaaaaaaaa', true, 'nps', 'NPS', 'new', true,
                '2026-06-20', '2026-06-24', 'cx', 'NPS: niedriger.', 'Sonst nichts.')""")
    assert "aaaaaaaaaaaa  new          worse    NPS: niedriger." in copy.cx360("alerts")
    told = copy.cx360("alerts", "acknowledge", "bbbbbbbbbbbb", "--by", "A. B.", "--reason", "x",
                      status=2)
    assert "is no alert of the last run" in told
    assert "Nowhere to send to" in copy.cx360("alerts", "send")
