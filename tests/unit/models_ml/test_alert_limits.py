"""Limits of CUSUM charts against published tables."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.alert_limits import GRID, decision_limit, limits_on_grid, run_length


@pytest.mark.parametrize(("shift", "expected"), [
    # Montgomery, Introduction to Statistical Quality Control, table 9.3: two-sided, k = 0.5.
    (0.25, 139), (0.5, 38.0), (0.75, 17.0), (1.0, 10.4), (1.5, 5.75), (2.0, 4.01), (3.0, 2.57),
])
def test_run_lengths_are_those_of_the_published_table(shift: float, expected: float) -> None:
    assert run_length(0.5, 5.0, shift) == pytest.approx(expected, rel=0.04)


def test_run_length_without_a_change_is_the_published_one() -> None:
    # One side of the two-sided 168 and 465 of the same table.
    assert run_length(0.5, 4.0) == pytest.approx(336, rel=0.01)
    assert run_length(0.5, 5.0) == pytest.approx(930, rel=0.01)


@pytest.mark.parametrize(("reference", "limit"), [
    # Hawkins 1993, Journal of Quality Technology 25(4): two-sided, in control for 370 days.
    (0.25, 8.01), (0.5, 4.77), (0.75, 3.34), (1.0, 2.52), (1.25, 1.99), (1.5, 1.61),
])
def test_limits_are_those_of_the_published_table(reference: float, limit: float) -> None:
    assert decision_limit(reference, 370.0) == pytest.approx(limit, abs=0.015)


def test_limits_fall_as_the_reference_rises() -> None:
    assert (np.diff(limits_on_grid()) < 0).all()
    assert len(limits_on_grid()) == len(GRID)


@pytest.mark.parametrize("reference", [0.0, 0.1, 2.0])
def test_a_reference_without_an_exact_limit_is_refused(reference: float) -> None:
    with pytest.raises(ValueError, match=str(reference)):
        decision_limit(reference)
