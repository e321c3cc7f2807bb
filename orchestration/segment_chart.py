"""Segments as Markdown for the Dagster UI: size and later revenue as a picture, why so many.

The picture is an SVG of a `data:` address, the only drawing that the UI shows. Counts and means of
segments only; one with few people shows no mean.
"""

from __future__ import annotations

import base64
from html import escape

import pandas as pd

from models_ml.segment_names import LEAST_PEOPLE
from orchestration.warehouse import escape_cell

WIDTH, ROW, TOP, LABEL, RIGHT = 900, 26, 40, 330, 130
INK, SIZE, VALUE = "#33363b", "#9db8cf", "#1f77b4"


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
            picture = base64.b64encode(_draw(rows).encode()).decode()
            parts.append(f"![Segments](data:image/svg+xml;base64,{picture})")
    return "\n\n".join(parts)


def _draw(segments: pd.DataFrame) -> str:
    rows = segments.sort_values(["outcome_mean", "segment_id"], ascending=[False, True])
    shown = rows["outcome_mean"].where(rows["outcome_count"] >= LEAST_PEOPLE)
    height = TOP + ROW * len(rows) + 10
    half = (WIDTH - LABEL - RIGHT) / 2
    largest, dearest = rows["customers_share"].max(), max(float(shown.max() or 0), 1e-9)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}" font-family="Helvetica, Arial, sans-serif" '
             f'font-size="12" fill="{INK}">',
             f'<rect width="{WIDTH}" height="{height}" rx="6" fill="#fff"/>',
             f'<text x="{LABEL}" y="24">customers</text>',
             f'<text x="{LABEL + half + 60:.0f}" y="24">mean revenue in the holdout</text>']
    for place, (row, value) in enumerate(zip(rows.to_dict("records"), shown, strict=True)):
        y = TOP + place * ROW
        parts.append(f'<text x="{LABEL - 10}" y="{y + 14}" text-anchor="end">'
                     f"{escape(row['name_en'][:50])}</text>")
        size = row["customers_share"] / largest * (half - 60)
        parts.append(_bar(LABEL, y, size, SIZE, f"{row['customers_count']:,}"))
        if pd.notna(value):
            parts.append(_bar(LABEL + half + 60, y, max(value, 0) / dearest * half, VALUE,
                              f"{value:,.0f}"))
    return "".join([*parts, "</svg>"])


def _bar(x: float, y: float, width: float, colour: str, label: str) -> str:
    return (f'<rect x="{x:.1f}" y="{y}" width="{max(width, 0.6):.1f}" height="18" '
            f'fill="{colour}"/><text x="{x + width + 5:.1f}" y="{y + 14}">{label}</text>')
