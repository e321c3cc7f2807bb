"""Purchase models: gradients, published figures, planted parameters, data without an answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gamma, hyp2f1

from models_ml.gauss_rules import beta_rule
from models_ml.purchase_likelihoods import LIKELIHOODS, Histories, Parameters
from models_ml.purchase_models import (
    PurchaseModel,
    coarsen,
    expect_purchases,
    fit_purchase_model,
)

CASES: list[Parameters] = [(0.25, 31.0, 0.8, 2.4), (3.0, 400.0, 2.0, 0.6), (0.02, 5.0, 0.05, 800.0)]
# Published for CDNOW, in weeks: Fader, Hardie & Lee 2005, table 2.
CDNOW_BG = (0.243, 4.414, 0.793, 2.426)


def histories() -> Histories:
    """One-time buyers, frequent and silent customers, somebody of the last day."""
    rows = np.array([(0, 0, 0), (0, 0, 300), (1, 20, 300), (2, 290, 300), (30, 295, 300),
                     (5, 0.5, 200), (1, 100, 100)], dtype=float)
    return Histories(*rows.T, count=np.arange(1.0, 8.0))


def model(name: str, parameters: Parameters) -> PurchaseModel:
    return PurchaseModel(name, parameters, 0.0, "", 0, 0)


def simulate(name: str, parameters: Parameters, customers: int, seed: int, *,
             longest: float = 700.0) -> Histories:
    """Histories of customers who came over the first half of the time."""
    rng = np.random.default_rng(seed)
    r, alpha, third, fourth = parameters
    observed = np.floor(rng.uniform(longest / 2, longest, customers))
    rate = rng.gamma(r, 1 / alpha, customers)
    end = observed.copy()
    if name == "pareto_nbd":
        end = np.minimum(end, rng.exponential(1, customers) / rng.gamma(third, 1 / fourth,
                                                                       customers))
        dropout = np.zeros(customers)
    else:
        dropout = rng.beta(third, fourth, customers)
    frequency, recency, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    lives = np.ones(customers, dtype=bool)
    if name == "mbg_nbd":
        lives = rng.random(customers) > dropout
    while lives.any():
        now = now + rng.exponential(1, customers) / rate
        lives &= now <= end
        frequency, recency = frequency + lives, np.where(lives, now, recency)
        lives &= rng.random(customers) > dropout
    rows, count = np.unique(np.column_stack([frequency, recency, observed]), axis=0,
                            return_counts=True)
    return Histories(*rows.T, count=count.astype(float))


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("parameters", CASES)
def test_gradients_are_those_of_the_likelihood(name: str, parameters: Parameters) -> None:
    found = LIKELIHOODS[name](parameters, histories())
    assert np.isfinite(found.log_likelihood).all()
    for place in range(4):
        step = 1e-4 * parameters[place]
        up, down = list(parameters), list(parameters)
        up[place] += step
        down[place] -= step
        slope = (LIKELIHOODS[name](tuple(up), histories()).log_likelihood
                 - LIKELIHOODS[name](tuple(down), histories()).log_likelihood) / (2 * step)
        np.testing.assert_allclose(parameters[place] * found.gradient[place],
                                   parameters[place] * slope, rtol=1e-4, atol=1e-6)


def test_bg_nbd_likelihood_is_the_one_on_paper() -> None:
    """r = a = b = 1, alpha = 1, one purchase at 1 of 2: 1/2 · (1/9 + 1/4)... in closed form.

    x = 1: Γ(2)/Γ(1) · B(1, 2)/B(1, 1) · (1/(1+2)² + 1/1 · 1/(1+1)²) = 1/2 · (1/9 + 1/4).
    """
    one = Histories(np.ones(1), np.ones(1), np.full(1, 2.0), np.ones(1))
    found = LIKELIHOODS["bg_nbd"]((1.0, 1.0, 1.0, 1.0), one)
    assert np.exp(found.log_likelihood[0]) == pytest.approx(0.5 * (1 / 9 + 1 / 4))
    assert found.probability_alive[0] == pytest.approx((1 / 9) / (1 / 9 + 1 / 4))


def test_pareto_nbd_likelihood_is_its_closed_form() -> None:
    """With alpha = beta the integral is a power: s/(r+s+x) of the two ends' difference."""
    r, alpha, s, x, recency, observed = 0.6, 10.0, 0.8, 3.0, 20.0, 100.0
    one = Histories(*(np.full(1, value) for value in (x, recency, observed, 1.0)))
    power = r + s + x
    alive = (alpha + observed) ** -power
    gone = s / power * ((alpha + recency) ** -power - alive)
    found = LIKELIHOODS["pareto_nbd"]((r, alpha, s, alpha), one)
    constant = gamma(r + x) / gamma(r) * alpha ** (r + s)
    assert np.exp(found.log_likelihood[0]) == pytest.approx(constant * (alive + gone), rel=1e-12)
    assert found.probability_alive[0] == pytest.approx(alive / (alive + gone), rel=1e-12)


