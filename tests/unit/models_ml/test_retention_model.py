"""Retention of contracts: figures on paper, planted parameters, no end seen."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.retention_model import RetentionModel, Tenures, fit_retention_models


def test_survival_is_the_recursion_of_the_paper() -> None:
    """Fader & Hardie 2007: r(t) = (b + t − 1) / (a + b + t − 1); a = 1, b = 1: 1/2, 2/3, 3/4."""
    model = RetentionModel("shifted_beta_geometric", 1.0, 1.0, 0.5, 0.0, "", 0, 0)
    np.testing.assert_allclose(model.survive(np.array([0.0]), 3)[0], [1 / 2, 1 / 3, 1 / 4])
    np.testing.assert_allclose(model.survive(np.array([1.0]), 2)[0], [2 / 3, 1 / 2])


def test_published_fit_of_the_high_end_segment() -> None:
    """Fader & Hardie 2007: of 1,000 customers 869, 743, 653, 593 were left after 1 to 4 years.

    Their fit to years 1 to 7 (… 551, 517, 491): a = .668, b = 3.806.
    """
    left = np.array([1000, 869, 743, 653, 593, 551, 517, 491], dtype=float)
    tenures = Tenures(np.array([1, 2, 3, 4, 5, 6, 7, 7], dtype=float),
                      np.array([True] * 7 + [False]), np.append(-np.diff(left), left[-1]))
    best, other = fit_retention_models(tenures)
    assert best.name == "shifted_beta_geometric"
    assert other.name == "geometric"
    assert (best.a, best.b) == pytest.approx((0.668, 3.806), abs=2e-3)


def test_equal_customers_get_one_rate() -> None:
    """A tenth leaves each month: 100, 90, 81 of 1,000, 729 stay."""
    tenures = Tenures(np.array([1.0, 2.0, 3.0, 3.0]), np.array([True, True, True, False]),
                      np.array([100.0, 90.0, 81.0, 729.0]))
    best, shifted = fit_retention_models(tenures)
    assert best.name == "geometric"
    assert best.rate == pytest.approx(0.1)
    assert shifted.boundary_note == "no difference in retention identified"
    np.testing.assert_allclose(best.survive(np.array([5.0]), 2)[0], [0.9, 0.81])


def test_contracts_that_never_ended_are_named() -> None:
    for model in fit_retention_models(Tenures(np.array([5.0]), np.array([False]),
                                              np.array([20.0]))):
        assert model.boundary_note == "no contract ended"
        assert np.isfinite(model.survive(np.array([5.0]), 36)).all()


def test_no_month_run_is_an_error() -> None:
    with pytest.raises(ValueError, match="ran a month"):
        fit_retention_models(Tenures(np.zeros(1), np.zeros(1, dtype=bool), np.ones(1)))
