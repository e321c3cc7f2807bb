"""Alerts as a picture for the Dagster UI: the series with its bounds, and where the alert lies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from models_ml.alert_words import clean_name
from orchestration import svg
from orchestration.alert_tables import rows_of
from orchestration.warehouse import escape_cell, escape_markdown

WIDTH, PANEL_HEIGHT, TITLE_HEIGHT = 860, 170, 26
LEFT, RIGHT = 60, 840
EVENTS = 4
DAYS_BEFORE, DAYS_AFTER = 60, 30
SMOOTHED_DAYS = 7
LIMITS = {"mean": (-np.inf, np.inf), "count": (0.0, np.inf), "share": (0.0, 1.0)}
BAND, VALUE, MARK = "#dbe7f1", "#1f77b4", "#b5446e"


def draw_alerts(alerts: pd.DataFrame, days: pd.DataFrame, series: pd.DataFrame) -> str:
    """Describe the newest events as Markdown: those that go on first.

    Args:
        alerts: rows of the ML table alerts.
        days: rows of alert_series_days.
        series: rows of int_alert_series_named.
    """
    shown = alerts[alerts["is_leading"].astype(bool) & alerts["observed_value"].notna()]
    if shown.empty:
        return "No series has changed beyond chance."
    shown = shown.assign(is_over=shown["alert_state"].eq("over")).sort_values(
        ["is_over", "started_date", "alert_id"], ascending=[True, False, True]).head(EVENTS)
    of_series = series.set_index("series_id")
    parts: list[str] = []
    for place, alert in enumerate(rows_of(shown)):
        parts += _draw_panel(alert, days[days["series_id"] == alert.series_id],
                             of_series.loc[alert.series_id], place * (PANEL_HEIGHT + TITLE_HEIGHT))
    picture = svg.embed_picture("Alerts", parts, width=WIDTH,
                                height=len(shown) * (PANEL_HEIGHT + TITLE_HEIGHT) + 8)
    lines = ["| alert | state | what happened | with it |", "| --- | --- | --- | --- |"]
    lines += [f"| {escape_cell(alert.alert_id)} | {escape_cell(alert.alert_state)} "
              f"| {escape_markdown(alert.headline_en)} "
              f"| {escape_markdown(alert.reason_en)} |"
              for alert in rows_of(shown)]
    return f"{picture}\n\n" + "\n".join(lines)


def _draw_panel(alert: Any, days: pd.DataFrame, series: Any, top: float) -> list[str]:
    first = np.datetime64(alert.started_date, "D") - DAYS_BEFORE
    latest = np.datetime64(days["observed_date"].max(), "D")
    ended = alert.ended_date if isinstance(alert.ended_date, type(alert.started_date)) else None
    last = min(latest, (np.datetime64(ended, "D") if ended else latest) + DAYS_AFTER)
    days = days[days["observed_date"].between(pd.Timestamp(first), pd.Timestamp(last))]
    days = days.sort_values("observed_date")
    smooth = days["value"].rolling(SMOOTHED_DAYS, min_periods=1).mean().to_numpy(float)
    bounds = np.clip(days[["expected_low", "expected_high"]].to_numpy(float),
                     *LIMITS[series["statistic"]])
    known = np.concatenate([smooth, bounds[np.isfinite(bounds)]])
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    room = high - low or 1.0
    length = max(int((last - first).astype(int)), 1)

    def x(day: Any) -> float:
        return LEFT + (RIGHT - LEFT) * int((np.datetime64(day, "D") - first).astype(int)) / length

    def y(value: float) -> float:
        return top + TITLE_HEIGHT + (PANEL_HEIGHT - 24) * (1 - (value - low) / room)

    bottom = y(low)
    title = f"{clean_name(series['name_en'])}, {alert.alert_state}"
    parts = [svg.text(LEFT, top + 18, title, "start"),
             svg.text(LEFT - 6, y(high) + 4, f"{high:.3g}", "end"),
             svg.text(LEFT - 6, bottom + 4, f"{low:.3g}", "end")]
    dates = days["observed_date"].to_numpy("datetime64[D]")
    width = (RIGHT - LEFT) / length
    for day, (lower, upper) in zip(dates, bounds, strict=True):
        if np.isfinite(lower) and np.isfinite(upper):
            parts.append(svg.bar(x(day) - width / 2, y(upper), width, y(lower) - y(upper), BAND))
    for place in range(1, len(dates)):
        parts.append(svg.line(x(dates[place - 1]), y(smooth[place - 1]), x(dates[place]),
                              y(smooth[place]), VALUE, stroke_width="1.6"))
    for day, told in ((alert.started_date, f"since {alert.started_date}"),
                      (alert.raised_date, "alert")):
        parts.append(svg.line(x(day), top + TITLE_HEIGHT, x(day), bottom, MARK,
                              stroke_dasharray="4 3"))
        if told != "alert" or alert.raised_date != alert.started_date:
            parts.append(svg.text(x(day) + 3, bottom + 14, told, fill=MARK))
    return parts
