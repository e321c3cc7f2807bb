"""The variance of a mean: on paper, and what an interval around the mean holds with it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from models_ml.intervals import NORMAL_QUANTILE, mean_variance


def test_the_quantile_leaves_five_percent_outside() -> None:
    assert norm.ppf(0.975) == pytest.approx(NORMAL_QUANTILE, rel=1e-15)


def test_a_score_at_each_end_is_added() -> None:
    """Forty of a hundred: 41 of 102, over a hundred."""
    assert float(mean_variance(100, 40, 40)) == pytest.approx(41 / 102 * 61 / 102 / 100)
    assert float(mean_variance(10, 10, 10)) > 0
    assert mean_variance([100, 10], [40, 0], [40, 0]).shape == (2,)


@pytest.mark.parametrize("sizes", [(10, 10), (10, 200), (20, 40), (100, 400)])
@pytest.mark.parametrize("share", [0.05, 0.3])
def test_intervals_of_differences_hold_the_truth(sizes: tuple[int, int], share: float) -> None:
    """Divided by count + 2 as well, the interval holds .3 of 10 and 200 in 90.5 %."""
    rng = np.random.default_rng(7)
    hits = [rng.binomial(size, share, 20_000) for size in sizes]
    difference = hits[0] / sizes[0] - hits[1] / sizes[1]
    variance = sum(mean_variance(size, hit, hit) for size, hit in zip(sizes, hits, strict=True))
    assert np.mean(np.abs(difference) <= NORMAL_QUANTILE * np.sqrt(variance)) >= 0.93
