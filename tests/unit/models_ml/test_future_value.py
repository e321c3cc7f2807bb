"""Future value: discounting and intervals on paper, coverage in simulated futures."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.future_value import Horizon, score_histories
from models_ml.purchase_likelihoods import Histories
from models_ml.purchase_models import PurchaseModel
from models_ml.spend_model import SpendModel

STEPS = np.arange(1, 7) * 182.625
SPEND = SpendModel(5.0, 4.0, 18.0, 0.0, "", 0, 0)
BUYERS = PurchaseModel("bg_nbd", (1.2, 60.0, 0.9, 5.5), 0.0, "", 0, 0)


def histories() -> Histories:
    return Histories(*np.array([(0, 0, 700), (0, 0, 3), (6, 350, 365), (20, 690, 700)],
                               dtype=float).T, count=np.ones(4))


def test_values_rise_with_the_horizon_and_lie_within_their_interval_ends() -> None:
    found = score_histories(BUYERS, SPEND, histories(), Horizon(STEPS, 180.0, 0.1))
    for short, long in ((12, 24), (24, 36)):
        for name in ("expected", "discounted", "low", "high"):
            assert (found[f"{name}_{short}"] <= found[f"{name}_{long}"] + 1e-12).all()
    assert (found["low_12"] <= found["high_12"]).all()
    assert np.isfinite(found.drop(columns="next_purchase_days")).all(axis=None)


def test_a_steady_buyer_is_discounted_by_the_middle_of_each_half_year() -> None:
    """0.1 a day for ever: 18.2625 a half-year, times 1.1^(−1/4) and 1.1^(−3/4)."""
    steady = PurchaseModel("bg_nbd", (1e7, 1e8, 1e-9, 1.0), 0.0, "no dropout identified", 0, 0)
    found = score_histories(steady, SPEND, histories(), Horizon(STEPS, 180.0, 0.1)).iloc[2]
    assert found["expected_12"] == pytest.approx(36.525, rel=1e-4)
    assert found["discounted_12"] == pytest.approx(
        18.2625 * (1.1**-0.25 + 1.1**-0.75), rel=1e-4)
    # Half of exponential waits of ten days are over after 10 ln 2.
    assert found["next_purchase_days"] == pytest.approx(10 * np.log(2), rel=1e-3)
    assert found["churn_probability"] == pytest.approx(np.exp(-18), abs=1e-6)


def test_without_discount_nothing_is_taken_off() -> None:
    found = score_histories(BUYERS, SPEND, histories(), Horizon(STEPS, 180.0, 0.0))
    np.testing.assert_allclose(found["discounted_36"], found["expected_36"])


def test_even_odds_are_those_of_the_closed_form() -> None:
    """While alive none is bought in t with ((α + T) / (α + T + t))^(r + x)."""
    found = score_histories(BUYERS, SPEND, histories(), Horizon(STEPS, 180.0, 0.1)).iloc[3]
    scale, power = 60.0 + 700.0, 1.2 + 20.0
    none = 1 - 0.5 / found["probability_alive"]
    assert found["next_purchase_days"] == pytest.approx(scale * (none ** (-1 / power) - 1))


def test_who_left_for_sure_has_no_next_purchase() -> None:
    silent = Histories(*(np.array([value]) for value in (30.0, 100.0, 700.0, 1.0)))
    found = score_histories(BUYERS, SPEND, silent, Horizon(STEPS, 180.0, 0.1)).iloc[0]
    assert np.isnan(found["next_purchase_days"])
    assert found["churn_probability"] > 0.99
    assert found["high_36"] == 0


def test_a_baseline_takes_the_place_of_the_mean_only() -> None:
    rate = np.full(4, 0.01)
    found = score_histories(BUYERS, SPEND, histories(), Horizon(STEPS, 180.0, 0.0), rate)
    plain = score_histories(BUYERS, SPEND, histories(), Horizon(STEPS, 180.0, 0.0))
    np.testing.assert_allclose(found["expected_12"], 0.01 * STEPS[1])
    np.testing.assert_allclose(found["probability_alive"], plain["probability_alive"])


@pytest.mark.parametrize("x,recency,least", [(6, 350.0, 0.87), (40, 364.0, 0.72)])
def test_intervals_hold_about_four_of_five_simulated_futures(
    x: int, recency: float, least: float,
) -> None:
    """Rates, dropout, margins and futures drawn.

    Where nothing is likely they hold more; of the most frequent, who either leave soon or buy for
    the whole time, no gamma variable has the shape, and they hold fewer.
    """
    rng = np.random.default_rng(9)
    count, observed = 100_000, 365.0
    one = Histories(*(np.array([value]) for value in (float(x), recency, observed, 1.0)))
    found = score_histories(BUYERS, SPEND, one, Horizon(STEPS, 180.0, 0.0)).iloc[0]
    r, alpha, a, b = BUYERS.parameters
    lives = rng.random(count) < found["probability_alive"]
    rate, dropout = rng.gamma(r + x, 1 / (alpha + observed), count), rng.beta(a, b + x, count)
    mean = 30.0
    shape = SPEND.p * (x + 1) + SPEND.q
    margin = SPEND.p * (SPEND.v + (x + 1) * mean) / rng.gamma(shape, 1, count)
    total, now = np.zeros(count), np.zeros(count)
    while lives.any():
        now = now + rng.exponential(1, count) / rate
        lives &= now <= STEPS[1]
        total += lives * rng.gamma(SPEND.p, 1, count) * margin / SPEND.p
        lives &= rng.random(count) > dropout
    expected = SPEND.p * (SPEND.v + (x + 1) * mean) / (shape - 1)
    assert total.mean() == pytest.approx(expected * found["expected_12"], rel=0.02)
    is_held = (total >= expected * found["low_12"]) & (total <= expected * found["high_12"])
    assert least < is_held.mean() < least + 0.06
