"""Holdout figures on paper, ties shared, counts like repetitions."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.purchase_holdout import bin_probabilities, bin_tenths, judge, reliability_error


def test_errors_are_those_on_paper() -> None:
    """Predicted 1, 1, 4 for 2, 1, 0: 6 for 3, so +100 %; √((1 + 0 + 16) / 3)."""
    found = judge(np.array([1.0, 1.0, 4.0]), np.array([2.0, 1.0, 0.0]), np.ones(3))
    assert found.total_error == pytest.approx(1.0)
    assert found.rmse == pytest.approx((17 / 3) ** 0.5)


def test_a_perfect_order_finds_the_whole_tenth_and_a_reversed_one_nothing() -> None:
    actual = np.arange(20.0)
    assert judge(actual, actual, np.ones(20)).top_decile_share == pytest.approx(1.0)
    assert judge(-actual, actual, np.ones(20)).top_decile_share == pytest.approx(0.0)


def test_equal_predictions_find_a_tenth_of_the_tenth_in_any_order() -> None:
    actual = np.arange(20.0)
    for values in (actual, actual[::-1]):
        assert judge(np.ones(20), values, np.ones(20)).top_decile_share == pytest.approx(0.1)


def test_counts_weigh_like_repetitions() -> None:
    predicted, actual, count = np.array([1.0, 2.0, 5.0]), np.array([0.0, 3.0, 4.0]), [5, 10, 3]
    many = judge(np.repeat(predicted, count), np.repeat(actual, count), np.ones(18))
    grouped = judge(predicted, actual, np.array(count, dtype=float))
    assert grouped.total_error == pytest.approx(many.total_error)
    assert grouped.rmse == pytest.approx(many.rmse)
    assert grouped.top_decile_share == pytest.approx(many.top_decile_share)


def test_nothing_that_came_leaves_the_total_error_empty() -> None:
    assert np.isnan(judge(np.ones(3), np.zeros(3), np.ones(3)).total_error)


def test_tenths_hold_a_tenth_each_and_split_who_stands_between_them() -> None:
    """15 customers of prediction 0 and 5 of 1: the 8th tenth is half of each."""
    bins = bin_tenths(np.array([0.0, 1.0]), np.array([0.0, 4.0]), np.array([1.0, 1.0]),
                      np.array([15.0, 5.0]))
    assert bins["customers_count"].tolist() == [2] * 10
    assert bins["predicted"].tolist() == pytest.approx([0.0] * 7 + [0.5, 1.0, 1.0])
    assert bins["actual"].tolist() == pytest.approx([0.0] * 7 + [2.0, 4.0, 4.0])
    assert bins["lift"].iloc[-1] == pytest.approx(4.0)


def test_reliability_compares_what_was_said_with_what_happened() -> None:
    """0.05 said of 10, 1 did; 0.95 and 1 said of 5 each, all did: off by (.05 + .025) / 2."""
    bins = bin_probabilities(np.array([0.05, 0.05, 0.95, 1.0]), np.array([0.0, 1.0, 1.0, 1.0]),
                             np.array([9.0, 1.0, 5.0, 5.0]))
    assert bins["bin_number"].tolist() == [1, 10]
    assert bins["actual"].tolist() == pytest.approx([0.1, 1.0])
    assert reliability_error(bins) == pytest.approx(0.0375)
