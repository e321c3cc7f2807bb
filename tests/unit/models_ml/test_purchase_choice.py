"""The choice of a model: dates before the holdout, the simplest of equals, baselines."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from models_ml.purchase_choice import Split, Tried, choose, naive_rate, plan_splits, try_models
from models_ml.purchase_holdout import Judgement
from models_ml.purchase_likelihoods import Histories


def split(rows: list[tuple[float, ...]]) -> Split:
    """Rows of frequency, recency, observed, recent, actual and count."""
    frequency, recency, observed, recent, actual, count = np.array(rows, dtype=float).T
    histories = Histories(frequency, recency, observed, count)
    return Split(date(2026, 1, 1), 90, 90.0, histories, observed, recent, actual, histories)


def test_two_years_keep_half_a_year_and_compare_before_it() -> None:
    cut, days, dates, span = plan_splits(date(2024, 7, 1), date(2026, 7, 1))
    assert (cut, days) == (date(2026, 1, 2), 180)
    assert span == 137
    assert dates == (date(2025, 8, 18), date(2025, 4, 3))


def test_a_short_history_compares_nothing() -> None:
    assert plan_splits(date(2026, 4, 1), date(2026, 7, 1)) == (None, 0, (), 0)
    cut, days, dates, _ = plan_splits(date(2026, 2, 1), date(2026, 6, 1))
    assert (cut, days, dates) == (date(2026, 5, 2), 30, ())


def test_every_model_is_judged_beside_both_baselines() -> None:
    rows = split([(0, 0, 300, 0, 0, 60), (3, 200, 300, 1, 1, 30), (10, 290, 300, 4, 3, 20)])
    tried = {one.name: one for one in try_models(rows)}
    assert set(tried) == {"naive_rate", "last_period", "bg_nbd", "mbg_nbd", "pareto_nbd"}
    np.testing.assert_allclose(tried["naive_rate"].predicted, [0.0, 0.9, 3.0])
    np.testing.assert_allclose(tried["last_period"].predicted, [0.0, 1.0, 4.0])
    # 60 · 0² + 30 · 0.1² + 20 · 0² over 110.
    assert tried["naive_rate"].judgement.rmse == pytest.approx((30 * 0.01 / 110) ** 0.5)


def test_few_customers_choose_nothing() -> None:
    assert try_models(split([(0, 0, 300, 0, 0, 49)])) == []


def test_who_came_today_has_no_rate() -> None:
    np.testing.assert_allclose(naive_rate(np.array([0.0, 4.0]), np.array([0.0, 20.0])), [0.0, 0.2])


@pytest.mark.parametrize("errors,chosen", [
    ({"naive_rate": 1.5, "bg_nbd": 1.4, "pareto_nbd": 1.3}, "pareto_nbd"),
    ({"naive_rate": 1.5, "bg_nbd": 1.4, "pareto_nbd": 1.4 - 1e-6}, "bg_nbd"),
    ({"naive_rate": 1.2, "last_period": 1.3, "bg_nbd": 1.4}, "naive_rate"),
])
def test_the_least_error_wins_and_the_simplest_of_equals(
    errors: dict[str, float], chosen: str,
) -> None:
    nobody = split([(0, 0, 1, 0, 0, 1)])
    assert choose([Tried(name, nobody, None, np.zeros(1), Judgement(0.0, rmse, 0.0))
                   for name, rmse in errors.items() for _ in range(2)]) == chosen
