"""Gamma-Poisson shrinkage of ratios observed/expected, so that small cells do not win.

The prior of the true ratio is a mixture of two gamma distributions, fitted to all cells at once;
the posterior of a cell is again such a mixture (DuMouchel 1999, The American Statistician 53,
177-190). A cell of few events is drawn to what cells usually are, one of many is left where it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Where DuMouchel begins to search: most cells near 1, few far above.
_START = (0.2, 0.1, 2.0, 4.0, 1 / 3)
_LOWEST, _HIGHEST = 1e-3, 1e5
_BISECTIONS = 60


@dataclass(frozen=True)
class GammaMixture:
    """Prior of a ratio: with `weight` Gamma(shape_1, rate_1), else Gamma(shape_2, rate_2)."""

    shape_1: float
    rate_1: float
    shape_2: float
    rate_2: float
    weight: float


NO_SPREAD = GammaMixture(200.0, 200.0, 200.0, 200.0, 0.5)
"""For too few cells to learn from: ratios lie within about 14 % of 1."""

LEAST_CELLS = 20


@dataclass(frozen=True)
class Shrunk:
    """Posterior of each cell's ratio: geometric mean (EBGM) and bounds of its interval."""

    ratio: Floats
    low: Floats
    high: Floats


def fit_prior(events: npt.ArrayLike, expected: npt.ArrayLike,
              weights: npt.ArrayLike | None = None) -> GammaMixture:
    """Fit the prior by maximum likelihood.

    Formula: an event count is a mixture of two negative binomials of size shape_k and probability
    rate_k / (rate_k + expected). Cells of equal events, whose expected counts agree to two digits,
    are taken together (DuMouchel's data squashing), so that cost grows with the distinct.

    Args:
        events: (n,) events counted in each cell, zeros too.
        expected: (n,) events expected of it, positive.
        weights: (n,) how many cells each row stands for; 1 without.

    Raises:
        ValueError: shapes differ, or an expected count is not positive.
    """
    from scipy.optimize import minimize

    count, mean = _checked(events, expected)
    cells = np.ones_like(mean) if weights is None else np.asarray(weights, float)
    if cells.shape != mean.shape:
        raise ValueError("weights: one per cell")
    if cells.sum() < LEAST_CELLS or not count.any():
        return NO_SPREAD
    count, mean, cells = _squash(count, mean, cells)

    def loss(point: Floats) -> float:
        return -float(cells @ _log_likelihoods(_mixture(point), count, mean)) / float(cells.sum())

    start = np.array([*np.log(_START[:4]), np.log(_START[4] / (1 - _START[4]))])
    bounds = [(np.log(_LOWEST), np.log(_HIGHEST))] * 4 + [(-12.0, 12.0)]
    # A second start, for data without any spread, where the first ends on a ridge.
    starts = (start, np.array([np.log(50.0), np.log(50.0), np.log(2.0), np.log(1.0), 3.0]))
    found = min((minimize(loss, one, method="L-BFGS-B", bounds=bounds) for one in starts),
                key=lambda one: float(one.fun))
    return _mixture(found.x)


def shrink(events: npt.ArrayLike, expected: npt.ArrayLike, prior: GammaMixture, *,
           level: float = 0.95) -> Shrunk:
    """Return the posterior of each cell's ratio, with its central interval of `level`.

    Raises:
        ValueError: shapes differ, or an expected count is not positive.
    """
    from scipy.special import digamma, gammaincinv

    count, mean = _checked(events, expected)
    first = _first_component(prior, count, mean)
    shapes = (prior.shape_1 + count, prior.shape_2 + count)
    rates = (prior.rate_1 + mean, prior.rate_2 + mean)
    logs = [digamma(shape) - np.log(rate) for shape, rate in zip(shapes, rates, strict=True)]
    ratio = np.exp(first * logs[0] + (1 - first) * logs[1])
    bounds = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        ends = np.array([gammaincinv(shape, share) / rate
                         for shape, rate in zip(shapes, rates, strict=True)])
        bounds.append(_mixture_quantile(share, first, shapes, rates, ends.min(0), ends.max(0)))
    return Shrunk(ratio, bounds[0], bounds[1])


def _squash(count: Floats, mean: Floats, cells: Floats) -> tuple[Floats, Floats, Floats]:
    """Groups of cells with their weighted mean of the expected counts."""
    digits = 10.0 ** (np.floor(np.log10(mean)) - 1)
    keys = np.column_stack([count, np.round(mean / digits), digits])
    distinct, group = np.unique(keys, axis=0, return_inverse=True)
    weights = np.bincount(group.ravel(), cells).astype(float)
    means = np.bincount(group.ravel(), cells * mean).astype(float) / weights
    return np.asarray(distinct[:, 0], float), means, weights


def _mixture_quantile(share: float, first: Floats, shapes: tuple[Floats, Floats],
                      rates: tuple[Floats, Floats], low: Floats, high: Floats) -> Floats:
    """Quantile of a mixture, which lies between those of its components, by bisection."""
    from scipy.special import gammainc

    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        below = (first * gammainc(shapes[0], rates[0] * middle)
                 + (1 - first) * gammainc(shapes[1], rates[1] * middle)) < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)


def _first_component(prior: GammaMixture, count: Floats, mean: Floats) -> Floats:
    """Probability of each cell that its ratio came from the first component."""
    from scipy.special import expit

    first = np.log(prior.weight) + _log_negative_binomial(count, mean, prior.shape_1, prior.rate_1)
    second = np.log1p(-prior.weight) + _log_negative_binomial(
        count, mean, prior.shape_2, prior.rate_2)
    return np.asarray(expit(first - second))


def _log_likelihoods(prior: GammaMixture, count: Floats, mean: Floats) -> Floats:
    return np.logaddexp(
        np.log(prior.weight) + _log_negative_binomial(count, mean, prior.shape_1, prior.rate_1),
        np.log1p(-prior.weight) + _log_negative_binomial(count, mean, prior.shape_2, prior.rate_2))


def _log_negative_binomial(count: Floats, mean: Floats, shape: float, rate: float) -> Floats:
    from scipy.special import gammaln

    return np.asarray(gammaln(shape + count) - gammaln(shape) - gammaln(count + 1)
                      + shape * np.log(rate / (rate + mean)) + count * np.log(mean / (rate + mean)))


def _mixture(point: Floats) -> GammaMixture:
    one, two, three, four = (float(np.exp(value)) for value in point[:4])
    return GammaMixture(one, two, three, four, float(1 / (1 + np.exp(-point[4]))))


def _checked(events: npt.ArrayLike, expected: npt.ArrayLike) -> tuple[Floats, Floats]:
    count, mean = np.asarray(events, float), np.asarray(expected, float)
    if count.shape != mean.shape:
        raise ValueError("events and expected: one of each per cell")
    if not (mean > 0).all():
        raise ValueError("expected: a cell in which nothing is expected tells nothing")
    return count, mean
