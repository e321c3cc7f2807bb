"""What matters and how well it does, as Markdown for the Dagster UI: importance by performance.

One picture per measure of satisfaction and set of factors, of the answers of all time, and one of
the latest year with where each factor stood the year before: across the performance, upwards the
share of importance with its interval; the lines between the quadrants are an equal share and the
mean performance. Where nothing is significant a sentence stands in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from orchestration import svg

WIDTH, HEIGHT = 860, 380
LEFT, RIGHT, TOP, BOTTOM = 70, 30, 40, 50
COLOURS = {"act": "#c8553d", "keep": "#2a9d5c", "monitor": "#8a9099",
           "possible_overkill": "#1f77b4"}
WORDS = {
    "nothing_significant": "no factor is shown to matter",
    "not_separable": "the factors matter together, but none is shown to by itself",
    "too_few_answers": "too few answers",
    "no_variation": "all answers are the same",
    "no_factors": "no factor has answers enough",
    "not_identified": "too few answers have several factors",
}


def draw_drivers(
    models: pd.DataFrame, factors: pd.DataFrame, names: Mapping[str, str] | None = None,
) -> str:
    """Describe the drivers of all answers as Markdown.

    Args:
        models: rows of driver_models.
        factors: rows of satisfaction_drivers.
        names: what factors are called; a factor without a name by its code.
    """
    whole = models[models["dimension"].eq("all") & models["grain"].eq("all")]
    factors = factors.assign(name=factors["factor"].map(lambda code: (names or {}).get(code, code)))
    if whole.empty:
        return "No measure of satisfaction has answers."
    parts = []
    for model in _rows(whole):
        title = f"{model.outcome}, factors: {model.factor_set}"
        if pd.isna(model.r_squared):
            parts.append(f"**{title}**: {WORDS[model.note]}.")
            continue
        told = (f"**{title}**: {model.answers_count:,} answers, R² {model.r_squared:.2f} "
                f"({model.r_squared_low:.2f} to {model.r_squared_high:.2f})")
        parts.append(f"{told}; {WORDS[model.note]}." if isinstance(model.note, str)
                     else f"{told}.")
        is_own = model.outcome, model.factor_set
        of_all_time, years = (
            _pick(models, factors, *is_own, grain) for grain in ("all", "year"))
        parts += [_draw(title, *picked) for picked in of_all_time.values()]
        if len(years) > 1:
            before, latest = sorted(years)[-2:]
            parts.append(_draw(f"{title}: {latest}, small {before}", *years[latest],
                               years[before][0]))
    return "\n\n".join(parts)


def _pick(
    models: pd.DataFrame, factors: pd.DataFrame, outcome: str, factor_set: str, grain: str,
) -> dict[str, tuple[pd.DataFrame, int]]:
    """Rated factors and number of factors by period, where there are quadrants."""
    picked = {}
    own = [frame[frame["dimension"].eq("all") & frame["outcome"].eq(outcome)
                 & frame["factor_set"].eq(factor_set) & frame["grain"].eq(grain)]
           for frame in (models, factors)]
    for model in _rows(own[0]):
        rated = own[1][own[1]["period"].eq(model.period) & own[1]["performance"].notna()]
        if rated["quadrant"].notna().any():
            picked[model.period] = (rated, int(model.factors_count))
    return picked


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())


def _draw(
    title: str, factors: pd.DataFrame, count: int, before: pd.DataFrame | None = None,
) -> str:
    shown = factors if before is None else pd.concat([factors, before])
    lowest = max(float(shown["performance"].min()) - 5, 0)
    highest = min(float(shown["performance"].max()) + 5, 100)
    most = float(shown["share_high"].max()) * 1.05
    earlier = {} if before is None else {row.factor: row for row in _rows(before)}

    def across(performance: float) -> float:
        return LEFT + (performance - lowest) / (highest - lowest) * (WIDTH - LEFT - RIGHT)

    def up(share: float) -> float:
        return HEIGHT - BOTTOM - share / most * (HEIGHT - TOP - BOTTOM)

    middle, equal = float(factors["performance"].mean()), 1 / count
    parts = [
        svg.line(LEFT, up(0), WIDTH - RIGHT, up(0), svg.INK),
        svg.line(LEFT, TOP, LEFT, up(0), svg.INK),
        svg.line(across(middle), TOP, across(middle), up(0), svg.FAINT, stroke_dasharray="5 4"),
        svg.line(LEFT, up(equal), WIDTH - RIGHT, up(equal), svg.FAINT, stroke_dasharray="5 4"),
        svg.text(LEFT + 4, TOP - 8, "act", fill=COLOURS["act"]),
        svg.text(WIDTH - RIGHT, TOP - 8, "keep", "end", fill=COLOURS["keep"]),
        svg.text(LEFT + 4, up(0) - 6, "monitor", fill=COLOURS["monitor"]),
        svg.text(WIDTH - RIGHT, up(0) - 6, "possible overkill", "end",
                 fill=COLOURS["possible_overkill"]),
        svg.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "performance, 0 to 100", "middle"),
        *(svg.text(across(value), up(0) + 18, f"{value:.0f}", "middle")
          for value in (lowest, middle, highest)),
        *(svg.text(LEFT - 8, up(share) + 4, f"{share:.0%}", "end") for share in (0, equal, most)),
    ]
    # A label that would lie on another moves down.
    taken: list[tuple[float, float]] = []
    placed = factors[factors["quadrant"].notna()]
    for row in _rows(placed.sort_values("importance_share", ascending=False)):
        x, y = across(row.performance), up(row.importance_share)
        colour = COLOURS[row.quadrant]
        if was := earlier.get(row.factor):
            there = across(was.performance), up(was.importance_share)
            parts += [svg.line(*there, x, y, colour, stroke_dasharray="2 3"),
                      svg.circle(*there, 2.5, colour, f"{row.name}: before")]
        parts.append(svg.line(x, up(row.share_low), x, up(row.share_high), colour,
                              stroke_opacity="0.5"))
        parts.append(svg.circle(
            x, y, 5, colour,
            f"{row.name}: importance {row.importance_share:.0%} ({row.share_low:.0%} to "
            f"{row.share_high:.0%}), performance {row.performance:.0f}, {row.quadrant}",
            fill_opacity="1" if row.is_significant else "0.35"))
        if row.importance_share < equal / 2:
            continue
        label = y + 4
        while any(abs(label - other) < 13 and abs(x - other_x) < 160 for other_x, other in taken):
            label += 13
        taken.append((x, label))
        is_right = x > WIDTH - RIGHT - 150
        parts.append(svg.text(x - 9 if is_right else x + 9, label, row.name,
                              "end" if is_right else "start"))
    return svg.embed_picture(f"Drivers of {title}", parts, width=WIDTH, height=HEIGHT)
