"""Ids of alerts stay; what an earlier run told and this one does not find is withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models_ml.alert_watch import DOWN, UP, Alarm, watch
from orchestration.alert_chart import draw_alerts
from orchestration.alert_log import LOG, alerts_file, read_alert_log, record_alerts
from orchestration.alert_step import identify
from orchestration.alert_tables import describe_withdrawn, tell_days, tell_watched
from orchestration.settings import Settings, SettingsError, read_settings
from tests.unit.models_ml.alert_series import make_means

AS_OF = date(2024, 10, 1)
SERIES = pd.DataFrame({
    "series_id": ["series_0"], "name_en": ["Net <b>Promoter</b> | Score"], "name_de": ["NPS"],
    "direction": ["up"], "statistic": ["mean"]})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"CX360_HOME": str(tmp_path)})


def log(*rows: tuple[str, str, str, date, date, date]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=LOG.names)


def test_an_alert_keeps_the_id_and_day_that_people_were_told() -> None:
    panel = make_means(np.full(275, 50.0))
    told = log(("aaaaaaaaaaaa", "series_0", "down", date(2024, 7, 20), date(2024, 7, 25),
                date(2024, 8, 1)))
    # Late data moved the first day from the 20th (column 201) to the 18th.
    (found,) = identify(panel, (Alarm(0, DOWN, 199, 204),), told, AS_OF)
    assert (found.alert_id, found.alarm.start, found.first_reported) == (
        "aaaaaaaaaaaa", 201, date(2024, 8, 1))
    (other,) = identify(panel, (Alarm(0, UP, 199, 204),), told, AS_OF)
    assert other.alert_id != "aaaaaaaaaaaa"
    assert other.first_reported == AS_OF


def test_the_same_run_again_adds_nothing(settings: Settings) -> None:
    rows = log(("aaaaaaaaaaaa", "nps", "down", date(2024, 7, 20), date(2024, 7, 25), AS_OF),
               ("bbbbbbbbbbbb", "nps", "up", date(2024, 3, 1), date(2024, 3, 5), AS_OF))
    assert record_alerts(settings, rows) == 2
    written = alerts_file(settings).read_bytes()
    assert record_alerts(settings, rows) == 0
    assert alerts_file(settings).read_bytes() == written
    later = rows.assign(alert_id=["cccccccccccc", "aaaaaaaaaaaa"],
                        first_reported_date=date(2024, 11, 1))
    assert record_alerts(settings, later) == 1
    # A run that looks from an earlier day does not know what came later.
    assert set(read_alert_log(settings, AS_OF)["alert_id"]) == {"aaaaaaaaaaaa", "bbbbbbbbbbbb"}
    assert len(read_alert_log(settings, date(2024, 11, 1))) == 3


def test_what_is_no_longer_found_is_withdrawn() -> None:
    told = log(("aaaaaaaaaaaa", "series_0", "down", date(2024, 7, 20), date(2024, 7, 25), AS_OF),
               ("bbbbbbbbbbbb", "gone", "down", date(2024, 7, 20), date(2024, 7, 25), AS_OF))
    rows = describe_withdrawn(told, [], SERIES, AS_OF, {"aaaaaaaaaaaa": AS_OF})
    # A series that was taken off the seed takes its alerts with it.
    assert rows["alert_id"].tolist() == ["aaaaaaaaaaaa"]
    assert rows["alert_state"].tolist() == ["over"]
    assert rows["end_reason"].tolist() == ["withdrawn"]
    assert rows["is_worse"].tolist() == [True]
    assert rows["acknowledged_date"].tolist() == [AS_OF]


def test_days_show_value_expectation_and_bounds() -> None:
    panel = make_means(np.full(120, 50.0))
    days = tell_days(panel, watch(panel))
    assert len(days) == 120
    early, late = days.iloc[:70], days.iloc[70:]
    assert early["expected_value"].isna().all()
    assert ((late["expected_low"] < late["expected_value"])
            & (late["expected_value"] < late["expected_high"])).all()
    inside = (late["value"] > late["expected_low"]) & (late["value"] < late["expected_high"])
    assert inside.mean() > 0.85


def test_a_series_says_whether_it_is_watched() -> None:
    panel = make_means(np.full(200, 50.0), count=2)
    stopped = replace(panel, n=panel.n * np.array([[1], [0]]) + np.where(
        np.arange(200) < 150, panel.n, 0) * np.array([[0], [1]]))
    states = tell_watched(stopped, watch(stopped))
    assert states["watch_state"].tolist() == ["watched", "stopped"]
    assert states["decision_limit"].notna().tolist() == [True, False]


def test_the_picture_shows_names_as_text() -> None:
    panel = make_means(np.concatenate([np.full(150, 50.0), np.full(50, 40.0)]))
    alerts = pd.DataFrame([{
        "alert_id": "aaaaaaaaaaaa", "series_id": "series_0", "is_leading": True,
        "alert_state": "new", "started_date": date(2024, 5, 30), "raised_date": date(2024, 6, 1),
        "ended_date": None, "observed_value": 40.0, "headline_en": "<script> | fell ![x](y)",
        "reason_en": "nothing"}])
    told = draw_alerts(alerts, tell_days(panel, watch(panel)), SERIES)
    assert "data:image/svg+xml;base64" in told
    assert "<script>" not in told
    assert "&#124; fell" in told
    assert "[x]" not in told
    assert draw_alerts(alerts.head(0), tell_days(panel, watch(panel)), SERIES).startswith("No")


@pytest.mark.parametrize(("given", "told"), [
    ({"CX360_ALERT_WEBHOOK": "file:///etc/passwd"}, "CX360_ALERT_WEBHOOK"),
    ({"CX360_ALERT_WEBHOOK": "https://cx:passwd@hooks.example.invalid/x"}, "CX360_ALERT_WEBHOOK"),
    ({"CX360_ALERT_WEBHOOK": "https://hooks.example.invalid:passwd/x"}, "CX360_ALERT_WEBHOOK"),
    ({"CX360_ALERT_WEBHOOK": "https://[passwd/x"}, "CX360_ALERT_WEBHOOK"),
    ({"CX360_ALERT_MAIL_TO": "a@example.com"}, "CX360_SMTP_HOST"),
    ({"CX360_ALERT_MAIL_TO": "nobody"}, "CX360_ALERT_MAIL_TO"),
    ({"CX360_ALERT_MAIL_FROM": "x y@example.com"}, "CX360_ALERT_MAIL_FROM"),
    ({"CX360_SMTP_HOST": "smtp://x"}, "CX360_SMTP_HOST"),
])
def test_a_setting_of_messages_that_cannot_be_is_named_without_its_value(
    tmp_path: Path, given: dict[str, str], told: str,
) -> None:
    with pytest.raises(SettingsError, match=told) as error:
        read_settings({"CX360_HOME": str(tmp_path), **given})
    assert "passwd" not in str(error.value)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    settings = read_settings({
        "CX360_HOME": str(tmp_path), "CX360_ALERT_WEBHOOK": "https://example.com/s3cret",
        "CX360_ALERT_MAIL_TO": "a@example.com, b@example.com",
        "CX360_ALERT_MAIL_FROM": "c@example.com", "CX360_SMTP_HOST": "mail.example.com",
        "CX360_SMTP_USER": "u", "CX360_SMTP_PASSWORD": "s3cret"})
    assert settings.alerts.mail_to == ("a@example.com", "b@example.com")
    assert settings.alerts.smtp_port == 587
    assert "s3cret" not in repr(settings)
