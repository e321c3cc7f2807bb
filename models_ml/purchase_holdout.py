"""How well purchases were predicted: on customers whose later purchases are known.

Customers of one history and one outcome are one row with a count. Where a tenth ends among
customers of equal prediction, each of them belongs to it in part, so that no order among equals
can flatter a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

TENTHS = 10


@dataclass(frozen=True)
class Judgement:
    """Errors of predictions of counts.

    Attributes:
        total_error: predicted over actual sum, less 1; NaN where nothing came.
        rmse: root mean squared error per customer.
        top_decile_share: share of the true best tenth among the predicted best tenth.
    """

    total_error: float
    rmse: float
    top_decile_share: float


def judge(predicted: np.ndarray, actual: np.ndarray, count: np.ndarray) -> Judgement:
    """Judge predictions; arrays per row, `count` customers each."""
    total = float(count @ actual)
    return Judgement(
        float(count @ predicted) / total - 1 if total else float("nan"),
        float(np.sqrt(count @ (predicted - actual) ** 2 / count.sum())),
        float(count @ (_in_best(predicted, count) * _in_best(actual, count)))
        / (count.sum() / TENTHS))


def _in_best(values: np.ndarray, count: np.ndarray, tenths: int = 1) -> np.ndarray:
    """Share of each row's customers among the best tenths; equals are in it alike."""
    _, place = np.unique(values, return_inverse=True)
    size = np.bincount(place, count)
    above = size[::-1].cumsum()[::-1] - size
    room = np.clip(count.sum() * tenths / TENTHS - above, 0, size)
    return (room / size)[place]


def bin_tenths(
    predicted: np.ndarray, actual: np.ndarray, baseline: np.ndarray | float, count: np.ndarray,
) -> pd.DataFrame:
    """Calibration by tenths of customers; the lowest prediction first.

    `baseline` is another prediction, or NaN where there is none.

    Returns:
        bin_number, customers_count, predicted, actual, baseline, lift.
    """
    other = np.broadcast_to(baseline, predicted.shape)
    in_best = [_in_best(predicted, count, tenths) for tenths in range(TENTHS + 1)]
    mean = float(count @ actual) / count.sum()
    rows = []
    for number in range(1, TENTHS + 1):
        share = count * (in_best[TENTHS + 1 - number] - in_best[TENTHS - number])
        size = float(share.sum())
        came = float(share @ actual) / size
        rows.append((number, max(1, round(size)), float(share @ predicted) / size, came,
                     float(share @ other) / size, came / mean if mean else float("nan")))
    return pd.DataFrame(rows, columns=["bin_number", "customers_count", "predicted", "actual",
                                       "baseline", "lift"])


def bin_probabilities(
    probability: np.ndarray, happened: np.ndarray, count: np.ndarray,
) -> pd.DataFrame:
    """Reliability: ten bins of equal width from 0 to 1; bins without customers are left out.

    Returns:
        bin_number, customers_count, predicted, actual, baseline (empty), lift.
    """
    place = np.minimum((probability * TENTHS).astype(int), TENTHS - 1)
    size = np.bincount(place, count, TENTHS)
    filled = size > 0
    sums = [np.bincount(place, count * values, TENTHS)[filled] / size[filled]
            for values in (probability, happened)]
    mean = float(count @ happened) / count.sum()
    return pd.DataFrame({
        "bin_number": np.flatnonzero(filled) + 1, "customers_count": size[filled].round(),
        "predicted": sums[0], "actual": sums[1], "baseline": np.nan,
        "lift": sums[1] / mean if mean else np.nan}).astype({"customers_count": int})


def reliability_error(bins: pd.DataFrame) -> float:
    """Mean distance of probability and frequency over the bins, weighted by customers."""
    return float(np.average((bins["predicted"] - bins["actual"]).abs(),
                            weights=bins["customers_count"]))
