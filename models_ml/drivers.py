"""What drives an outcome: importance with intervals, signs, ties, and when nothing can be said.

One regression of an outcome on its factors from moments that `missing_answers` estimated; which
part each factor explains comes from `relative_importance`. Intervals come from a bootstrap over
blocks of respondents, so that several answers of one person do not count as several people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_ml.missing_answers import (
    AnswerCounts,
    Moments,
    count_together,
    describe_available,
    resample_moments,
)
from models_ml.relative_importance import (
    EXACT_FACTORS,
    correlate,
    measure_importance,
    regress,
    resample_importance,
)

REPLICATES = 200
LEVEL = 0.05
FEWEST_ANSWERS = 30
"""Answers that a factor needs, and a pair of factors together."""
FEWEST_SHARE = 0.1
"""Of the rows in which a factor has to be answered."""
SAME = 0.995
"""Correlation from which on two variables say the same."""
OWN_SHARE, DOUBTED_SHARE = 0.001, 0.1
"""Of a factor's variance: with less left by the others it says what they say together. With answers
missing that is seen less exactly, and the larger share counts where there is no estimate."""
QUADRANTS = ("act", "keep", "monitor", "possible_overkill")
"""Important and bad, important and good, unimportant and bad, unimportant and good (Martilla and
James 1977, Journal of Marketing 41)."""
FACTOR_NOTES = ("collinearity", "not_significant")
LEFT_OUT = ("few_answers", "no_variation", "same_as_another", "not_answered_together")
MODEL_NOTES = ("nothing_significant", "not_separable", "too_few_answers", "no_variation",
               "no_factors", "not_identified")
"""No factor matters; some do but not one by itself; and why there is no model."""


@dataclass(frozen=True)
class Factor:
    """A possible driver.

    Attributes:
        name: its code.
        expected_sign: 1 where more of it cannot harm, -1 where more cannot help, 0 where either
            may be.
        worst, best: values that count as a performance of 0 and of 100; equal where there is none.
    """

    name: str
    expected_sign: int = 1
    worst: float = 0.0
    best: float = 100.0


@dataclass(frozen=True)
class Drivers:
    """What drives one outcome in one slice.

    Attributes:
        r_squared, r_squared_low, r_squared_high: what all factors explain; NaN without a model.
        method: lmg, or relative_weights above `EXACT_FACTORS` factors.
        note: one of `MODEL_NOTES` or None.
        order_changes: pairs of factors, not tied, whose order is another one when the outcome
            counts by ranks; None where that was not asked or makes no difference.
        factors: one row per factor, the most important first.
    """

    r_squared: float
    r_squared_low: float
    r_squared_high: float
    method: str
    note: str | None
    order_changes: int | None
    factors: pd.DataFrame


def leave_out(counts: AnswerCounts, factors: int) -> dict[int, str]:
    """Positions of factors that cannot be judged, and why: one of `LEFT_OUT`.

    Args:
        counts: answers; the first `factors` variables are factors, outcomes follow.
        factors: how many.
    """
    rows, _, variance = describe_available(counts)
    least = max(FEWEST_ANSWERS, FEWEST_SHARE * counts.rows.sum())
    out: dict[int, str] = {}
    for place in range(factors):
        if rows[place] < least:
            out[place] = "few_answers"
        elif not variance[place] > 1e-12 * max(1.0, _mean_square(counts, place)):
            out[place] = "no_variation"
    together = count_together(counts)
    correlation = _correlate_available(counts)
    # The one with more answers stays; of equals the first.
    kept: list[int] = []
    for place in sorted(set(range(factors)) - set(out), key=lambda one: (-rows[one], one)):
        with_kept = correlation[place, kept]
        if np.any(np.abs(with_kept) > SAME):
            out[place] = "same_as_another"
        elif np.any(together[place, kept] < FEWEST_ANSWERS):
            out[place] = "not_answered_together"
        elif _left_by_others(correlation[np.ix_(kept, kept)], with_kept) < OWN_SHARE:
            out[place] = "same_as_another"
        else:
            kept.append(place)
    return out


def find_drivers(
    moments: Moments, factors: Sequence[Factor], *, variables: Sequence[int], outcome: int,
    ranked_outcome: int | None = None, seed: int,
) -> Drivers:
    """Say what drives an outcome.

    A factor is significant when its coefficient differs from zero at 5 % after Holm's correction
    for the number of factors (1979, Scandinavian Journal of Statistics 6): the others held still,
    with the variance between blocks. Where the factors together are not significant, none is
    ranked. Factors tie whose difference of shares has an interval with zero in it.

    Args:
        moments: of all variables.
        factors: the possible drivers.
        variables: the position of each factor among the variables.
        outcome: the position of the outcome.
        ranked_outcome: that of its ranks (ridits), for the ordinal check.
        seed: of the bootstrap.
    """
    from scipy import stats

    picked = [*variables, outcome]
    means, replicates = resample_moments(moments, replicates=REPLICATES, seed=seed)
    covariance = moments.covariance[np.ix_(picked, picked)]
    stack = replicates[:, picked][:, :, picked]
    fitted = regress(covariance)
    freedom = max(len(moments.blocks) - 1, 1)
    width = float(stats.t.ppf(1 - LEVEL / 2, freedom))

    parts = measure_importance(covariance)
    moved = resample_importance(covariance, stack, parts, seed=seed)
    share, shares = _share(parts), _share(moved)
    spread = shares.std(axis=0, ddof=1)
    errors = _coefficient_errors(moments, picked)
    error = np.sqrt(np.diag(errors))
    p_values = _holm(2 * stats.t.sf(np.abs(fitted.coefficients) / error, freedom))
    together = _joint_p_value(fitted.coefficients, errors, freedom)
    significant = (p_values < LEVEL) & (together < LEVEL)

    expected = np.array([factor.expected_sign for factor in factors])
    unexpected = expected * fitted.coefficients < 0
    performance, performance_error = _performance(
        moments.mean[list(variables)], means[:, list(variables)], factors)
    order = np.argsort(-share, kind="stable")
    frame = pd.DataFrame({
        "factor": [factor.name for factor in factors],
        "importance": parts,
        "importance_share": share,
        "share_low": np.clip(share - width * spread, 0, 1),
        "share_high": np.clip(share + width * spread, 0, 1),
        "coefficient": fitted.coefficients,
        "coefficient_low": fitted.coefficients - width * error,
        "coefficient_high": fitted.coefficients + width * error,
        "p_value": p_values,
        "is_significant": significant,
        "correlation": fitted.correlations,
        "variance_inflation": fitted.inflation,
        "is_sign_unexpected": unexpected,
        "performance": performance,
        "performance_low": np.clip(performance - width * performance_error, 0, 100),
        "performance_high": np.clip(performance + width * performance_error, 0, 100),
        "note": ["collinearity" if is_odd else None if is_sure else "not_significant"
                 for is_odd, is_sure in zip(
                     unexpected & significant, significant, strict=True)],
    }).iloc[order].reset_index(drop=True)
    groups = _tie(share[order], shares[:, order], width)
    note = None
    if together >= LEVEL:
        note = "nothing_significant"
    elif not significant.any():
        note = "not_separable"
    ranked = note != "nothing_significant"
    frame.insert(1, "importance_rank", pd.Series(
        [place + 1 if ranked else None for place in range(len(frame))], dtype="Int64"))
    frame.insert(2, "tie_group", pd.Series(groups if ranked else [None] * len(frame),
                                           dtype="Int64"))
    frame["quadrant"], frame["is_quadrant_sure"] = _place_in_quadrants(frame, ranked=ranked)

    correlations = correlate(stack)
    explained = 1 - 1 / np.linalg.inv(correlations)[:, -1, -1]
    room = width * float(explained.std(ddof=1))
    return Drivers(
        fitted.r_squared, max(fitted.r_squared - room, 0.0), min(fitted.r_squared + room, 1.0),
        "lmg" if len(factors) <= EXACT_FACTORS else "relative_weights", note,
        None if ranked_outcome is None else _count_order_changes(
            moments.covariance, [*variables, ranked_outcome], order, groups),
        frame)


def find_made_of_others(counts: AnswerCounts, factors: Sequence[int]) -> int | None:
    """The factor that the others leave least of, where that is less than `DOUBTED_SHARE`.

    For answers without an estimate: an index of other questions that are not always answered.
    """
    correlation = _correlate_available(counts)
    left = {}
    for place in factors:
        others = [one for one in factors if one != place]
        left[place] = _left_by_others(correlation[np.ix_(others, others)],
                                      correlation[place, others])
    found = min(left, key=lambda place: (left[place], -place))
    return found if left[found] < DOUBTED_SHARE else None


def _left_by_others(correlation: np.ndarray, with_others: np.ndarray) -> float:
    """Share of a factor's variance that the others do not explain, such as of their mean."""
    filled = correlation + np.eye(len(correlation))
    return float(1 - with_others @ np.linalg.lstsq(filled, with_others, rcond=None)[0])


