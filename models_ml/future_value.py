"""What customers are expected to bring: purchases, discounted purchases and intervals by history.

Everything is per distinct history and in purchases; times a customer's margin per purchase it is
money. Intervals are predictive: nothing with the probability of no purchase, else a gamma variable
whose mean and variance are those of the purchases, of the margins and of what is not known about
the customer's mean margin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_ml.purchase_likelihoods import Histories
from models_ml.purchase_models import PurchaseModel, expect_purchases
from models_ml.spend_model import SpendModel
from models_ml.tables_value import HORIZON_MONTHS

# A margin is discounted by the middle of its half-year: off by a ten-thousandth at 10 % a year.
STEP_MONTHS = 6
COVERAGE = 0.8
# Histories at a time, so that all their times ahead stay some megabytes.
PART = 200_000


@dataclass(frozen=True)
class Horizon:
    """Days ahead that matter, on the clock of the model, and the yearly discount rate.

    Attributes:
        steps: clock days until the end of each half-year, 6 of them.
        churn: clock days of the churn horizon.
    """

    steps: np.ndarray
    churn: float
    discount_rate: float


def score_histories(
    model: PurchaseModel, spend: SpendModel, histories: Histories, horizon: Horizon,
    daily_rate: np.ndarray | None = None,
) -> pd.DataFrame:
    """Expectations of each distinct history.

    Args:
        model: purchase model.
        spend: model of margins, for the width of intervals.
        histories: distinct histories on the model's clock.
        horizon: times and discount rate.
        daily_rate: purchases per day that take the place of the model's, where a baseline is used;
            chances of being alive and of no purchase stay the model's.

    Returns:
        A row per history: probability_alive, churn_probability, next_purchase_days (clock days,
        NaN beyond the horizon), and per horizon h expected_h, discounted_h, low_h and high_h.
    """
    parts = [_score_part(model, spend, histories.part(rows), horizon,
                         None if daily_rate is None else daily_rate[rows])
             for rows in (slice(start, start + PART) for start in range(0, len(histories), PART))]
    return pd.concat(parts, ignore_index=True)


def _score_part(
    model: PurchaseModel, spend: SpendModel, histories: Histories, horizon: Horizon,
    daily_rate: np.ndarray | None,
) -> pd.DataFrame:
    alive = model.probability_alive(histories)
    pair_of, frequency, observed = _distinct_pairs(histories)
    outlook = expect_purchases(model, frequency, observed, np.append(horizon.steps, horizon.churn))
    churn = 1 - alive * (1 - outlook.none[pair_of, -1])
    scored = {"probability_alive": alive, "churn_probability": np.clip(churn, 0.0, 1.0)}
    scored["next_purchase_days"] = np.full(len(alive), np.nan)
    likely = np.flatnonzero(alive > 0.5)
    scored["next_purchase_days"][likely] = _days_to_even_odds(
        alive[likely], outlook.none[pair_of[likely], :-1], horizon.steps,
        model.parameters[1] + histories.observed[likely])
    middle = (np.arange(len(horizon.steps)) + 0.5) * STEP_MONTHS / 12
    discounted = np.cumsum(np.diff(outlook.mean[:, :-1], axis=1, prepend=0)
                           * (1 + horizon.discount_rate) ** -middle, axis=1)
    of_purchase, of_mean = spend.relative_variance(histories.frequency + 1)
    low, high = np.zeros(len(alive)), np.zeros(len(alive))
    for months in HORIZON_MONTHS:
        step = months // STEP_MONTHS - 1
        total, money, pairs = (alive * values[pair_of, step]
                               for values in (outlook.mean, discounted, outlook.pairs))
        if daily_rate is not None:
            ratio = daily_rate * horizon.steps[step] / np.maximum(total, 1e-12)
            total, money, pairs = total * ratio, money * ratio, pairs * ratio**2
        # E[(Σ margins)²] over the squared mean margin: pairs of purchases, and each with itself.
        square = (1 + of_mean) * pairs + (1 + of_purchase) * total
        square = square * (money / np.maximum(total, 1e-300)) ** 2
        nothing = 1 - alive * (1 - outlook.none[pair_of, step])
        scored[f"expected_{months}"] = total
        scored[f"discounted_{months}"] = money
        # What has come by then does not go again: ends never fall with the horizon.
        low = np.maximum(low, _quantile((1 - COVERAGE) / 2, nothing, money, square))
        high = np.maximum(high, _quantile((1 + COVERAGE) / 2, nothing, money, square))
        scored[f"low_{months}"], scored[f"high_{months}"] = low, high
    return pd.DataFrame(scored)


def _distinct_pairs(histories: Histories) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequency and observed days without repetition, and which of them each history has."""
    frequencies, frequency_of = histories.frequencies
    days, day_of = np.unique(histories.observed, return_inverse=True)
    pairs, pair_of = np.unique(frequency_of * len(days) + day_of.ravel(), return_inverse=True)
    return pair_of, frequencies[pairs // len(days)], days[pairs % len(days)]


def _days_to_even_odds(
    alive: np.ndarray, none: np.ndarray, steps: np.ndarray, scale: np.ndarray,
) -> np.ndarray:
    """Days until a purchase has come with probability one half; NaN beyond the last step.

    While nobody leaves, the chance of none is a power of 1 + days / scale: between steps its
    logarithm is a straight line in the logarithm of that, exactly so for BG/NBD and MBG/NBD.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.log(1 - 0.5 / alive)
    axis = np.log1p(np.concatenate([[0.0], steps]) / scale[:, None])
    logs = np.column_stack([np.zeros(len(alive)), np.log(np.maximum(none, 1e-300))])
    is_past = logs <= wanted[:, None]
    step = np.argmax(is_past, axis=1)
    rows = np.arange(len(alive))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (wanted - logs[rows, step - 1]) / (logs[rows, step] - logs[rows, step - 1])
    days = scale * np.expm1(
        axis[rows, step - 1] + share * (axis[rows, step] - axis[rows, step - 1]))
    return np.where(is_past.any(axis=1), days, np.nan)


def _quantile(
    level: float, nothing: np.ndarray, mean: np.ndarray, square: np.ndarray,
) -> np.ndarray:
    """Quantile of a variable that is 0 with probability `nothing`, else gamma."""
    from scipy.special import gammaincinv

    result = np.zeros(len(mean))
    rows = np.flatnonzero((nothing < level) & (mean > 0))
    something = 1 - nothing[rows]
    centre = mean[rows] / something
    variance = np.maximum(square[rows] / something - centre**2, 1e-8 * centre**2)
    value = gammaincinv(centre**2 / variance, (level - nothing[rows]) / something)
    result[rows] = value * variance / centre
    return result