@pytest.mark.parametrize("x", [0.0, 1.0, 7.0, 40.0])
def test_expected_purchases_are_those_of_the_closed_form(x: float) -> None:
    """Fader, Hardie & Lee 2005, equation 10, times (1 + odds of having left): while alive."""
    r, alpha, a, b = CDNOW_BG
    times, observed = np.array([1.0, 39.0, 200.0]), 38.86
    z = times / (alpha + observed + times)
    closed = ((a + b + x - 1) / (a - 1)
              * (1 - (1 - z) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z)))
    found = expect_purchases(model("bg_nbd", CDNOW_BG), np.array([x]), np.array([observed]), times)
    np.testing.assert_allclose(found.mean[0], closed, rtol=1e-10)


@pytest.mark.parametrize("a", [0.999999, 1.0, 1.000001])
def test_expectations_have_no_gap_where_the_closed_form_divides_by_zero(a: float) -> None:
    found = expect_purchases(model("bg_nbd", (0.5, 10.0, a, 2.0)), np.array([3.0]),
                             np.array([50.0]), np.array([100.0]))
    assert found.mean[0, 0] == pytest.approx(2.8, abs=1.5)
    assert found.mean[0, 0] == pytest.approx(expect_purchases(
        model("bg_nbd", (0.5, 10.0, 1.01, 2.0)), np.array([3.0]), np.array([50.0]),
        np.array([100.0])).mean[0, 0], rel=0.01)


@pytest.mark.parametrize("name,parameters", [
    ("bg_nbd", (0.8, 40.0, 0.8, 2.5)), ("mbg_nbd", (0.8, 40.0, 0.8, 2.5)),
    ("pareto_nbd", (0.8, 40.0, 1.4, 90.0))])
def test_expectations_are_the_means_of_simulated_futures(name: str, parameters: Parameters) -> None:
    """A customer of 3 repeat purchases in 100 days who is alive, 200,000 times 300 days on."""
    r, alpha, third, fourth = parameters
    rng = np.random.default_rng(5)
    count, x, observed, ahead = 200_000, 3, 100.0, 300.0
    rate = rng.gamma(r + x, 1 / (alpha + observed), count)
    bought = np.zeros(count)
    if name == "pareto_nbd":
        left = rng.exponential(1, count) / rng.gamma(third, 1 / (fourth + observed), count)
        bought = rng.poisson(rate * np.minimum(left, ahead)).astype(float)
    else:
        dropout = rng.beta(third, fourth + x + (name == "mbg_nbd"), count)
        now, lives = np.zeros(count), np.ones(count, dtype=bool)
        while lives.any():
            now = now + rng.exponential(1, count) / rate
            lives &= now <= ahead
            bought += lives
            lives &= rng.random(count) > dropout
    found = expect_purchases(model(name, parameters), np.array([float(x)]), np.array([observed]),
                             np.array([ahead]))
    assert found.mean[0, 0] == pytest.approx(bought.mean(), rel=0.01)
    assert found.pairs[0, 0] == pytest.approx((bought * (bought - 1)).mean(), rel=0.03)
    assert found.none[0, 0] == pytest.approx((bought == 0).mean(), abs=0.003)


