"""What a decided improvement did: volume, score and money of its issue against a comparison.

One issue at a time; which months, which comparison and what a problem costs is the caller's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models_ml.frames import require_columns
from models_ml.rates import LEAST_MONTHS_AFTER, Change, Moments, compare_means, compare_rates

MODEL_NAME = "difference_in_differences"
MODEL_VERSION = "1"
MONTHS_OF_YEAR = 12
WITHHELD = "too_few_people"
"""Verdict of what would tell of too few people."""

COUNTED = ("is_treated", "is_after", "month", "events_count", "exposure_count", "scores_count",
           "score_sum", "score_square_sum", "cost_amount")
"""One row per month and group; `events_count` problems or contacts, `exposure_count` what they are
of, scores in 0..1, cost of the events."""


@dataclass(frozen=True)
class Effect:
    """What became of one measure. Empty (NaN) where it cannot be said.

    `before`, `after`: volume as events a month, score as mean in 0..1, money as cost a year.
    `change`: volume as ratio to what the comparison let expect, score as difference to it, money
    as what is spent more a year (less than 0 is saved).
    """

    measure: str
    before: float
    after: float
    comparison_before: float
    comparison_after: float
    change: float
    change_low: float
    change_high: float
    verdict: str


def measure_effects(
    months: pd.DataFrame, *, withheld: Collection[str] = (),
) -> list[Effect]:
    """Compare the months after a decision with those before, for the treated and the comparison.

    Args:
        months: one row per month and group, with `COUNTED`.
        withheld: measures that would tell of too few people; nothing but that is said of them.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(months, COUNTED, "months")
    numbers = months.astype({name: float for name in COUNTED if name.endswith(
        ("_count", "_sum", "_amount"))})
    treated = numbers[numbers["is_treated"].astype(bool)].set_index("month").sort_index()
    other = numbers[~numbers["is_treated"].astype(bool)].set_index("month").sort_index()
    other = other.reindex(treated.index).fillna(0.0)
    after = treated["is_after"].astype(bool).to_numpy()
    early = after.sum() < LEAST_MONTHS_AFTER
    rates = None if early else compare_rates(
        treated["events_count"], treated["exposure_count"], other["events_count"],
        other["exposure_count"], after)
    parts = [_moments(group[side]) for group in (treated, other) for side in (~after, after)]
    means = None if early else compare_means(*parts)
    events = [_mean(group["events_count"].to_numpy()[side]) for group in (treated, other)
              for side in (~after, after)]
    costs = [MONTHS_OF_YEAR * _mean(group["cost_amount"].to_numpy()[side])
             for group in (treated, other) for side in (~after, after)]
    scores = [part.mean if part.count else np.nan for part in parts]
    money = None if rates is None else _value(treated, after, events[1], rates)
    effects = [
        _effect("volume", events, rates, _verdict(rates, early, neutral=1.0, better=-1)),
        _effect("score", scores, means, _verdict(means, early, neutral=0.0, better=1)),
        _effect("money", costs, money, _verdict(money, early, neutral=0.0, better=-1)),
    ]
    return [_effect(effect.measure, [np.nan] * 4, None, WITHHELD) if effect.measure in withheld
            else effect for effect in effects]


def _value(treated: pd.DataFrame, after: npt.NDArray[np.bool_], events: float,
           rates: Change) -> Change | None:
    """What is spent more a year: events that came or did not, times what one costs."""
    cost = float(treated["cost_amount"].sum())
    if cost <= 0:
        return None
    price = MONTHS_OF_YEAR * cost / float(treated["events_count"].sum())
    # Of no events after nothing can be divided: half of one in all months stands for none.
    level = max(events, 0.5 / float(after.sum()))
    value, low, high = (price * level * (1 - 1 / ratio)
                        for ratio in (rates.value, rates.low, rates.high))
    return Change(value, low, high, rates.dispersion)


def _effect(measure: str, levels: list[float], change: Change | None, verdict: str) -> Effect:
    before, after, other_before, other_after = levels
    value, low, high = ((np.nan, np.nan, np.nan) if change is None
                        else (change.value, change.low, change.high))
    return Effect(measure, before, after, other_before, other_after, value, low, high, verdict)


def _verdict(change: Change | None, early: bool, *, neutral: float, better: int) -> str:
    if early:
        return "too_early"
    if change is None:
        return "not_measurable"
    if change.low <= neutral <= change.high:
        return "no_change_shown"
    return "better" if (change.value > neutral) == (better > 0) else "worse"


def _moments(group: pd.DataFrame) -> Moments:
    return Moments(*(float(group[name].sum()) for name in (
        "scores_count", "score_sum", "score_square_sum")))


def _mean(values: npt.NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
