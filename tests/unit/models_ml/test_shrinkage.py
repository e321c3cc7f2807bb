"""Gamma-Poisson shrinkage: published posterior values, recovery, what small cells come to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma, poisson

from models_ml.shrinkage import NO_SPREAD, GammaMixture, fit_prior, shrink

# The R package openEBGM 0.9.1: hyperparameters fitted to FDA's CAERS reports (its test testEBGM.R),
# and cells of the table in its vignette "Empirical Bayes Metrics with openEBGM" (2023-09-14).
CAERS = GammaMixture(3.25280367, 0.39983376, 2.02490400, 1.90726819, 0.06536416)


@pytest.mark.parametrize(("expected", "ratio", "low", "high"), [
    (0.0360548272, 2.23, 0.49, 13.85),
    (0.0038736591, 2.58, 0.52, 15.78),
    (0.0765792610, 1.92, 0.47, 11.77),
])
def test_posteriors_of_published_cells(
    expected: float, ratio: float, low: float, high: float,
) -> None:
    found = shrink([1], [expected], CAERS, level=0.9)
    assert found.ratio[0] == pytest.approx(ratio, abs=0.0051)
    assert found.low[0] == pytest.approx(low, abs=0.0051)
    assert found.high[0] == pytest.approx(high, abs=0.02)


def test_the_posterior_is_prior_by_likelihood() -> None:
    """By numeric integration, which knows nothing of conjugate distributions."""
    ratio = np.linspace(1e-6, 120, 1_200_001)
    prior = (CAERS.weight * gamma.pdf(ratio, CAERS.shape_1, scale=1 / CAERS.rate_1)
             + (1 - CAERS.weight) * gamma.pdf(ratio, CAERS.shape_2, scale=1 / CAERS.rate_2))
    weight = prior * poisson.pmf(3, 0.8 * ratio)
    weight /= weight.sum()
    found = shrink([3], [0.8], CAERS, level=0.9)
    assert found.ratio[0] == pytest.approx(np.exp(weight @ np.log(ratio)), rel=1e-4)
    below = np.cumsum(weight)
    assert found.low[0] == pytest.approx(ratio[np.searchsorted(below, 0.05)], abs=3e-4)
    assert found.high[0] == pytest.approx(ratio[np.searchsorted(below, 0.95)], abs=3e-4)


def test_one_component_is_the_gamma_posterior() -> None:
    """With equal components the posterior is Gamma(2 + 3, 2 + 4): mean 5/6."""
    same = GammaMixture(2.0, 2.0, 2.0, 2.0, 0.3)
    found = shrink([3], [4], same)
    assert found.low[0] < 5 / 6 < found.high[0]
    assert found.ratio[0] == pytest.approx(np.exp(1.5061176684318 - np.log(6)), rel=1e-9)


def test_a_small_cell_is_drawn_to_what_cells_usually_are_a_large_one_is_not() -> None:
    found = shrink([3, 300], [1, 100], GammaMixture(2.0, 1.0, 50.0, 50.0, 0.05))
    assert found.ratio[0] < 1.5
    assert found.ratio[1] == pytest.approx(3, rel=0.05)
    assert found.low[0] < 1 < found.low[1]


def test_intervals_hold_what_was_planted() -> None:
    rng = np.random.default_rng(1)
    expected = rng.gamma(1, 5, 4000) + 0.05
    ratio = np.where(rng.random(4000) < 0.05, rng.gamma(6, 1 / 2, 4000),
                     rng.gamma(30, 1 / 30, 4000))
    events = rng.poisson(expected * ratio)
    found = shrink(events, expected, fit_prior(events, expected))
    assert 0.93 <= np.mean((ratio >= found.low) & (ratio <= found.high)) <= 0.97


def test_weights_stand_for_equal_cells() -> None:
    rng = np.random.default_rng(2)
    events, expected = rng.poisson(3, 60), np.full(60, 3.0)
    twice = fit_prior(np.tile(events, 2), np.tile(expected, 2))
    weighted = fit_prior(events, expected, np.full(60, 2.0))
    assert shrink([9], [3], weighted).ratio[0] == pytest.approx(
        shrink([9], [3], twice).ratio[0], rel=1e-3)


def test_too_few_cells_teach_no_spread() -> None:
    assert fit_prior([1, 2], [1, 1]) == NO_SPREAD
    assert fit_prior(np.zeros(50), np.ones(50)) == NO_SPREAD


@pytest.mark.parametrize(("events", "expected", "message"), [
    ([1, 2], [1], "one of each"), ([1], [0], "nothing is expected"),
])
def test_bad_input_is_named(events: list[float], expected: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shrink(events, expected, NO_SPREAD)


def test_weights_must_fit() -> None:
    with pytest.raises(ValueError, match="one per cell"):
        fit_prior([1, 2], [1, 1], [1])
