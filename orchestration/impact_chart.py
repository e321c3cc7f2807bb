"""Impact in money as Markdown for the Dagster UI: effects with their intervals, and what was said.

What initiatives brought per customer, and below it what a point and a bad experience change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from orchestration import svg

WIDTH, LABEL_WIDTH, RIGHT = 860, 240, 190
ROW, TOP = 24, 46
MOST_ROWS = 12
COLOURS = {"gain_shown": "#2c7a4b", "loss_shown": "#b5446e", "effect_shown": "#1f77b4",
           "no_effect_shown": "#8a8f98"}


def draw_impact(tables: Mapping[str, pd.DataFrame]) -> str:
    """Describe the ML tables of impact as Markdown.

    Args:
        tables: rows of initiatives, score_worth and bad_experience_costs.
    """
    panels = (
        ("Initiatives: value per treated customer", _bars(tables["initiatives"], "name_en",
                                                          "effect")),
        ("One point of satisfaction: value per customer", _bars(
            _of_value(tables["score_worth"]), "measure", "worth")),
        ("A bad experience: value per customer", _bars(
            _of_value(tables["bad_experience_costs"]), "kind", "effect")),
    )
    drawn = [draw_intervals(title, rows) for title, rows in panels if rows]
    return "\n\n".join([*drawn, tell_verdicts(tables["initiatives"])])


def draw_intervals(title: str, rows: list[dict[str, Any]]) -> str:
    """A picture of estimates with their intervals, one row each, over a line at zero."""
    ends = [0.0, *(row[end] for row in rows for end in ("low", "high"))]
    low, high = min(ends), max(ends)
    margin = 0.05 * (high - low) or 1.0
    low, high = low - margin, high + margin
    height = TOP + ROW * len(rows) + 16

    def x(value: float) -> float:
        return LABEL_WIDTH + (value - low) / (high - low) * (WIDTH - LABEL_WIDTH - RIGHT)

    parts = [svg.text(16, 26, title), svg.line(x(0), TOP - 8, x(0), height - 8, svg.INK,
                                               stroke_dasharray="3 4")]
    for number, row in enumerate(rows):
        middle = TOP + ROW * (number + 0.5)
        colour = COLOURS[row["verdict"]]
        figures = f"{row['estimate']:,.2f} ({row['low']:,.2f} to {row['high']:,.2f})"
        parts += [
            svg.text(LABEL_WIDTH - 14, middle + 4, row["label"], "end"),
            svg.line(x(row["low"]), middle, x(row["high"]), middle, colour, stroke_width="3"),
            svg.circle(x(row["estimate"]), middle, 5, colour,
                       f"{row['label']}: {figures}, {row['verdict'].replace('_', ' ')}"),
            svg.text(WIDTH - 16, middle + 4, figures, "end")]
    return svg.embed_picture(title, parts, width=WIDTH, height=height)


def tell_verdicts(initiatives: pd.DataFrame) -> str:
    """What is said of each initiative, as a table; why nothing is said where it is not."""
    if not len(initiatives):
        return "No initiative is declared: `decisions/initiatives.csv` in the company's folder."
    lines = ["| initiative | method | verdict | gain | ROI | before |",
             "| --- | --- | --- | ---: | ---: | --- |"]
    for row in _records(initiatives):
        said = row["verdict"] if pd.isna(row["verdict_reason"]) else (
            f"{row['verdict']}: {row['verdict_reason']}")
        gain = _between(row, "gain", "{:,.0f}")
        roi = _between(row, "roi", "{:+.0%}")
        lines.append(f"| `{row['initiative_id']}` | {_plain(row['method'])} | {_plain(said)} "
                     f"| {gain} | {roi} | {_plain(row['pre_trend'])} |")
    return "\n".join(lines)


def _between(row: dict[str, Any], name: str, form: str) -> str:
    if pd.isna(row[name]):
        return ""
    return (f"{form.format(row[name])} ({form.format(row[f'{name}_low'])} to "
            f"{form.format(row[f'{name}_high'])})")


def _plain(code: object) -> str:
    return code.replace("_", " ") if isinstance(code, str) else ""


def _of_value(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["outcome"].eq("value")]


def _bars(rows: pd.DataFrame, label: str, name: str) -> list[dict[str, Any]]:
    known = rows[rows[name].notna() & rows["verdict"].ne("cannot_be_said")].head(MOST_ROWS)
    return [{"label": str(row[label])[:44], "estimate": row[name], "low": row[f"{name}_low"],
             "high": row[f"{name}_high"], "verdict": row["verdict"]} for row in _records(known)]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()}
            for row in frame.to_dict("records")]
