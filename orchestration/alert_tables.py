"""Rows of the alerts' ML tables: what was found, in figures and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from models_ml.alert_events import (
    Size,
    Trait,
    find_reasons,
    group_events,
    is_worse,
    measure_span,
)
from models_ml.alert_limits import GRID, limits_on_grid
from models_ml.alert_panel import SeriesPanel
from models_ml.alert_slices import pick_told, weigh_slices
from models_ml.alert_watch import DOWN, UP, Alarm, Watched
from models_ml.alert_words import LANGUAGES, Named, Slice, tell_headline, tell_reason
from models_ml.frames import conform
from models_ml.intervals import NORMAL_QUANTILE
from models_ml.series_changes import find_changes
from models_ml.tables import TABLES
from orchestration import alert_queries as queries
from orchestration.alert_log import LOG

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


def describe(
    con: duckdb.DuckDBPyConnection, panel: SeriesPanel, watched: Watched, series: pd.DataFrame,
    told: list[Told], acknowledged: dict[str, date],
) -> dict[str, pd.DataFrame]:
    """Rows of alerts, alert_slices and alert_reasons."""
    traits = [Trait(row.subject, row.role, row.direction) for row in rows_of(series)]
    named = [Named(row.unit or "", (row.name_en, row.name_de)) for row in rows_of(series)]
    last = len(panel.days) - 1
    ends = [_end(panel, one.alarm, last) for one in told]
    sums = queries.read_slices(con, [
        queries.Window(one.alert_id, panel.series_ids[one.alarm.row],
                       date_of(panel, one.alarm.start), date_of(panel, end))
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
                        row.usual_value) for row in rows_of(pick_told(parts))]
        in_words = [(named[reason.row], reason.size) for reason in moved]
        state = ("over" if end_reason else
                 "acknowledged" if one.alert_id in acknowledged else "new")
        is_count = panel.statistic[alarm.row] == "count"
        alerts.append({
            "alert_id": one.alert_id, "series_id": panel.series_ids[alarm.row],
            "event_id": told[leaders[place]].alert_id, "is_leading": leaders[place] == place,
            "alert_state": state, "change_direction": _WAYS[alarm.direction],
            "is_worse": is_worse(alarm.direction, traits[alarm.row].direction),
            "started_date": date_of(panel, alarm.start),
            "raised_date": date_of(panel, alarm.raised),
            "ended_date": date_of(panel, end) if end_reason else None,
            "closed_date": (None if not end_reason else
                            date_of(panel, end if alarm.closed is None else alarm.closed)),
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
    return {"alerts": frame_of("alerts", alerts),
            "alert_slices": pd.concat([frame_of("alert_slices", []), *slices]),
            "alert_reasons": frame_of("alert_reasons", reasons)}


def _end(panel: SeriesPanel, alarm: Alarm, last: int) -> tuple[int, str | None]:
    """Last day of an alert that is known, and why it ended; None while it goes on."""
    if alarm.end is not None:
        return alarm.end, ("new_level" if alarm.is_new_level else
                           "worsened" if alarm.is_worsened else "returned")
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
    names = {row.series_id: row for row in rows_of(series)}
    known = {one.alert_id for one in told}
    rows = []
    for row in rows_of(log):
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
    return frame_of("alerts", rows)


def tell_changes(panel: SeriesPanel) -> pd.DataFrame:
    """Rows of series_changes."""
    return frame_of("series_changes", [{
        "series_id": panel.series_ids[one.row], "changed_date": date_of(panel, one.day),
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
    is_count = panel.statistic[row] == "count"
    return pd.DataFrame({
        "series_id": np.array(panel.series_ids, dtype=object)[row],
        "observed_date": panel.days[day].astype("datetime64[s]"),
        "records_count": np.where(is_count, panel.total[at], panel.n[at]).round().astype(int),
        "exposure": panel.n[at], "value": panel.values[at], "expected_value": expected,
        "expected_low": expected - half, "expected_high": expected + half,
        "residual": watched.residual[at],
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
            "first_date": date_of(panel, judged[0]) if len(judged) else None,
            "last_date": date_of(panel, judged[-1]) if len(judged) else None,
            "overdispersion": float(watched.overdispersion[row]) if is_watched else None,
            "reference_value": k if is_watched else None,
            "decision_limit": grid[k] if is_watched else None,
            "model_version": MODEL_VERSION})
    return frame_of("watched_series", rows)


def typed_rows(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows in the table's types; a change can be neither worse nor better."""
    typed = conform(frame, TABLES[name])
    if name == "alerts":
        worse = frame.set_index("alert_id")["is_worse"].reindex(typed["alert_id"])
        typed["is_worse"] = worse.astype("boolean").to_numpy()
    return typed


def date_of(panel: SeriesPanel, day: int) -> date:
    """Date of a column."""
    found: date = panel.days[day].astype("datetime64[D]").item()
    return found


def frame_of(table: str, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """A frame with the columns of an ML table; those that no row has are empty."""
    return pd.DataFrame(rows, columns=[column.name for column in TABLES[table].columns],
                        dtype=object)


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """Rows of a frame as named tuples."""
    return list(frame.itertuples())
