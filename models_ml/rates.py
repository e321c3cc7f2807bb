"""Changes of rates and means against a comparison group, with intervals that know overdispersion.

The design is difference-in-differences over months: what changed for the treated more than for the
comparison. A trend or season that both share cancels out; one of the treated alone does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models_ml.intervals import NORMAL_QUANTILE, mean_variance

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEAST_MONTHS_BEFORE = 3
LEAST_MONTHS_AFTER = 2
LEAST_EVENTS = 10
_ROUNDS = 50
_STEP_LIMIT = 3.0


@dataclass(frozen=True)
class Change:
    """A change against the comparison, with its 95 % interval.

    `value` is a ratio for rates and a difference for means; `dispersion` is the variance over that
    of a Poisson process, at least 1 (1 for means).
    """

    value: float
    low: float
    high: float
    dispersion: float


@dataclass(frozen=True)
class Moments:
    """Sufficient statistics of scores: how many, their sum, the sum of their squares."""

    count: float
    total: float
    square_total: float

    @property
    def mean(self) -> float:
        """Their mean."""
        return self.total / self.count

    @property
    def mean_variance(self) -> float:
        """Variance of the mean; see `intervals.mean_variance`."""
        return float(mean_variance(self.count, self.total, self.square_total))


def compare_rates(
    events: npt.ArrayLike, exposure: npt.ArrayLike, comparison_events: npt.ArrayLike,
    comparison_exposure: npt.ArrayLike, is_after: npt.ArrayLike,
) -> Change | None:
    """Return the ratio by which the rate of the treated changed against the comparison's.

    Formula: with a Poisson rate of each month for both groups, the share of the treated among the
    events of month t is binomial with logit = log(exposure / comparison exposure) + a + d * after;
    the ratio is exp(d). The months' own level is conditioned away. Overdispersion multiplies the
    variance by Pearson's chi-square over its degrees of freedom, at least 1; Student's t on these
    (McCullagh and Nelder 1989, 4.5 and 9.2).

    Args:
        events, exposure: (months,) of the treated; exposure positive in months that count.
        comparison_events, comparison_exposure: (months,) of the comparison.
        is_after: (months,) whether the month lies after the decision.

    Returns:
        None where there are too few months or events to say anything.

    Raises:
        ValueError: arrays of different length.
    """
    from scipy.stats import t as student

    after = np.asarray(is_after, bool)
    treated, other = np.asarray(events, float), np.asarray(comparison_events, float)
    sizes, other_sizes = np.asarray(exposure, float), np.asarray(comparison_exposure, float)
    if len({len(one) for one in (after, treated, other, sizes, other_sizes)}) > 1:
        raise ValueError("events, exposures and is_after: one per month")
    counts = (sizes > 0) & (other_sizes > 0) & (treated + other > 0)
    after, treated, other = after[counts], treated[counts], other[counts]
    if not _is_enough(after, treated, other):
        return None
    offset = np.log(sizes[counts] / other_sizes[counts])
    # Half an event in each of the four cells keeps the estimate finite (Haldane 1956).
    design = np.column_stack([np.ones(len(after)), after])
    total = treated + other
    extra = np.where(after, 0.5 / after.sum(), 0.5 / (~after).sum())
    point = _fit_logit(design, treated + extra, total + 2 * extra, offset)
    share = 1 / (1 + np.exp(-(design @ point + offset)))
    weight = (total + 2 * extra) * share * (1 - share)
    covariance = np.linalg.inv(design.T @ (design * weight[:, None]))
    degrees = len(after) - 2
    spread = float(((treated - total * share) ** 2 / (total * share * (1 - share))).sum()) / degrees
    dispersion = max(1.0, spread)
    error = float(student.ppf(0.975, degrees)) * float(np.sqrt(dispersion * covariance[1, 1]))
    change = float(point[1])
    return Change(float(np.exp(change)), float(np.exp(change - error)),
                  float(np.exp(change + error)), dispersion)


def compare_means(before: Moments, after: Moments, comparison_before: Moments,
                  comparison_after: Moments) -> Change | None:
    """Return by how much the mean score changed more than the comparison's.

    Formula: difference of the two differences of means; its variance is the sum of the four.

    Returns:
        None where one of the four rests on fewer than `LEAST_EVENTS` scores.
    """
    parts = (before, after, comparison_before, comparison_after)
    if min(part.count for part in parts) < LEAST_EVENTS:
        return None
    change = (after.mean - before.mean) - (comparison_after.mean - comparison_before.mean)
    error = NORMAL_QUANTILE * float(np.sqrt(sum(part.mean_variance for part in parts)))
    return Change(change, change - error, change + error, 1.0)


def _is_enough(after: Bools, treated: Floats, other: Floats) -> bool:
    return bool((~after).sum() >= LEAST_MONTHS_BEFORE and after.sum() >= LEAST_MONTHS_AFTER
                and len(after) > 3 and treated.sum() >= LEAST_EVENTS
                and other[after].sum() > 0 and other[~after].sum() >= LEAST_EVENTS)


def _fit_logit(design: Floats, successes: Floats, trials: Floats, offset: Floats) -> Floats:
    """Binomial logit by Newton's method; steps are cut so that none runs away."""
    start = np.log(successes.sum() / (trials - successes).sum()) - float(np.average(
        offset, weights=trials))
    point = np.array([start, 0.0])
    for _ in range(_ROUNDS):
        share = 1 / (1 + np.exp(-(design @ point + offset)))
        weight = trials * share * (1 - share)
        step = np.linalg.solve(design.T @ (design * weight[:, None]),
                               design.T @ (successes - trials * share))
        point = point + np.clip(step, -_STEP_LIMIT, _STEP_LIMIT)
        if np.abs(step).max() < 1e-10:
            break
    return np.asarray(point)
