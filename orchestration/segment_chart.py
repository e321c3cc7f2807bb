"""Segments as Markdown for the Dagster UI: size and later revenue as a picture, why so many.

Counts and means of segments only; one with few people shows no mean.
"""

from __future__ import annotations

from html import escape
from textwrap import shorten

import pandas as pd

from models_ml.segment_names import LEAST_PEOPLE
from orchestration import svg
from orchestration.warehouse import escape_cell

WIDTH, ROW, TOP, LABEL, RIGHT = 900, 26, 40, 330, 130
LABEL_CHARACTERS = 54
SIZE, VALUE = "#9db8cf", "#1f77b4"


def render_segments(segments: pd.DataFrame, models: pd.DataFrame) -> str:
    """Markdown with one line and picture per segmentation.

    Args:
        segments: rows of the ML table segments.
        models: rows of the ML table segment_models.
    """
    parts = []
    for model in models.to_dict("records"):
        line = (f"**{escape_cell(model['segmentation'])}** ({model['status']}): "
                f"{model['segments_count']} segments of {model['customers_count']:,} customers; "
                f"{escape(model['reason'])}")
        if pd.notna(model["outcome_explained"]):
            cells = (f", {int(model['cells_count'])} RFM cells "
                     f"{model['cells_outcome_explained']:.3f}"
                     if pd.notna(model["cells_outcome_explained"]) else "")
            line += f". Later revenue explained: {model['outcome_explained']:.3f}{cells}."
        parts.append(line)
        rows = segments[segments["segmentation"] == model["segmentation"]]
        if len(rows):
            parts.append(_draw(rows))
    return "\n\n".join(parts)


def _draw(segments: pd.DataFrame) -> str:
    rows = segments.sort_values(["outcome_mean", "segment_id"], ascending=[False, True])
    shown = rows["outcome_mean"].where(rows["outcome_count"] >= LEAST_PEOPLE)
    height = TOP + ROW * len(rows) + 10
    half = (WIDTH - LABEL - RIGHT) / 2
    largest, dearest = rows["customers_share"].max(), max(float(shown.max() or 0), 1e-9)
    parts = [svg.text(LABEL, 24, "customers"),
             svg.text(LABEL + half + 60, 24, "mean revenue in the holdout")]
    for place, (row, value) in enumerate(zip(rows.to_dict("records"), shown, strict=True)):
        y = TOP + place * ROW
        parts.append(svg.text(LABEL - 10, y + 14, shorten(
            row["name_en"], LABEL_CHARACTERS, placeholder=" …"), "end"))
        size = row["customers_share"] / largest * (half - 60)
        parts += _bar(LABEL, y, size, SIZE, f"{row['customers_count']:,}")
        if pd.notna(value):
            parts += _bar(LABEL + half + 60, y, max(value, 0) / dearest * half, VALUE,
                          f"{value:,.0f}")
    return svg.embed_picture("Segments", parts, width=WIDTH, height=height)


def _bar(x: float, y: float, width: float, colour: str, label: str) -> list[str]:
    return [svg.bar(x, y, max(width, 0.6), 18, colour), svg.text(x + width + 5, y + 14, label)]
