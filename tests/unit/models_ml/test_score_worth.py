"""The worth of a point from cells: against least squares on customers, and of known truths."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_ml.score_worth import (
    informing_share,
    measure_worth,
    shuffles_look_like_chance,
)


def cells_of(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.groupby(["stratum", "score"])["y"].agg(
        count="count", total="sum", squares=lambda y: float((y**2).sum())).reset_index()


def simulate(seed: int, customers: int, worth: float, strata: int = 8) -> pd.DataFrame:
    """Customers whose earlier behaviour moves both the score and what comes later."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, strata, customers)
    score = np.clip(np.round(4 + 0.5 * stratum + rng.normal(0, 2, customers)), 0, 10)
    noise = rng.normal(0, 5, customers) * (1 + 0.2 * score)
    return pd.DataFrame({"stratum": stratum, "score": score,
                         "y": worth * score + 10.0 * stratum + noise})


def test_it_is_least_squares_with_robust_errors() -> None:
    frame = simulate(1, 400, 3.0)
    design = np.column_stack([frame["score"], *(frame["stratum"] == s for s in range(8))])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ frame["y"]
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    residuals = frame["y"] - design @ beta
    hc2 = inverse @ (design.T * (residuals**2 / (1 - leverage)).to_numpy()) @ design @ inverse
    worth = measure_worth(cells_of(frame))
    assert worth is not None
    assert worth.estimate == pytest.approx(beta[0])
    assert worth.standard_error == pytest.approx(np.sqrt(hc2[0, 0]))
    assert worth.count == 400


@pytest.mark.parametrize("planted", [3.0, 0.0])
def test_intervals_hold_the_planted_worth(planted: float) -> None:
    found = [measure_worth(cells_of(simulate(seed, 250, planted, 30))) for seed in range(400)]
    held = [one.low <= planted <= one.high for one in found if one]
    assert len(held) == 400
    assert 0.92 <= np.mean(held) <= 0.98


def test_without_controls_the_worth_would_be_too_high() -> None:
    frame = simulate(2, 5000, 3.0)
    blind = measure_worth(cells_of(frame.assign(stratum=0)))
    assert blind is not None and blind.low > 4


def test_who_has_nobody_alike_with_another_score_tells_nothing() -> None:
    frame = pd.DataFrame({"stratum": [0, 0, 0, 0, 1, 1, 2], "score": [1, 1, 2, 2, 5, 5, 9],
                          "y": [1.0, 1.0, 3.0, 3.0, 50.0, 60.0, 90.0]})
    worth = measure_worth(cells_of(frame))
    assert worth is not None
    assert (worth.estimate, worth.count) == (pytest.approx(2.0), 4)
    assert informing_share(cells_of(frame)) == pytest.approx(4 / 7)


@pytest.mark.parametrize("frame", [
    pd.DataFrame({"stratum": [], "score": [], "y": []}),
    pd.DataFrame({"stratum": [0, 0, 0, 0], "score": [1, 1, 1, 1], "y": [1.0, 2.0, 3.0, 4.0]}),
    pd.DataFrame({"stratum": [0, 0], "score": [1, 2], "y": [1.0, 2.0]}),
])
def test_nothing_is_said_of_nobody_or_of_one_score(frame: pd.DataFrame) -> None:
    cells = cells_of(frame) if len(frame) else pd.DataFrame(
        {name: pd.Series(dtype=float)
         for name in ("stratum", "score", "count", "total", "squares")})
    assert measure_worth(cells) is None


def test_fewer_than_asked_for_are_too_few() -> None:
    cells = cells_of(simulate(5, 59, 1.0, 1))
    assert measure_worth(cells, least=60) is None
    assert measure_worth(cells, least=59) is not None


@pytest.mark.parametrize(("outside", "is_chance"), [(0, True), (1, True), (3, True), (5, False),
                                                    (20, False)])
def test_more_shown_shuffles_than_chance_makes_are_refused(outside: int, is_chance: bool) -> None:
    assert shuffles_look_like_chance(outside, 20) is is_chance
