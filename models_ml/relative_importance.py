"""How much of an outcome's variance each factor explains, from a covariance matrix alone.

LMG (Lindeman, Merenda and Gold 1980, Introduction to Bivariate and Multivariate Analysis, p. 119;
Grömping 2006, Journal of Statistical Software 17(1)): what a factor adds to R², averaged over all
orders in which factors can enter. Johnson's relative weights (2000, Multivariate Behavioral
Research 35) where there are too many orders. The outcome is the last row of every matrix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

EXACT_FACTORS = 20
"""LMG looks at 2**p subsets: a million at twenty factors, and twice as many with each more."""

ORDERS = 64
"""Orders, half of them the others reversed, that tell how importance moves between resamples."""


@dataclass(frozen=True)
class Regression:
    """An outcome on p factors, all standardised.

    Attributes:
        r_squared: share of the outcome's variance that all factors together explain.
        coefficients: (p,) standardised coefficients.
        inflation: (p,) variance inflation factors.
        correlations: (p,) with the outcome.
    """

    r_squared: float
    coefficients: np.ndarray
    inflation: np.ndarray
    correlations: np.ndarray


def correlate(covariance: np.ndarray) -> np.ndarray:
    """Correlations of covariances, of one matrix or a stack of them.

    Raises:
        ValueError: a variable does not vary.
    """
    spread = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    if not np.all(spread > 0):
        raise ValueError("a variable does not vary")
    return covariance / (spread[..., :, None] * spread[..., None, :])


def regress(covariance: np.ndarray) -> Regression:
    """Regress the last variable of a (p + 1, p + 1) covariance matrix on the others.

    Raises:
        ValueError: a variable does not vary.
        numpy.linalg.LinAlgError: a factor is a sum of others.
    """
    correlation = correlate(covariance)
    inverse = np.linalg.inv(correlation[:-1, :-1])
    with_outcome = correlation[:-1, -1]
    coefficients = inverse @ with_outcome
    return Regression(float(coefficients @ with_outcome), coefficients, np.diag(inverse).copy(),
                      with_outcome)


def measure_importance(covariance: np.ndarray) -> np.ndarray:
    """What each factor explains of the outcome's variance; the sum is R².

    Exact LMG up to `EXACT_FACTORS` factors, Johnson's relative weights above.

    Args:
        covariance: (p + 1, p + 1), the outcome last.

    Returns:
        (p,) parts of R², none below zero.

    Raises:
        ValueError: a variable does not vary.
    """
    correlation = correlate(covariance)
    if len(correlation) - 1 > EXACT_FACTORS:
        return weigh_relatively(correlation)
    return average_over_orders(correlation)


def average_over_orders(correlation: np.ndarray) -> np.ndarray:
    """Exact LMG from R² of all 2**p subsets of the factors."""
    count = len(correlation) - 1
    explained = explain_by_subsets(correlation)
    sizes = np.zeros(1, dtype=np.int8)
    for _ in range(count):
        sizes = np.concatenate([sizes, sizes + 1])
    # In how many orders of the others a subset comes first: s! (p - 1 - s)! / p!.
    share = np.ones(count)
    for size in range(count):
        share[size] = 1 / (count * math.comb(count - 1, size))
    parts = np.empty(count)
    for factor in range(count):
        halves = explained.reshape(-1, 2, 1 << factor)
        without = sizes.reshape(-1, 2, 1 << factor)[:, 0]
        parts[factor] = np.sum(share[without] * (halves[:, 1] - halves[:, 0]))
    return np.maximum(parts, 0.0)


def explain_by_subsets(correlation: np.ndarray) -> np.ndarray:
    """R² of every subset of the factors; bit k of the position says that factor k is in it.

    One factor after the other is either left out or swept from what remains, so that the work
    halves as the subsets double: 12 million numbers at twenty factors.
    """
    remaining = correlation[None]
    for _ in range(len(correlation) - 1):
        left_out = remaining[:, 1:, 1:]
        column = remaining[:, 1:, 0]
        swept = left_out - column[:, :, None] * (column / remaining[:, :1, 0])[:, None, :]
        remaining = np.concatenate([left_out, swept])
    return 1.0 - remaining[:, 0, 0]


def weigh_relatively(correlation: np.ndarray) -> np.ndarray:
    """Johnson's relative weights, of one correlation matrix or a stack of them."""
    values, vectors = np.linalg.eigh(correlation[..., :-1, :-1])
    roots = np.sqrt(np.maximum(values, 1e-12))
    turned = np.swapaxes(vectors, -1, -2)
    root = (vectors * roots[..., None, :]) @ turned
    inverse_root = (vectors / roots[..., None, :]) @ turned
    orthogonal = (inverse_root @ correlation[..., :-1, -1:])[..., 0]
    return np.einsum("...ij,...j->...i", root**2, orthogonal**2)


def resample_importance(
    covariance: np.ndarray, replicates: np.ndarray, parts: np.ndarray, *, seed: int,
) -> np.ndarray:
    """Importance in each of many resamples of the same data.

    Up to `EXACT_FACTORS` factors a resample is told by its difference from the data over the same
    `ORDERS` orders, added to the exact importance: 2**p subsets each would take minutes.

    Args:
        covariance: (p + 1, p + 1) of the data, the outcome last.
        replicates: (r, p + 1, p + 1), positive definite, of the resamples.
        parts: (p,) what `measure_importance` says of the data.
        seed: of the orders.

    Returns:
        (r, p) parts of R²; one near zero can lie below it.
    """
    stack = correlate(np.concatenate([covariance[None], replicates]))
    count = len(covariance) - 1
    if count > EXACT_FACTORS:
        return weigh_relatively(stack[1:])
    total = np.zeros((len(stack), count))
    orders = _draw_orders(count, seed)
    for order in orders:
        with_outcome = [*order, count]
        factor = np.linalg.cholesky(stack[:, with_outcome][:, :, with_outcome])
        total[:, order] += factor[:, -1, :-1] ** 2
    mean = total / len(orders)
    return parts + mean[1:] - mean[0]


def _draw_orders(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    half = np.array([rng.permutation(count) for _ in range(ORDERS // 2)])
    return np.concatenate([half, half[:, ::-1]])

