"""The alerts that the last run built, for people: the list, the check, the messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from models_ml.alert_words import clean_name


@dataclass(frozen=True)
class Alert:
    """An alert as it is told; no text of a customer is in it."""

    alert_id: str
    event_id: str
    is_leading: bool
    series_id: str
    series_name: str
    state: str
    is_worse: bool | None
    started: date
    raised: date
    observed: float | None
    expected: float | None
    change_low: float | None
    change_high: float | None
    unit: str
    owner: str
    headline: str
    reason: str


def list_alerts(
    con: duckdb.DuckDBPyConnection, language: str, *, also_over: bool = False,
) -> list[Alert]:
    """Alerts of `marts.alerts`, events with their leading alert first, the newest on top."""
    rows = con.execute(f"""
        select alert_id, event_id, is_leading, series_id, series_name_{language}, alert_state,
            is_worse, started_date, raised_date, observed_value, expected_value, change_low,
            change_high, coalesce(unit, ''), owner, headline_{language}, reason_{language}
        from marts.alerts
        where $1 or alert_state <> 'over'
        order by max(started_date) over (partition by event_id) desc, event_id, is_leading desc,
            started_date, alert_id""", [also_over]).fetchall()
    return [Alert(*row) for row in rows]


def group_alerts(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """The alerts of each event, in the order of `list_alerts`."""
    events: dict[str, list[Alert]] = {}
    for alert in alerts:
        events.setdefault(alert.event_id, []).append(alert)
    return list(events.values())


def describe_alerts(alerts: Sequence[Alert]) -> list[str]:
    """Lines for the terminal: an event, and under it what belongs to it."""
    lines = []
    for event in group_alerts(alerts):
        for place, alert in enumerate(event):
            way = {True: "worse", False: "better", None: "changed"}[alert.is_worse]
            indent = "" if place == 0 else "  ↳ "
            lines.append(f"{indent}{alert.alert_id}  {alert.state:<12} {way:<8} "
                         f"{alert.headline}")
            if place == 0:
                lines.append(f"    {alert.reason}")
                lines.append(f"    owner: {clean_name(alert.owner)}")
    return lines
