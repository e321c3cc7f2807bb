"""Seasons: identified after two cycles only, the planted one found again, a clock on paper."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.purchase_models import PurchaseModel
from models_ml.purchase_season import (
    DECLARED,
    IDENTIFIED,
    NO_SEASON,
    Season,
    declare_season,
    estimate_season,
    expect_by_month,
)

MONTHS = np.arange("2024-01", "2026-01", dtype="datetime64[M]")
PLANTED = np.array([0.8, 0.8, 0.9, 1.0, 1.0, 0.9, 0.9, 0.9, 1.0, 1.0, 1.2, 1.6])


def test_the_planted_season_is_found_again() -> None:
    expected = np.full(24, 4_000.0)
    actual = np.random.default_rng(1).poisson(expected * np.tile(PLANTED, 2))
    found = estimate_season(MONTHS, actual, expected)
    assert found.source == IDENTIFIED
    np.testing.assert_allclose(found.months, PLANTED / PLANTED.mean(), atol=0.03)
    assert found.monthly_trend == 0


def test_growth_is_a_trend_and_no_season() -> None:
    expected = np.full(24, 4_000.0)
    actual = np.random.default_rng(2).poisson(expected * np.exp(0.03 * np.arange(24)))
    found = estimate_season(MONTHS, actual, expected)
    assert found.monthly_trend == pytest.approx(0.03, abs=0.005)
    np.testing.assert_allclose(found.months, 1.0, atol=0.05)


def test_noise_is_no_season() -> None:
    actual = np.random.default_rng(3).poisson(np.full(24, 20.0))
    found = estimate_season(MONTHS, actual, np.full(24, 20.0))
    np.testing.assert_allclose(found.months, 1.0, atol=0.15)


@pytest.mark.parametrize("months", [MONTHS[:23], MONTHS[:12], MONTHS[:0]])
def test_a_month_seen_once_identifies_nothing(months: np.ndarray) -> None:
    assert estimate_season(months, np.ones(len(months)), np.ones(len(months))) == NO_SEASON


def test_the_clock_runs_as_fast_as_the_season() -> None:
    """January at 2, all else at 1 (not scaled): two days of it are four days of the clock."""
    season = Season((2.0,) + (1.0,) * 11, 0.0, DECLARED)
    clock = season.clock(np.datetime64("2025-12-31"), np.datetime64("2026-06-30"), 4)
    assert clock.tolist() == [1.0, 3.0, 5.0, 7.0]


def test_a_trend_ends_at_the_as_of_date() -> None:
    season = Season((1.0,) * 12, np.log(2), DECLARED)
    clock = season.clock(np.datetime64("2026-01-01"), np.datetime64("2026-01-02"), 4)
    assert np.diff(clock).tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert clock[0] == pytest.approx(2 ** (-1 / 30.4375))


def test_only_the_ratio_of_declared_months_counts() -> None:
    assert declare_season([3.0] * 12).months == (1.0,) * 12
    for wrong in ([1.0] * 11, [0.0] + [1.0] * 11):
        with pytest.raises(ValueError, match="twelve months"):
            declare_season(wrong)


def test_cohorts_expect_what_their_rate_says() -> None:
    """A rate of 2 a day for everybody who never leaves: 10 customers, 30 days, then half of 30."""
    model = PurchaseModel("bg_nbd", (2e6, 1e6, 1e-9, 1.0), 0.0, "", 0, 0)
    found = expect_by_month(model, np.array([0.0, 45.0]), np.array([10.0, 1.0]),
                            np.array([0.0, 30.0, 60.0]))
    np.testing.assert_allclose(found, [600.0, 630.0], rtol=1e-3)
