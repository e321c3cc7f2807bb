"""Difference-in-differences of rates: on paper, by coverage, and when nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.rates import Moments, compare_means, compare_rates

AFTER = np.arange(18) >= 12
ONES = np.ones(18)


def test_the_ratio_on_paper() -> None:
    """20 a month become 10 while the comparison goes from 100 to 200: a quarter of expected."""
    found = compare_rates(np.where(AFTER, 10, 20), ONES, np.where(AFTER, 200, 100), ONES, AFTER)
    assert found is not None
    assert found.value == pytest.approx(0.25, rel=0.02)
    assert found.low < 0.25 < found.high < 1
    assert found.dispersion == 1


def test_exposure_is_taken_out() -> None:
    """Twice the events of twice the orders is no change."""
    found = compare_rates(np.where(AFTER, 40, 20), np.where(AFTER, 200, 100), ONES * 50,
                          ONES * 100, AFTER)
    assert found is not None
    assert found.value == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize(("months", "dispersion", "effect"), [
    (12, 1.0, 1.0), (6, 1.0, 0.7), (6, 2.5, 1.0), (3, 1.0, 0.7),
])
def test_intervals_hold_the_planted_effect(
    months: int, dispersion: float, effect: float,
) -> None:
    rng = np.random.default_rng(4)
    after = np.arange(12 + months) >= 12
    held = []
    for _ in range(400):
        season = np.exp(rng.normal(0, 0.3, len(after)))
        means = 8 * season * np.where(after, effect, 1), 60 * season
        drawn = [rng.poisson(mean) if dispersion == 1 else
                 rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion) for mean in means]
        found = compare_rates(drawn[0], after * 0 + 1, drawn[1], after * 0 + 1, after)
        held.append(found is not None and found.low <= effect <= found.high)
    assert np.mean(held) >= 0.93


def test_overdispersion_widens() -> None:
    calm = compare_rates(ONES * 20, ONES, ONES * 100, ONES, AFTER)
    wild = compare_rates(np.tile([0, 40], 9), ONES, ONES * 100, ONES, AFTER)
    assert calm is not None
    assert wild is not None
    assert wild.dispersion > 5
    assert wild.high / wild.low > calm.high / calm.low


def test_no_events_after_still_have_an_interval() -> None:
    found = compare_rates(np.where(AFTER, 0, 20), ONES, ONES * 100, ONES, AFTER)
    assert found is not None
    assert 0 < found.low < found.value < found.high < 0.5


@pytest.mark.parametrize("after", [np.arange(18) >= 17, np.arange(18) >= 1, np.arange(18) >= 18])
def test_too_few_months_say_nothing(after: np.ndarray) -> None:
    assert compare_rates(ONES * 20, ONES, ONES * 100, ONES, after) is None


def test_too_few_events_say_nothing() -> None:
    assert compare_rates(ONES * 0, ONES, ONES * 100, ONES, AFTER) is None


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="one per month"):
        compare_rates([1, 2], [1, 1], [1, 1], [1], [False, True])


def moments(values: np.ndarray) -> Moments:
    return Moments(len(values), float(values.sum()), float((values ** 2).sum()))


def test_means_on_paper() -> None:
    """.4 to .7 while the comparison goes from .5 to .6: two tenths."""
    found = compare_means(Moments(100, 40, 20), Moments(100, 70, 50), Moments(100, 50, 30),
                          Moments(100, 60, 40))
    assert found is not None
    assert found.value == pytest.approx(0.2)
    assert 0 < found.low < 0.2 < found.high


def test_means_of_few_scores_say_nothing() -> None:
    enough = Moments(100, 40, 20)
    assert compare_means(enough, Moments(9, 4, 2), enough, enough) is None


def test_intervals_of_means_hold_the_planted_change() -> None:
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        found = compare_means(*(moments(rng.beta(2 + up, 2, 30)) for up in (0, 1, 0, 0)))
        assert found is not None
        held += found.low <= 0.1 <= found.high
    assert held / 400 >= 0.93
