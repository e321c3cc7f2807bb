"""Benjamini-Hochberg: the example of the paper, tests that were not computed, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from models_ml.multiplicity import adjust_p_values

# Benjamini and Hochberg 1995, section 3.3: fifteen p-values, four rejected at .05.
PAPER = (0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
         0.5719, 0.6528, 0.7590, 1.0)


def test_the_paper_rejects_four() -> None:
    assert (adjust_p_values(PAPER) <= 0.05).sum() == 4


def test_equal_to_scipy_in_any_order() -> None:
    values = np.random.default_rng(3).random(200) ** 3
    assert np.allclose(adjust_p_values(values), false_discovery_control(values))


def test_tests_that_were_not_computed_count() -> None:
    padded = adjust_p_values([*PAPER, *[1.0] * 85])
    assert np.allclose(adjust_p_values(PAPER, 100), padded[:15])


def test_of_nothing_there_is_nothing() -> None:
    assert len(adjust_p_values([])) == 0


@pytest.mark.parametrize(("values", "tests", "message"), [
    ([0.1, 0.2], 1, "at least as many"), ([1.2], None, "between 0 and 1"),
    ([float("nan")], None, "between 0 and 1"),
])
def test_bad_input_is_named(values: list[float], tests: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adjust_p_values(values, tests)