@pytest.mark.parametrize("name,parameters", [
    ("bg_nbd", (0.8, 40.0, 0.8, 2.5)), ("mbg_nbd", (1.2, 60.0, 0.9, 5.0)),
    ("pareto_nbd", (1.0, 50.0, 0.8, 300.0))])
def test_planted_parameters_are_found_again(name: str, parameters: Parameters) -> None:
    found = fit_purchase_model(name, simulate(name, parameters, 8_000, seed=3))
    planted = LIKELIHOODS[name](parameters, simulate(name, parameters, 8_000, seed=3))
    count = simulate(name, parameters, 8_000, seed=3).count
    # The best parameters are at least as likely as the true ones, and near them.
    assert found.log_likelihood >= float(count @ planted.log_likelihood)
    assert found.parameters[:2] == pytest.approx(parameters[:2], rel=0.15)
    assert found.parameters[2] == pytest.approx(parameters[2], rel=0.4)
    assert found.boundary_note == ""


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_customers_who_never_leave_are_no_error(name: str) -> None:
    loyal = simulate("bg_nbd", (1.0, 20.0, 1e-9, 1.0), 3_000, seed=1)
    found = fit_purchase_model(name, loyal)
    assert "no dropout identified" in found.boundary_note
    assert np.isfinite(found.log_likelihood)
    outlook = expect_purchases(found, loyal.frequency, loyal.observed, np.array([1.0, 365.0, 1095]))
    for values in (outlook.mean, outlook.pairs, outlook.none, found.probability_alive(loyal)):
        assert np.isfinite(values).all()
    # Who bought at a rate goes on at it.
    expected = found.probability_alive(loyal) * outlook.mean[:, 1]
    assert float(loyal.count @ expected) == pytest.approx(3_000 * 365 / 20, rel=0.05)


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("rows", [
    [(0, 0, 100, 50)],  # nobody came again
    [(0, 0, 0, 3), (0, 0, 10, 3)],  # a young company
    [(1, 1, 1, 2), (0, 0, 2, 2)],
    [(400, 399, 400, 2), (0, 0, 400, 9)],  # somebody buys every day
    [(2, 5, 700, 1_000_000), (0, 0, 700, 1)],  # all alike
])
def test_extreme_histories_give_finite_numbers(
    name: str, rows: list[tuple[float, float, float, float]],
) -> None:
    few = Histories(*np.array(rows, dtype=float).T)
    found = fit_purchase_model(name, few)
    outlook = expect_purchases(found, few.frequency, few.observed, np.array([30.0, 1095.0]))
    for values in (outlook.mean, outlook.pairs, outlook.none, found.probability_alive(few)):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    assert (outlook.none <= 1).all()


def test_no_history_is_an_error_that_says_so() -> None:
    nobody = Histories(*(np.zeros(0) for _ in range(4)))
    with pytest.raises(ValueError, match="after the first purchase"):
        fit_purchase_model("bg_nbd", nobody)


def test_counts_weigh_like_repetitions() -> None:
    counted = histories()
    repeated = Histories(*(np.repeat(values, counted.count.astype(int)) for values in
                           (counted.frequency, counted.recency, counted.observed)),
                         count=np.ones(int(counted.customers)))
    ones, many = (fit_purchase_model("bg_nbd", data) for data in (repeated, counted))
    assert many.log_likelihood == pytest.approx(ones.log_likelihood, rel=1e-9)


def test_coarse_histories_keep_customers_and_purchases() -> None:
    all_of_them = simulate("bg_nbd", (0.8, 40.0, 0.8, 2.5), 5_000, seed=2)
    few = coarsen(all_of_them, 400)
    assert len(few) <= 400
    assert few.customers == all_of_them.customers
    for name in ("frequency", "recency", "observed"):
        assert getattr(few, name) @ few.count == pytest.approx(
            getattr(all_of_them, name) @ all_of_them.count)


def test_the_rule_integrates_moments_of_a_beta_variable() -> None:
    nodes, weights = beta_rule(0.3, 5.0, 16)
    assert weights.sum() == pytest.approx(1)
    assert nodes @ weights == pytest.approx(0.3 / 5.3)
    assert nodes**2 @ weights == pytest.approx(0.3 * 1.3 / (5.3 * 6.3))
