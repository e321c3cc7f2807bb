"""Season and trend of purchasing: a clock that runs faster where customers buy more.

Purchase models assume that a customer buys at a steady rate. In days of this clock customers do:
Christmas is a long month of it. So models stay as they are, and only days are counted differently.
A season cannot be told from growth or from new customers until every month was seen twice; before
that it is not identified, unless somebody declares it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models_ml.purchase_models import PurchaseModel, expect_purchases

CYCLES = 2
MONTHS = 12
MONTH_DAYS = 30.4375
# A trend needs this many standard errors; a season is shrunk by its noise instead.
TREND_ERRORS = 3.0
IDENTIFIED, DECLARED, NOT_IDENTIFIED = (
    "season identified", "season declared", "season not identified")


@dataclass(frozen=True)
class Season:
    """Demand by calendar month, mean 1 over a year, and the change that led to today's level.

    Attributes:
        months: January to December.
        monthly_trend: change of log demand per month until the as-of date; it does not go on.
        source: identified, declared or not identified.
    """

    months: tuple[float, ...]
    monthly_trend: float
    source: str

    def told(self) -> str:
        """Parameters as text."""
        named = " ".join(f"m{number:02d}={value:.3f}"
                         for number, value in enumerate(self.months, start=1))
        return f"{named} monthly_trend={self.monthly_trend:.4f}"

    def clock(self, first: np.datetime64, as_of: np.datetime64, days: int) -> np.ndarray:
        """Time of the clock at the end of day `first` + index, for `days` days.

        Rates after the as-of date are those of its trend level.
        """
        dates = first + np.arange(days)
        month = dates.astype("datetime64[M]").astype(int) % MONTHS
        behind = np.minimum((dates - as_of).astype(int), 0) / MONTH_DAYS
        return np.cumsum(np.array(self.months)[month] * np.exp(self.monthly_trend * behind))


NO_SEASON = Season((1.0,) * MONTHS, 0.0, NOT_IDENTIFIED)


def declare_season(months: Sequence[float]) -> Season:
    """A season that somebody declared.

    Raises:
        ValueError: not twelve positive numbers.
    """
    index = np.asarray(months, dtype=float)
    if len(index) != MONTHS or not (index > 0).all():
        raise ValueError("a declared season needs one positive index for each of twelve months")
    return Season(tuple(index / index.mean()), 0.0, DECLARED)


def estimate_season(
    months: np.ndarray, actual: np.ndarray, expected: np.ndarray, former: Season = NO_SEASON,
) -> Season:
    """Season and trend from what customers bought against what a steady model expected.

    The log ratio of each month is a level, a straight line and an effect of the calendar month,
    weighted by what was expected. Effects are shrunk by the share of noise in them, as the spread
    around the fit tells it.

    Args:
        months: consecutive whole months, `datetime64[M]`.
        actual: repeat purchases in each.
        expected: the same by a model on the clock of `former`.
        former: what the new estimate multiplies.

    Returns:
        The season; `NO_SEASON` with fewer than two whole cycles.
    """
    usable = expected > 0
    months, actual, expected = months[usable], actual[usable], expected[usable]
    month = months.astype(int) % MONTHS
    if len(months) < CYCLES * MONTHS or np.bincount(month, minlength=MONTHS).min() < CYCLES:
        return NO_SEASON
    ratio = np.log((actual + 0.5) / (expected + 0.5))
    line = np.arange(len(months)) - np.average(np.arange(len(months)), weights=expected)
    effects = (month[:, None] == np.arange(MONTHS)).astype(float)
    design = np.column_stack([line, effects])
    root = np.sqrt(expected)
    coefficients, *_ = np.linalg.lstsq(design * root[:, None], ratio * root, rcond=None)
    residual = (ratio - design @ coefficients) * root
    dispersion = max(1.0, float(residual @ residual) / max(len(months) - MONTHS - 1, 1))
    weight = effects.T @ expected
    level = float(np.average(coefficients[1:], weights=weight))
    effect = coefficients[1:] - level
    noise = dispersion / weight
    real = max(0.0, float(np.average(effect**2, weights=weight))
               - float(np.average(noise, weights=weight)))
    effect = effect * real / (real + noise)
    slope = float(coefficients[0])
    around = line - (effects @ (effects.T @ (expected * line) / weight))
    slope_error = float(np.sqrt(dispersion / max(float(expected @ around**2), 1e-12)))
    if abs(slope) < TREND_ERRORS * slope_error and not former.monthly_trend:
        slope = 0.0
    index = np.array(former.months) * np.exp(effect)
    return Season(tuple(float(one) for one in index / index.mean()),
                  former.monthly_trend + slope, IDENTIFIED)


def expect_by_month(
    model: PurchaseModel, starts: np.ndarray, counts: np.ndarray, ends: np.ndarray,
) -> np.ndarray:
    """Repeat purchases that a BG/NBD model expects of whole cohorts in consecutive months.

    Args:
        model: a BG/NBD model, in which everybody is alive at the first purchase.
        starts: clock time of the first purchase, per cohort.
        counts: customers per cohort.
        ends: clock time at the end of the month before the first, then of each month.
    """
    lag = np.maximum(ends[None, :] - starts[:, None], 0.0)
    days = np.linspace(0.0, float(lag.max()) or 1.0, 400)
    mean = expect_purchases(model, np.zeros(1), np.zeros(1), days).mean[0]
    return np.diff(counts @ np.interp(lag, days, mean))
