"""How well value was predicted, as Markdown for the Dagster UI: a picture and the models beside it.

Left the purchases of tenths of customers, right how often those left who were said to.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from models_ml.purchase_choice import BASELINES
from orchestration import svg

WIDTH, HEIGHT = 860, 320
TOP, BOTTOM = 54, 50
LEFT_PANEL, RIGHT_PANEL = (60.0, 500.0), (570.0, 830.0)
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
        parts.append(_draw(calibration))
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
    purchases = calibration[calibration["measure"].eq("purchases")]
    churn = calibration[calibration["measure"].eq("churn")]
    return svg.embed_picture("Calibration", [*_purchase_panel(purchases), *_churn_panel(churn)],
                             width=WIDTH, height=HEIGHT)


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _axis(panel: tuple[float, float], highest: float, title: str) -> list[str]:
    left, right = panel
    step = 10 ** math.floor(math.log10(highest)) / 2
    ticks = [step * number for number in range(1 + int(highest / step))]
    lines = [svg.line(left, _y(tick / highest), right, _y(tick / highest), svg.FAINT)
             for tick in ticks]
    labels = [svg.text(left - 8, _y(tick / highest) + 4, f"{tick:g}", "end")
              for tick in ticks[::2]]
    return [*lines, *labels, svg.text((left + right) / 2, HEIGHT - 12, title, "middle")]


def _purchase_panel(rows: pd.DataFrame) -> list[str]:
    left, right = LEFT_PANEL
    highest = max(float(rows[list(SERIES)].max().max()), 1e-3) * 1.05
    parts = _axis(LEFT_PANEL, highest, "tenths of customers by predicted purchases")
    width = (right - left) / max(len(rows), 1)
    for row in _rows(rows):
        start = left + (row.bin_number - 1) * width
        for place, (name, (label, colour)) in enumerate(SERIES.items()):
            value = float(getattr(row, name))
            top = _y(value / highest)
            parts.append(svg.bar(start + width * (0.1 + 0.27 * place), top, width * 0.25,
                                 _y(0) - top, colour,
                                 f"tenth {row.bin_number}: {value:.2f} {label}"))
        parts.append(svg.text(start + width / 2, _y(0) + 16, str(row.bin_number), "middle"))
    for place, (label, colour) in enumerate(SERIES.values()):
        parts.append(svg.bar(left + 110 * place, 16, 12, 12, colour))
        parts.append(svg.text(left + 110 * place + 18, 26, label))
    return parts


def _churn_panel(rows: pd.DataFrame) -> list[str]:
    left, right = RIGHT_PANEL
    parts = _axis(RIGHT_PANEL, 1.0, "said to leave (line: as often as said)")
    parts.append(svg.line(left, _y(0), right, _y(1), svg.INK, stroke_dasharray="5 4"))
    parts.append(svg.text(left, 26, "share that left"))
    most = max(int(rows["customers_count"].max()), 1) if len(rows) else 1
    for row in _rows(rows):
        parts.append(svg.circle(
            left + row.predicted * (right - left), _y(row.actual),
            3 + 7 * math.sqrt(row.customers_count / most), "#b5446e",
            f"{row.customers_count:,} customers: said {row.predicted:.0%}, left {row.actual:.0%}",
            fill_opacity="0.75"))
    return parts
