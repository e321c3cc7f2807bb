"""Which purchase model to use: compared on dates before the last part of the history.

A rolling origin: at each of several dates every model learns from what lies before and predicts
what came after. The last part, the holdout, has no say, so that it can judge what was chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from models_ml.purchase_holdout import Judgement, judge
from models_ml.purchase_likelihoods import LIKELIHOODS, Histories
from models_ml.purchase_models import PurchaseModel, expect_purchases, fit_purchase_model
from models_ml.purchase_season import NO_SEASON, Season

BASELINES = ("naive_rate", "last_period")
LONGEST_HOLDOUT_DAYS = 180
# Fewer days tell a rate badly; with fewer customers a choice is luck.
LEAST_DAYS = 28
LEAST_CUSTOMERS = 50
ORIGINS = 2
# Where nothing tells models apart, they differ by how far each optimiser went.
NEARLY_EQUAL = 1e-4


@dataclass(frozen=True)
class Split:
    """Histories until a date, and what the customers bought in the days after it.

    One row per distinct history and outcome.

    Attributes:
        days: calendar days after the date.
        clock_days: the same on the clock of the histories.
        calendar_observed: calendar days from the first purchase to the date, per row.
        recent: purchases in the last `days` days before the date, per row.
        actual: purchases in the days after it, per row.
        learnt: histories without their outcomes, to fit on.
        season: what the clock knew of season and trend at the date.
    """

    until: date
    days: int
    clock_days: float
    histories: Histories
    calendar_observed: np.ndarray
    recent: np.ndarray
    actual: np.ndarray
    learnt: Histories
    season: Season = NO_SEASON


@dataclass(frozen=True)
class Tried:
    """A model or baseline on one split."""

    name: str
    split: Split
    model: PurchaseModel | None
    predicted: np.ndarray
    judgement: Judgement


def plan_splits(first: date, last: date) -> tuple[date | None, int, Sequence[date], int]:
    """Dates that a history from `first` to `last` is split at.

    Returns:
        Date of the holdout and its days (None, 0 when the history is too short), and the dates of
        the rolling origin with their days.
    """
    days = (last - first).days
    held = min(LONGEST_HOLDOUT_DAYS, days // 4)
    if held < LEAST_DAYS:
        return None, 0, (), 0
    cut = last - timedelta(days=held)
    dates, span = plan_origins(first, cut, held)
    return cut, held, dates, span


def plan_origins(first: date, cut: date, held: int) -> tuple[Sequence[date], int]:
    """Dates before a holdout at which models are compared, and the days they predict."""
    span = min(held, (cut - first).days // 4)
    if span < LEAST_DAYS:
        return (), 0
    return tuple(cut - timedelta(days=span * number) for number in range(1, ORIGINS + 1)), span


def try_models(split: Split) -> list[Tried]:
    """Every model and baseline on one split; none where the split holds too few customers."""
    if split.learnt.customers < LEAST_CUSTOMERS or split.learnt.observed.max(initial=0) <= 0:
        return []
    histories, count = split.histories, split.histories.count
    predicted: dict[str, tuple[PurchaseModel | None, np.ndarray]] = {
        "naive_rate": (None, naive_rate(histories.frequency, split.calendar_observed) * split.days),
        "last_period": (None, split.recent)}
    for name in LIKELIHOODS:
        model = fit_purchase_model(name, split.learnt)
        predicted[name] = (model, expect_all(model, histories, split.clock_days))
    return [Tried(name, split, model, values, judge(values, split.actual, count))
            for name, (model, values) in predicted.items()]


def naive_rate(frequency: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Repeat purchases per day so far; 0 for who came today."""
    return np.where(observed > 0, frequency / np.maximum(observed, 1), 0.0)


def expect_all(model: PurchaseModel, histories: Histories, days: float) -> np.ndarray:
    """Purchases expected of every history, alive or not."""
    outlook = expect_purchases(model, histories.frequency, histories.observed, np.array([days]))
    return model.probability_alive(histories) * outlook.mean[:, 0]


def churn_probability(model: PurchaseModel, split: Split) -> np.ndarray:
    """Probability of no purchase in the days after the split, per row."""
    histories = split.histories
    outlook = expect_purchases(model, histories.frequency, histories.observed,
                               np.array([split.clock_days]))
    return 1 - model.probability_alive(histories) * (1 - outlook.none[:, 0])


def choose(tried: Sequence[Tried]) -> str:
    """Name of what had the least squared error over all splits; a baseline if no model beat it.

    Nearly equal errors go to the simpler one, in the order of the names below.
    """
    order = (*BASELINES, *LIKELIHOODS)
    errors = pd.Series(0.0, index=[name for name in order
                                   if any(one.name == name for one in tried)])
    for one in tried:
        errors[one.name] += one.judgement.rmse ** 2
    return str(errors.index[errors <= errors.min() * (1 + NEARLY_EQUAL)][0])
