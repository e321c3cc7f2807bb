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

STEP_MONTHS = 3
COVERAGE = 0.8


@dataclass(frozen=True)
class Horizon:
    """Days ahead that matter, on the clock of the model, and the yearly discount rate.

    Attributes:
        steps: clock days until the end of each third month, 12 of them.
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
    alive = model.probability_alive(histories)
    pair_of, frequency, observed = _distinct_pairs(histories)
    times = np.append(horizon.steps, horizon.churn)
    outlook = expect_purchases(model, frequency, observed, times)
    mean, pairs, none = (values[pair_of] for values in (outlook.mean, outlook.pairs, outlook.none))
    scored = pd.DataFrame({
        "probability_alive": alive,
        "churn_probability": np.clip(1 - alive * (1 - none[:, -1]), 0.0, 1.0),
        "next_purchase_days": _days_to_even_odds(
            alive, none[:, :-1], horizon.steps, model.parameters[1] + histories.observed)})
    expected = alive[:, None] * mean[:, :-1]
    pairs = alive[:, None] * pairs[:, :-1]
    if daily_rate is not None:
        ratio = daily_rate[:, None] * horizon.steps / np.maximum(expected, 1e-12)
        expected, pairs = expected * ratio, pairs * ratio**2
    middle = (np.arange(len(horizon.steps)) + 0.5) * STEP_MONTHS / 12
    discounted = np.cumsum(np.diff(expected, axis=1, prepend=0)
                           * (1 + horizon.discount_rate) ** -middle, axis=1)
    of_purchase, of_mean = spend.relative_variance(histories.frequency + 1)
    for months in HORIZON_MONTHS:
        step = months // STEP_MONTHS - 1
        total, money = expected[:, step], discounted[:, step]
        # E[(Σ margins)²] over the squared mean margin: pairs of purchases, and each with itself.
        square = ((1 + of_mean) * pairs[:, step] + (1 + of_purchase) * total)
        square = square * (money / np.maximum(total, 1e-300)) ** 2
        nothing = 1 - alive * (1 - none[:, step])
        scored[f"expected_{months}"] = total
        scored[f"discounted_{months}"] = money
        for name, level in (("low", (1 - COVERAGE) / 2), ("high", (1 + COVERAGE) / 2)):
            scored[f"{name}_{months}"] = _quantile(level, nothing, money, square)
    return scored


def _distinct_pairs(histories: Histories) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequency and observed days without repetition, and which of them each history has."""
    key = np.column_stack([histories.frequency, histories.observed])
    pairs, place = np.unique(key, axis=0, return_inverse=True)
    return place.ravel(), pairs[:, 0], pairs[:, 1]


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

    something = np.maximum(1 - nothing, 1e-12)
    centre = mean / something
    variance = np.maximum(square / something - centre**2, 1e-12 * centre**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.where(centre > 0, centre**2 / variance, 1.0)
        value = gammaincinv(np.clip(shape, 1e-6, 1e8), np.clip((level - nothing) / something, 0, 1))
        scaled = value * variance / centre
    return np.where((nothing >= level) | (centre <= 0), 0.0, scaled)
