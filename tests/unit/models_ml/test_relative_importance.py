"""Relative importance: published shares, laws that hold for every covariance matrix."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from models_ml.relative_importance import (
    average_over_orders,
    correlate,
    measure_importance,
    regress,
    resample_importance,
    weigh_relatively,
)

# R's data set swiss (Mosteller and Tukey 1977): Agriculture, Examination, Education, Catholic,
# Infant.Mortality; Fertility last. 47 provinces.
SWISS = np.array([
    [17.0, 15, 12, 9.96, 22.2, 80.2], [45.1, 6, 9, 84.84, 22.2, 83.1],
    [39.7, 5, 5, 93.40, 20.2, 92.5], [36.5, 12, 7, 33.77, 20.3, 85.8],
    [43.5, 17, 15, 5.16, 20.6, 76.9], [35.3, 9, 7, 90.57, 26.6, 76.1],
    [70.2, 16, 7, 92.85, 23.6, 83.8], [67.8, 14, 8, 97.16, 24.9, 92.4],
    [53.3, 12, 7, 97.67, 21.0, 82.4], [45.2, 16, 13, 91.38, 24.4, 82.9],
    [64.5, 14, 6, 98.61, 24.5, 87.1], [62.0, 21, 12, 8.52, 16.5, 64.1],
    [67.5, 14, 7, 2.27, 19.1, 66.9], [60.7, 19, 12, 4.43, 22.7, 68.9],
    [69.3, 22, 5, 2.82, 18.7, 61.7], [72.6, 18, 2, 24.20, 21.2, 68.3],
    [34.0, 17, 8, 3.30, 20.0, 71.7], [19.4, 26, 28, 12.11, 20.2, 55.7],
    [15.2, 31, 20, 2.15, 10.8, 54.3], [73.0, 19, 9, 2.84, 20.0, 65.1],
    [59.8, 22, 10, 5.23, 18.0, 65.5], [55.1, 14, 3, 4.52, 22.4, 65.0],
    [50.9, 22, 12, 15.14, 16.7, 56.6], [54.1, 20, 6, 4.20, 15.3, 57.4],
    [71.2, 12, 1, 2.40, 21.0, 72.5], [58.1, 14, 8, 5.23, 23.8, 74.2],
    [63.5, 6, 3, 2.56, 18.0, 72.0], [60.8, 16, 10, 7.72, 16.3, 60.5],
    [26.8, 25, 19, 18.46, 20.9, 58.3], [49.5, 15, 8, 6.10, 22.5, 65.4],
    [85.9, 3, 2, 99.71, 15.1, 75.5], [84.9, 7, 6, 99.68, 19.8, 69.3],
    [89.7, 5, 2, 100.00, 18.3, 77.3], [78.2, 12, 6, 98.96, 19.4, 70.5],
    [64.9, 7, 3, 98.22, 20.2, 79.4], [75.9, 9, 9, 99.06, 17.8, 65.0],
    [84.6, 3, 3, 99.46, 16.3, 92.2], [63.1, 13, 13, 96.83, 18.1, 79.3],
    [38.4, 26, 12, 5.62, 20.3, 70.4], [7.7, 29, 11, 13.79, 20.5, 65.7],
    [16.7, 22, 13, 11.22, 18.9, 72.7], [17.6, 35, 32, 16.92, 23.0, 64.4],
    [37.6, 15, 7, 4.97, 20.0, 77.6], [18.7, 25, 7, 8.65, 19.5, 67.6],
    [1.2, 37, 53, 42.34, 18.0, 35.0], [46.6, 16, 29, 50.43, 18.2, 44.7],
    [27.7, 22, 29, 58.33, 19.3, 42.8]])


def covariance(factors: int, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixed = rng.standard_normal((factors + 1, factors + 1))
    return mixed @ mixed.T + np.eye(factors + 1)


def test_swiss_has_its_published_shares() -> None:
    """Grömping 2006; four digits of relaimpo's output."""
    matrix = np.cov(SWISS.T)
    assert regress(matrix).r_squared == pytest.approx(0.70674, abs=5e-6)
    assert measure_importance(matrix) == pytest.approx(
        [0.0571, 0.1712, 0.2601, 0.1056, 0.1128], abs=5e-5)


def test_it_is_the_mean_over_all_orders() -> None:
    """On paper: what each of four factors adds to R², in each of 24 orders."""
    correlation = correlate(covariance(4))

    def explained(chosen: tuple[int, ...]) -> float:
        some = list(chosen)
        if not some:
            return 0.0
        with_outcome = correlation[some, -1]
        return float(with_outcome @ np.linalg.solve(correlation[np.ix_(some, some)], with_outcome))

    expected = np.zeros(4)
    for order in permutations(range(4)):
        for place, factor in enumerate(order):
            expected[factor] += explained(order[:place + 1]) - explained(order[:place])
    assert average_over_orders(correlation) == pytest.approx(expected / 24)


@pytest.mark.parametrize("factors", [1, 2, 9, 20, 23])
def test_parts_add_up_to_r_squared(factors: int) -> None:
    matrix = covariance(factors)
    parts = measure_importance(matrix)
    assert parts.sum() == pytest.approx(regress(matrix).r_squared)
    assert np.all(parts >= 0)


def test_uncorrelated_factors_explain_their_squared_correlation() -> None:
    correlation = np.eye(4)
    correlation[-1, :3] = correlation[:3, -1] = [0.6, 0.3, 0.0]
    for measure in (average_over_orders, weigh_relatively):
        assert measure(correlation) == pytest.approx([0.36, 0.09, 0.0], abs=1e-9)


def test_units_of_measurement_do_not_matter() -> None:
    matrix, scale = covariance(6), np.array([1, 100, 1e-3, 5, 7, 2, 30])
    assert measure_importance(matrix * scale[:, None] * scale) == pytest.approx(
        measure_importance(matrix))


def test_inflation_of_two_factors_is_that_of_their_correlation() -> None:
    correlation = np.array([[1, 0.8, 0.5], [0.8, 1, 0.5], [0.5, 0.5, 1]])
    assert regress(correlation).inflation == pytest.approx([1 / (1 - 0.64)] * 2)


def test_resamples_are_near_their_exact_importance() -> None:
    """The same orders for all: what a resample differs by is nearly exact."""
    rng = np.random.default_rng(5)
    data = rng.multivariate_normal(np.zeros(8), covariance(7), 3000)
    replicates = np.array([np.cov(data[rng.integers(0, 3000, 3000)].T) for _ in range(40)])
    exact = np.array([measure_importance(one) for one in replicates])
    data_covariance = np.cov(data.T)
    found = resample_importance(
        data_covariance, replicates, measure_importance(data_covariance), seed=1)
    assert np.sqrt(np.mean((found - exact) ** 2)) < 0.2 * exact.std(axis=0).max()
    assert found.std(axis=0)[exact.mean(axis=0) > 0.02] == pytest.approx(
        exact.std(axis=0)[exact.mean(axis=0) > 0.02], rel=0.2)


def test_what_does_not_vary_is_refused() -> None:
    matrix = covariance(3)
    matrix[1] = matrix[:, 1] = 0
    with pytest.raises(ValueError, match="does not vary"):
        measure_importance(matrix)
