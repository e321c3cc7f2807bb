"""How well value was predicted, as Markdown for the Dagster UI: a picture and the models beside it.

Left the purchases of tenths of customers, right how often those left who were said to. The picture
is an SVG of a `data:` address, the only drawing that the UI shows.
"""

from __future__ import annotations

import base64
import math
from typing import Any

import pandas as pd

from models_ml.purchase_choice import BASELINES

WIDTH, HEIGHT = 860, 320
TOP, BOTTOM = 54, 50
LEFT_PANEL, RIGHT_PANEL = (60.0, 500.0), (570.0, 830.0)
INK, FAINT = "#33363b", "#dfe2e6"
SERIES = {"actual": ("came", "#9db8cf"), "predicted": ("predicted", "#1f77b4"),
          "baseline": ("naive rate", "#f2a100")}


def draw_value(models: pd.DataFrame, calibration: pd.DataFrame) -> str:
    """Describe models and their holdout as Markdown.

    Args:
        models: rows of value_models.
        calibration: rows of value_calibration.
    """
    parts = []
    if len(calibration):
        picture = base64.b64encode(_draw(calibration).encode()).decode()
        parts.append(f"![Calibration](data:image/svg+xml;base64,{picture})")
    parts.append(tell_choice(models))
    judged = models[models["run_part"].eq("holdout") & models["model_name"].ne("season")]
    if len(judged):
        lines = ["| model | total error | RMSE | top tenth found | note |",
                 "| --- | ---: | ---: | ---: | --- |"]
        lines += [f"| {row.model_name}{' (used)' if row.is_used else ''} "
                  f"| {row.total_error:+.1%} | {row.rmse:.3f} | {row.top_decile_share:.0%} "
                  f"| {row.boundary_note if isinstance(row.boundary_note, str) else ''} |"
                  for row in _rows(judged)]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def tell_choice(models: pd.DataFrame) -> str:
    """Which model is used, why, and what the data do not identify, in sentences."""
    used = models[models["is_used"] & models["run_part"].eq("final")]
    names = [name for name in used["model_name"] if name not in ("season", "gamma_gamma")]
    if not names:
        return "There is no history of purchases or contracts to learn from."
    compared = models["run_part"].eq("choice").any()
    sentences = [f"Used: **{', '.join(names)}**."]
    if set(names) & set(BASELINES):
        sentences.append("No model beat the baseline on the dates before the holdout, so that the "
                         "baseline is used.")
    elif not compared:
        sentences.append("The history is too short to compare models.")
    final = models[models["run_part"].eq("final")]
    sentences += [f"{row.model_name}: {row.boundary_note}." for row in _rows(final)
                  if isinstance(row.boundary_note, str)]
    return " ".join(sentences)


def _draw(calibration: pd.DataFrame) -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#fff"/>']
    purchases = calibration[calibration["measure"].eq("purchases")]
    churn = calibration[calibration["measure"].eq("churn")]
    return "".join([*parts, *_purchase_panel(purchases), *_churn_panel(churn), "</svg>"])


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _axis(panel: tuple[float, float], highest: float, title: str) -> list[str]:
    left, right = panel
    step = 10 ** math.floor(math.log10(highest)) / 2
    ticks = [step * number for number in range(1 + int(highest / step))]
    lines = [f'<line x1="{left:.1f}" y1="{_y(tick / highest):.1f}" x2="{right:.1f}" '
             f'y2="{_y(tick / highest):.1f}" stroke="{FAINT}"/>' for tick in ticks]
    labels = [_text(left - 8, _y(tick / highest) + 4, f"{tick:g}", "end") for tick in ticks[::2]]
    return [*lines, *labels, _text((left + right) / 2, HEIGHT - 12, title)]


def _purchase_panel(rows: pd.DataFrame) -> list[str]:
    left, right = LEFT_PANEL
    highest = max(float(rows[list(SERIES)].max().max()), 1e-3) * 1.05
    parts = _axis(LEFT_PANEL, highest, "tenths of customers by predicted purchases")
    width = (right - left) / max(len(rows), 1)
    for row in _rows(rows):
        start = left + (row.bin_number - 1) * width
        for place, (name, (label, colour)) in enumerate(SERIES.items()):
            value = float(getattr(row, name))
            parts.append(
                f'<rect x="{start + width * (0.1 + 0.27 * place):.1f}" '
                f'y="{_y(value / highest):.1f}" width="{width * 0.25:.1f}" '
                f'height="{_y(0) - _y(value / highest):.1f}" fill="{colour}">'
                f"<title>tenth {row.bin_number}: {value:.2f} {label}</title></rect>")
        parts.append(_text(start + width / 2, _y(0) + 16, str(row.bin_number)))
    for place, (label, colour) in enumerate(SERIES.values()):
        parts.append(f'<rect x="{left + 110 * place:.1f}" y="16" width="12" height="12" '
                     f'fill="{colour}"/>')
        parts.append(_text(left + 110 * place + 18, 26, label, "start"))
    return parts


def _churn_panel(rows: pd.DataFrame) -> list[str]:
    left, right = RIGHT_PANEL
    parts = _axis(RIGHT_PANEL, 1.0, "said to leave (line: as often as said)")
    parts.append(f'<line x1="{left:.1f}" y1="{_y(0):.1f}" x2="{right:.1f}" y2="{_y(1):.1f}" '
                 f'stroke="{INK}" stroke-dasharray="5 4"/>')
    parts.append(_text(left, 26, "share that left", "start"))
    most = max(int(rows["customers_count"].max()), 1) if len(rows) else 1
    for row in _rows(rows):
        parts.append(
            f'<circle cx="{left + row.predicted * (right - left):.1f}" cy="{_y(row.actual):.1f}" '
            f'r="{3 + 7 * math.sqrt(row.customers_count / most):.1f}" fill="#b5446e" '
            f'fill-opacity="0.75"><title>{row.customers_count:,} customers: said '
            f"{row.predicted:.0%}, left {row.actual:.0%}</title></circle>")
    return parts
