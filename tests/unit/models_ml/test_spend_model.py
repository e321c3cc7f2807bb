"""The gamma-gamma model: planted parameters, classes, and means on paper."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from models_ml.spend_model import Spending, SpendModel, fit_spend_model


def simulate(p: float, q: float, v: float, customers: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    purchases = rng.integers(1, 9, customers).astype(float)
    mean = rng.gamma(p * purchases, 1 / rng.gamma(q, 1 / v, customers)) / purchases
    return purchases, mean


def spending(purchases: np.ndarray, mean: np.ndarray) -> Spending:
    return Spending(purchases, mean, np.ones(len(mean)))


def expect_mean(model: SpendModel, purchases: float, mean: float) -> float:
    """By the engine, as the value step has it."""
    (found,) = duckdb.sql("select " + model.expect_mean_sql(
        f"{purchases}::double", f"{mean}::double")).fetchall()[0]
    return float(found)


def test_planted_parameters_are_found_again() -> None:
    found = fit_spend_model(spending(*simulate(6.0, 4.0, 15.0, 20_000)))
    assert (found.p, found.q, found.v) == pytest.approx((6.0, 4.0, 15.0), rel=0.1)
    assert expect_mean(found, 0, 0) == pytest.approx(6 * 15 / 3, rel=0.02)
    assert found.boundary_note == ""


def test_classes_of_nearly_equal_means_change_little() -> None:
    purchases, mean = simulate(6.0, 4.0, 15.0, 20_000)
    key = np.column_stack([purchases, np.floor(np.log(mean) * 64)])
    rows, place, count = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    place = place.ravel()
    classes = Spending(rows[:, 0], np.exp(np.bincount(place, np.log(mean)) / count),
                       count.astype(float))
    exact, coarse = fit_spend_model(spending(purchases, mean)), fit_spend_model(classes)
    assert len(rows) < 4_000
    assert expect_mean(coarse, 0, 0) == pytest.approx(expect_mean(exact, 0, 0), rel=1e-3)
    assert coarse.p == pytest.approx(exact.p, rel=1e-2)


def test_few_purchases_are_drawn_to_the_mean_of_all() -> None:
    """p = 2, q = 3, v = 10: all spend 2 · 10 / 2 = 10; one purchase of 40: 2 · 50 / 4 = 25."""
    model = SpendModel(2.0, 3.0, 10.0, 0.0, "", 0, 0)
    assert [expect_mean(model, purchases, mean) for purchases, mean in (
        (0, 0), (1, 40), (1, -5), (1e9, 40))] == pytest.approx([10, 25, 5, 40])


def test_customers_who_all_spend_alike_are_named() -> None:
    alike = fit_spend_model(Spending(np.array([1.0, 5.0]), np.array([20.0, 20.0]),
                                     np.array([50.0, 50.0])))
    assert "no difference" in alike.boundary_note
    assert expect_mean(alike, 3, 20) == pytest.approx(20, rel=1e-3)


@pytest.mark.parametrize("mean", [[], [0.0], [-1.0]])
def test_no_positive_margin_is_an_error(mean: list[float]) -> None:
    with pytest.raises(ValueError, match="positive mean"):
        fit_spend_model(spending(np.ones(len(mean)), np.array(mean)))
