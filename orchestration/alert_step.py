"""The alert step: from days of series to alerts with size, slices, likely reason and state.

Queries belong to `alert_queries.py`, rows of the tables to `alert_tables.py`, the log of what was
told to `alert_log.py`, what people decided to `alert_decisions.py`, the picture to
`alert_chart.py`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from ingestion.raw_zone import RawZone
from models_ml.alert_events import alert_id, match_known
from models_ml.alert_panel import SeriesPanel
from models_ml.alert_watch import DOWN, SAME_EVENT_DAYS, UP, Alarm, watch
from orchestration import alert_queries as queries
from orchestration.alert_chart import draw_alerts
from orchestration.alert_decisions import read_acknowledged
from orchestration.alert_log import LOG, read_alert_log, record_alerts
from orchestration.alert_tables import (
    Told,
    describe,
    describe_withdrawn,
    rows_of,
    tell_changes,
    tell_days,
    tell_watched,
    typed_rows,
)
from orchestration.fingerprint import as_of_date
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import ml_relation, write_ml_table
from orchestration.settings import Settings
from orchestration.warehouse import reading


def raise_alerts(settings: Settings, progress: Progress = lambda message: None) -> Outcome:
    """Write the ML tables of the alerts, and record those that are new.

    Raises:
        DecisionError: naming every row of decisions/alerts.csv that cannot be used.
    """
    as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
    acknowledged = read_acknowledged(settings)
    log = read_alert_log(settings, as_of)
    with reading(settings.warehouse_path, settings.memory_limit) as con:
        series = queries.read_series(con)
        queries.count_days(con, topics=ml_relation(settings, "feedback_topics"),
                           sentiment=ml_relation(settings, "feedback_sentiment"), as_of=as_of)
        holidays = queries.read_holidays(con, ml_relation(settings, "public_holidays"),
                                         settings.company.default_country)
        panel = queries.read_panel(con, series, holidays, as_of)
        progress(f"alerts: {len(series)} series of {len(panel.days)} days")
        watched = watch(panel)
        told = identify(panel, watched.alarms, log, as_of)
        tables = describe(con, panel, watched, series, told, acknowledged)
    tables["alerts"] = pd.concat(
        [tables["alerts"], describe_withdrawn(log, told, series, as_of, acknowledged)])
    tables["series_changes"] = tell_changes(panel)
    tables["alert_series_days"] = tell_days(panel, watched)
    tables["watched_series"] = tell_watched(panel, watched)
    written = tuple(write_ml_table(settings, name, [typed_rows(name, frame)])
                    for name, frame in tables.items())
    if all(one.verdict.passed for one in written):
        record_alerts(settings, tables["alerts"][LOG.names])
    states = tables["alerts"]["alert_state"]
    return Outcome(written, {
        "series watched": int((tables["watched_series"]["watch_state"] == "watched").sum()),
        "open alerts": int((states != "over").sum()), "alerts": len(states)},
        draw_alerts(tables["alerts"], tables["alert_series_days"], series))


def identify(
    panel: SeriesPanel, alarms: tuple[Alarm, ...], log: pd.DataFrame, as_of: date,
) -> list[Told]:
    """Give every alarm its id: the recorded one, with its first day, where there is one."""
    found = [(panel.series_ids[one.row], one.direction, panel.days[one.start],
              None if one.end is None else panel.days[one.end]) for one in alarms]
    known = [(row.alert_id, row.series_id, UP if row.change_direction == "up" else DOWN,
              np.datetime64(row.started_date, "D")) for row in rows_of(log)]
    matched = match_known(found, known, SAME_EVENT_DAYS)
    recorded = {row.alert_id: row for row in rows_of(log)}
    told: dict[str, Told] = {}
    for place, alarm in enumerate(alarms):
        if place in matched:
            row = recorded[matched[place]]
            start = _column(panel, row.started_date)
            told[row.alert_id] = Told(row.alert_id, replace(
                alarm, start=start, raised=max(_column(panel, row.raised_date), start),
                end=None if alarm.end is None else max(alarm.end, start)),
                row.first_reported_date)
        else:
            identifier = alert_id(panel.series_ids[alarm.row], alarm.direction,
                                  panel.days[alarm.start])
            if identifier not in recorded:
                told[identifier] = Told(identifier, alarm, as_of)
    return list(told.values())


def _column(panel: SeriesPanel, day: date) -> int:
    """Column of a day, the nearest one where the panel does not reach."""
    column = int((np.datetime64(day, "D") - panel.days[0]).astype(int))
    return min(max(column, 0), len(panel.days) - 1)
