"""Gamma-Poisson shrinkage: published posterior values, recovery, what small cells come to."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.shrinkage import NO_SPREAD, GammaMixture, fit_prior, shrink

# The vignette of the R package openEBGM: hyperparameters fitted to FDA's CAERS reports, and the
# first cell of its table (N = 1, E = 0.0360548): EBGM 2.23, QUANT_05 0.49, QUANT_95 13.85.
CAERS = GammaMixture(3.25280367, 0.39983376, 2.02490400, 1.90726819, 0.06536416)


def test_posterior_of_a_published_cell() -> None:
    found = shrink([1], [0.0360548272], CAERS, level=0.9)
    assert found.ratio[0] == pytest.approx(2.23, abs=0.005)
    assert found.low[0] == pytest.approx(0.49, abs=0.005)
    assert found.high[0] == pytest.approx(13.85, abs=0.02)


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
