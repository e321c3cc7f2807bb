"""No sum or difference of the scorecard tells a hidden cell, not even by what rounding leaves."""

from __future__ import annotations

import math
from collections import defaultdict
from contextlib import closing
from typing import NamedTuple

import duckdb
import pytest
from company import Company

MINIMUM, STEP, EXACT_FROM = 5, 10, 100
Bounds = dict["Row", tuple[float, float]]
COUNTS = {"contacts_count": "contacts_count", "n": "scores_count"}


class Row(NamedTuple):
    """A row of the scorecard."""

    touchpoint: str
    channel: str
    outcome: str
    period: str


def narrowed(bounds: Bounds) -> Bounds:
    """What a reader knows of each cell, after every total was compared with its parts."""
    parts: dict[tuple[Row, str], list[Row]] = defaultdict(list)
    for row in bounds:
        for field in ("channel", "outcome", "period"):
            if getattr(row, field) != "all":
                parts[row._replace(**{field: "all"}), field].append(row)
    known, is_narrower = dict(bounds), True
    while is_narrower:
        is_narrower = False
        for (whole, _), cells in parts.items():
            low, high = (sum(known[cell][side] for cell in cells) for side in (0, 1))
            total = known[whole]
            news = {whole: (max(total[0], low), min(total[1], high))}
            for cell in cells:
                own = known[cell]
                others_high = sum(known[one][1] for one in cells if one != cell)
                news[cell] = (max(own[0], total[0] - others_high),
                              min(own[1], total[1] - (low - own[0])))
            for cell, new in news.items():
                if new != known[cell]:
                    known[cell], is_narrower = new, True
    return known


def told(shown: int | None, truth: int, is_exact: bool) -> tuple[float, float]:
    """Least and greatest count that a published figure may stand for."""
    if shown is None:
        return (min(truth, 1), math.inf)
    if is_exact and shown == truth:
        return (shown, shown)
    return (max(MINIMUM if shown else 0, shown - STEP / 2), shown + (STEP / 2 - 1 if shown else 0))


def read_counts(demo: Company, published: str, true: str) -> dict[Row, tuple[int | None, int]]:
    """Row -> count shown and true count."""
    with closing(duckdb.connect(str(demo.home / "warehouse.duckdb"), read_only=True)) as con:
        return {Row(*row[:4]): row[4:] for row in con.execute(f"""
            select touchpoint_type, channel, outcome, scorecard.period, scorecard.{published},
                cells.{true}
            from reporting.touchpoint_scorecard as scorecard
            inner join intermediate.int_touchpoint_cells_counted as cells
                using (touchpoint_type, channel, outcome)
            where scorecard.period_start is not distinct from cells.month_start""").fetchall()}


@pytest.mark.parametrize(("published", "true"), COUNTS.items())
def test_no_hidden_count_of_the_scorecard_is_recovered(
    demo: Company, published: str, true: str,
) -> None:
    counts = read_counts(demo, published, true)
    known = narrowed({row: told(*figures, row[1:] == ("all", row.outcome, "all")
                                and row.outcome != "all" and (figures[0] or 0) >= EXACT_FROM)
                      for row, figures in counts.items()})
    assert all(known[row][0] <= truth <= known[row][1] for row, (_, truth) in counts.items())
    hidden = {row: figures[1] for row, figures in counts.items() if figures[0] is None}
    assert {row for row, truth in hidden.items()
            if truth and known[row][0] == known[row][1]} == set()


def test_the_attack_recovers_counts_where_only_small_ones_are_hidden(demo: Company) -> None:
    counts = read_counts(demo, *next(iter(COUNTS.items())))
    known = narrowed({row: told(truth if truth >= MINIMUM else None, truth, True)
                      for row, (_, truth) in counts.items()})
    small = {row for row, (_, truth) in counts.items() if truth < MINIMUM}
    assert any(known[row][0] == known[row][1] for row in small)