def _mean_square(counts: AnswerCounts, place: int) -> float:
    weight = counts.weight[counts.observed[counts.pattern, place]].sum()
    return float(counts.products[:, place, place].sum() / max(weight, 1e-300))


def _correlate_available(counts: AnswerCounts) -> np.ndarray:
    """(d, d) correlations over the rows that answer both; 0 where they do not vary."""
    here = counts.observed[counts.pattern].astype(float)
    weight = np.maximum((here * counts.weight[:, None]).T @ here, 1e-300)
    mean = (counts.sums.T @ here) / weight
    square = np.einsum("cii,cj->ij", counts.products, here) / weight
    variance = np.maximum(square - mean**2, 0)
    covariance = counts.products.sum(axis=0) / weight - mean * mean.T
    scale = np.sqrt(variance * variance.T)
    result = np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 1e-12)
    np.fill_diagonal(result, 0)
    return result


def _share(parts: np.ndarray) -> np.ndarray:
    return parts / np.maximum(parts.sum(axis=-1, keepdims=True), 1e-12)


def _coefficient_errors(moments: Moments, picked: list[int]) -> np.ndarray:
    """(p, p) covariance of standardised coefficients, from what each block moves them by."""
    size = len(moments.mean)
    upper = np.triu_indices(size)
    change = np.zeros((len(moments.blocks), size, size))
    change[:, upper[0], upper[1]] = moments.influence[:, size:]
    change[:, upper[1], upper[0]] = moments.influence[:, size:]
    grid = np.ix_(range(len(change)), picked, picked)
    scale = np.sqrt(np.diag(moments.covariance))[picked]
    change = change[grid] / (scale[:, None] * scale)
    correlation = correlate(moments.covariance)[np.ix_(picked, picked)]
    spread = np.diagonal(change, axis1=1, axis2=2)
    change = change - correlation * (spread[:, :, None] + spread[:, None, :]) / 2
    inverse = np.linalg.inv(correlation[:-1, :-1])
    coefficients = inverse @ correlation[:-1, -1]
    moved = (change[:, :-1, -1] - change[:, :-1, :-1] @ coefficients) @ inverse
    count = len(moved)
    return moved.T @ moved * count / max(count - 1, 1)


