"""The alert step: from days of series to alerts with size, slices, likely reason and state.

Queries belong to `alert_queries.py`, the log of what was told to `alert_log.py`, what people decided
to `alert_decisions.py`, the picture to `alert_chart.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import duckdb
import numpy as np
import pandas as pd

from ingestion.raw_zone import RawZone
from models_ml.alert_events import (
    NORMAL_QUANTILE,
    Size,
    Trait,
    alert_id,
    find_reasons,
    group_events,
    is_worse,
    match_known,
    measure_span,
)
from models_ml.alert_limits import GRID, limits_on_grid
from models_ml.alert_panel import SeriesPanel
from models_ml.alert_slices import pick_told, weigh_slices
from models_ml.alert_watch import DOWN, SAME_EVENT_DAYS, UP, Alarm, Watched, watch
from models_ml.alert_words import (
    LANGUAGES,
    Named,
    Slice,
    tell_headline,
    tell_reason,
)
from models_ml.frames import conform
from models_ml.series_changes import find_changes
from models_ml.tables import TABLES
from orchestration import alert_queries as queries
from orchestration.alert_chart import draw_alerts
from orchestration.alert_decisions import read_acknowledged
from orchestration.alert_log import LOG, read_alert_log, record_alerts
from orchestration.fingerprint import as_of_date
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import ml_relation, write_ml_table
from orchestration.settings import Settings
from orchestration.warehouse import reading

MODEL_VERSION = "1"
STOPPED_DAYS = 30
"""A series without a day for so long has stopped: nothing can be said of its alerts any more."""
_WAYS = {UP: "up", DOWN: "down"}


@dataclass(frozen=True)
class Told:
    """An alarm with the id that people know it by."""

    alert_id: str
    alarm: Alarm
    first_reported: date


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
    written = tuple(write_ml_table(settings, name, [_typed(name, frame)])
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
    """Give every alarm its id: the recorded one where an earlier run told it, with its first day."""
    found = [(panel.series_ids[one.row], one.direction, panel.days[one.start],
              None if one.end is None else panel.days[one.end]) for one in alarms]
    known = [(row.alert_id, row.series_id, UP if row.change_direction == "up" else DOWN,
              np.datetime64(row.started_date, "D")) for row in log.itertuples()]
    matched = match_known(found, known, SAME_EVENT_DAYS)
    recorded = {row.alert_id: row for row in log.itertuples()}
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


def describe(
    con: duckdb.DuckDBPyConnection, panel: SeriesPanel, watched: Watched, series: pd.DataFrame,
    told: list[Told], acknowledged: dict[str, date],
) -> dict[str, pd.DataFrame]:
    """Rows of alerts, alert_slices and alert_reasons."""
    traits = [Trait(row.subject, row.role, row.direction) for row in series.itertuples()]
    named = [Named(row.unit or "", (row.name_en, row.name_de)) for row in series.itertuples()]
    last = len(panel.days) - 1
    ends = [_end(panel, one.alarm, last) for one in told]
    sums = queries.read_slices(con, [
        queries.Window(one.alert_id, panel.series_ids[one.alarm.row],
                       _date(panel, one.alarm.start), _date(panel, end))
        for one, (end, _) in zip(told, ends, strict=True)])
    by_alert = dict(list(sums.groupby("alert_id")))
    sizes = [measure_span(panel, watched, one.alarm.row, one.alarm.start, end) or _nothing()
             for one, (end, _) in zip(told, ends, strict=True)]
    leaders = group_events([one.alarm for one in told], [size.effect for size in sizes], traits,
                           last)
    alerts, slices, reasons = [], [], []
    for place, (one, (end, end_reason)) in enumerate(zip(told, ends, strict=True)):
        alarm, size = one.alarm, sizes[place]
        moved = find_reasons(panel, watched, traits, replace(alarm, end=end), last)
        parts = _weigh(panel, by_alert.get(one.alert_id, sums.head(0)), size, alarm, end)
        picked = [Slice(row.dimension, (row.name_en, row.name_de), row.observed_value,
                        row.usual_value) for row in pick_told(parts).itertuples()]
        in_words = [(named[reason.row], reason.size) for reason in moved]
        state = ("over" if end_reason else
                 "acknowledged" if one.alert_id in acknowledged else "new")
        is_count = panel.statistic[alarm.row] == "count"
        alerts.append({
            "alert_id": one.alert_id, "series_id": panel.series_ids[alarm.row],
            "event_id": told[leaders[place]].alert_id, "is_leading": leaders[place] == place,
            "alert_state": state, "change_direction": _WAYS[alarm.direction],
            "is_worse": is_worse(alarm.direction, traits[alarm.row].direction),
            "started_date": _date(panel, alarm.start), "raised_date": _date(panel, alarm.raised),
            "ended_date": _date(panel, end) if end_reason else None,
            "closed_date": (None if not end_reason else
                            _date(panel, end if alarm.closed is None else alarm.closed)),
            "end_reason": end_reason, "first_reported_date": one.first_reported,
            "acknowledged_date": acknowledged.get(one.alert_id), "days_count": size.days,
            "records_count": round(size.records), "observed_value": size.observed,
            "expected_value": size.expected, "change_size": size.observed - size.expected,
            "change_low": size.low, "change_high": size.high,
            "change_share": (size.observed / size.expected - 1
                             if is_count and size.expected > 0 else None),
            "effect_size": size.effect, "model_version": MODEL_VERSION,
            **{f"headline_{language}": tell_headline(
                named[alarm.row], size, panel.days[alarm.start], language)
                for language in LANGUAGES},
            **{f"reason_{language}": tell_reason(in_words, picked, language)
               for language in LANGUAGES}})
        slices.append(parts.assign(alert_id=one.alert_id, value_name_en=parts["name_en"],
                                   value_name_de=parts["name_de"]))
        reasons += [{"alert_id": one.alert_id, "reason_series_id": panel.series_ids[reason.row],
                     "reason_rank": rank, "observed_value": reason.size.observed,
                     "expected_value": reason.size.expected, "effect_size": reason.size.effect}
                    for rank, reason in enumerate(moved, 1)]
    return {"alerts": _frame("alerts", alerts),
            "alert_slices": pd.concat([_frame("alert_slices", []), *slices]),
            "alert_reasons": _frame("alert_reasons", reasons)}


def _end(panel: SeriesPanel, alarm: Alarm, last: int) -> tuple[int, str | None]:
    """Last day of an alert that is known, and why it ended; None while it goes on."""
    if alarm.end is not None:
        return alarm.end, "new_level" if alarm.is_new_level else "returned"
    latest = int(np.flatnonzero(panel.is_judged[alarm.row])[-1])
    return (latest, "no_data") if last - latest > STOPPED_DAYS else (last, None)


def _nothing() -> Size:
    return Size(0, 0.0, float("nan"), float("nan"), float("nan"), float("nan"), 0.0, 0.0)


def _weigh(
    panel: SeriesPanel, sums: pd.DataFrame, size: Size, alarm: Alarm, end: int,
) -> pd.DataFrame:
    row, usual = alarm.row, slice(max(alarm.start - queries.USUAL_DAYS, 0), alarm.start)
    there = panel.is_there[row]
    now = slice(alarm.start, end + 1)
    return weigh_slices(
        sums, size, is_count=bool(panel.statistic[row] == "count"),
        now_exposure=max(float(panel.n[row, now][there[now]].sum()), 1e-9),
        usual_exposure=float(panel.n[row, usual][there[usual]].sum()))


def describe_withdrawn(
    log: pd.DataFrame, told: list[Told], series: pd.DataFrame, as_of: date,
    acknowledged: dict[str, date],
) -> pd.DataFrame:
    """Alerts that earlier runs told and this one no longer finds."""
    names = {row.series_id: row for row in series.itertuples()}
    known = {one.alert_id for one in told}
    rows = []
    for row in log.itertuples():
        if row.alert_id in known or row.series_id not in names:
            continue
        own = names[row.series_id]
        direction = UP if row.change_direction == "up" else DOWN
        rows.append({
            **{column: getattr(row, column) for column in LOG.names}, "event_id": row.alert_id,
            "is_leading": True, "alert_state": "over",
            "is_worse": is_worse(direction, own.direction), "ended_date": row.started_date,
            "closed_date": as_of, "end_reason": "withdrawn",
            "acknowledged_date": acknowledged.get(row.alert_id), "days_count": 0,
            "records_count": 0,
            "headline_en": f"{own.name_en}: no longer found in the data.",
            "headline_de": f"{own.name_de}: in den Daten nicht mehr zu finden.",
            "reason_en": "The alert is withdrawn.", "reason_de": "Der Alarm ist zurückgenommen.",
            "model_version": MODEL_VERSION})
    return _frame("alerts", rows)


def tell_changes(panel: SeriesPanel) -> pd.DataFrame:
    """Rows of series_changes."""
    return _frame("series_changes", [{
        "series_id": panel.series_ids[one.row], "changed_date": _date(panel, one.day),
        "level_before": one.before, "level_after": one.after,
        "change_size": one.after - one.before, "change_low": one.low, "change_high": one.high,
        "model_version": MODEL_VERSION} for one in find_changes(panel)])


def tell_days(panel: SeriesPanel, watched: Watched) -> pd.DataFrame:
    """Rows of alert_series_days: every day with a value."""
    row, day = np.nonzero(np.isfinite(panel.values))
    at = (row, day)
    half = NORMAL_QUANTILE * watched.deviation[at]
    known = np.isfinite(watched.residual[at])
    expected = np.where(known, watched.expected[at], np.nan)
    is_count, is_share = (panel.statistic[row] == name for name in ("count", "share"))
    low = np.where(is_count | is_share, np.maximum(expected - half, 0), expected - half)
    high = np.where(is_share, np.minimum(expected + half, 1), expected + half)
    return pd.DataFrame({
        "series_id": np.array(panel.series_ids, dtype=object)[row],
        "observed_date": panel.days[day].astype("datetime64[s]"),
        "records_count": np.where(is_count, panel.total[at], panel.n[at]).round().astype(int),
        "value": panel.values[at], "expected_value": expected, "expected_low": low,
        "expected_high": high, "residual": watched.residual[at],
        "cusum_up": np.where(known, watched.chart_up[at], np.nan),
        "cusum_down": np.where(known, watched.chart_down[at], np.nan)})


def tell_watched(panel: SeriesPanel, watched: Watched) -> pd.DataFrame:
    """Rows of watched_series."""
    rows = []
    last = len(panel.days) - 1
    grid = dict(zip(GRID.tolist(), limits_on_grid().tolist(), strict=True))
    for row, name in enumerate(panel.series_ids):
        judged = np.flatnonzero(panel.is_judged[row])
        stopped = len(judged) and last - judged[-1] > STOPPED_DAYS
        state = watched.reason[row] or ("stopped" if stopped else "watched")
        is_watched = state == "watched"
        k = float(watched.reference[row])
        rows.append({
            "series_id": name, "watch_state": state,
            "first_date": _date(panel, judged[0]) if len(judged) else None,
            "last_date": _date(panel, judged[-1]) if len(judged) else None,
            "overdispersion": float(watched.overdispersion[row]) if is_watched else None,
            "reference_value": k if is_watched else None,
            "decision_limit": grid[k] if is_watched else None,
            "model_version": MODEL_VERSION})
    return _frame("watched_series", rows)


def _typed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows in the table's types; a change can be neither worse nor better."""
    typed = conform(frame, TABLES[name])
    if name == "alerts":
        worse = frame.set_index("alert_id")["is_worse"].reindex(typed["alert_id"])
        typed["is_worse"] = worse.astype("boolean").to_numpy()
    return typed


def _date(panel: SeriesPanel, day: int) -> date:
    found: date = panel.days[day].astype("datetime64[D]").item()
    return found


def _frame(table: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[column.name for column in TABLES[table].columns],
                        dtype=object)