def _joint_p_value(coefficients: np.ndarray, errors: np.ndarray, freedom: int) -> float:
    """Of all coefficients being zero: Hotelling's T² with the freedom of the blocks."""
    from scipy import stats

    count = len(coefficients)
    if freedom <= count:
        return 1.0
    statistic = float(coefficients @ np.linalg.pinv(errors, hermitian=True) @ coefficients)
    return float(stats.f.sf(statistic * (freedom - count + 1) / (freedom * count), count,
                            freedom - count + 1))


def _holm(p_values: np.ndarray) -> np.ndarray:
    order = np.argsort(p_values)
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def _tie(share: np.ndarray, shares: np.ndarray, width: float) -> list[int]:
    """Numbers of groups, factors in order: within one none differs from its first."""
    groups, first, number = [], 0, 1
    for place in range(len(share)):
        spread = (shares[:, first] - shares[:, place]).std(ddof=1) if place != first else np.inf
        if share[first] - share[place] > width * spread:
            first, number = place, number + 1
        groups.append(number)
    return groups


def _performance(
    mean: np.ndarray, means: np.ndarray, factors: Sequence[Factor],
) -> tuple[np.ndarray, np.ndarray]:
    """Means on 0 to 100 between worst and best, with standard errors; NaN without such a scale."""
    worst = np.array([factor.worst for factor in factors])
    span = np.array([factor.best - factor.worst for factor in factors])
    scale = np.divide(100.0, span, out=np.full(len(span), np.nan), where=span != 0)
    return (np.clip((mean - worst) * scale, 0, 100),
            np.abs(scale) * means.std(axis=0, ddof=1))


def _place_in_quadrants(
    frame: pd.DataFrame, *, ranked: bool,
) -> tuple[pd.Series[str], pd.Series[bool]]:
    """Quadrant and whether neither the intervals nor the factor's influence leave doubt of it.

    Important is more than an equal share; good is better than the mean of the factors. A factor
    that seems to work the wrong way round has a share, but no place among what to act on or keep.
    """
    rated = frame["performance"].notna()
    equal = 1 / max(len(frame), 1)
    middle = frame.loc[rated, "performance"].mean()
    important, good = frame["importance_share"] > equal, frame["performance"] >= middle
    names = np.select([important & ~good, important & good, ~important & ~good], QUADRANTS[:3],
                      QUADRANTS[3])
    known = rated & ranked & ~(important & frame["is_sign_unexpected"])
    sure = ((frame["is_significant"] | ~important)
            & ((frame["share_low"] > equal) | (frame["share_high"] < equal))
            & ((frame["performance_low"] > middle) | (frame["performance_high"] < middle)))
    return pd.Series(names, frame.index, dtype=object).where(known, None), known & sure


def _count_order_changes(
    covariance: np.ndarray, picked: list[int], order: np.ndarray, groups: list[int],
) -> int:
    ranked = measure_importance(covariance[np.ix_(picked, picked)])[order]
    return sum(1 for first in range(len(order)) for second in range(first + 1, len(order))
               if groups[first] != groups[second] and ranked[first] < ranked[second])
