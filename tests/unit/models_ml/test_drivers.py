"""Drivers: what is planted is found, what is not is not named, and doubt is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_missing_answers import count_answers

from models_ml.drivers import Drivers, Factor, find_drivers, find_made_of_others, leave_out
from models_ml.missing_answers import estimate_moments

WEIGHTS = np.array([0.5, 0.3, 0.0, 0.2])


def answers(rows: int, weights: np.ndarray = WEIGHTS, *, seed: int = 1,
            noise: float = 0.7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((rows, len(weights)))
    return np.column_stack([factors, factors @ weights + noise * rng.standard_normal(rows)])


def explain(data: np.ndarray, factors: list[Factor] | None = None, *, ranks: bool = False,
            blocks: int = 100) -> Drivers:
    count = data.shape[1] - 1
    if ranks:
        data = np.column_stack([data, data[:, -1].argsort().argsort() / len(data)])
    moments = estimate_moments(count_answers(data, np.arange(len(data)) % blocks))
    return find_drivers(
        moments, factors or [Factor(f"f{place}", 1, -3, 3) for place in range(count)],
        variables=range(count), outcome=count, ranked_outcome=count + 1 if ranks else None, seed=1)


def test_planted_order_and_signs_are_found() -> None:
    found = explain(answers(4000), ranks=True)
    frame = found.factors.set_index("factor")
    assert frame.index.tolist() == ["f0", "f1", "f3", "f2"]
    assert frame["importance_rank"].tolist() == [1, 2, 3, 4]
    assert frame["is_significant"].tolist() == [True, True, True, False]
    assert frame.loc["f2", "note"] == "not_significant"
    # var = .25 + .09 + .04 + .49
    assert found.r_squared == pytest.approx(0.38 / 0.87, abs=0.03)
    assert frame.loc["f0", "importance_share"] == pytest.approx(0.25 / 0.38, abs=0.04)
    assert frame.loc["f0", "coefficient"] == pytest.approx(0.5 / 0.87**0.5, abs=0.03)
    assert (frame["share_low"] <= frame["importance_share"]).all()
    assert (found.note, found.method, found.order_changes) == (None, "lmg", 0)


def test_where_nothing_matters_nothing_is_ranked() -> None:
    found = explain(answers(800, np.zeros(4)))
    assert found.note == "nothing_significant"
    assert not found.factors["is_significant"].any()
    assert found.factors[["importance_rank", "tie_group", "quadrant"]].isna().all(axis=None)


def test_factors_without_effect_are_seldom_named() -> None:
    """At most one in twenty models names any of eight, by Holm's correction."""
    named = [explain(answers(600, np.r_[0.5, np.zeros(8)], seed=seed)).factors.set_index(
        "factor")["is_significant"].drop("f0").any() for seed in range(60)]
    assert np.mean(named) <= 0.1


def test_equal_factors_tie() -> None:
    frame = explain(answers(2000, np.array([0.4, 0.4, 0.1]))).factors
    assert frame["tie_group"].tolist() == [1, 1, 2]


def test_two_that_are_nearly_one_are_not_separable() -> None:
    rng = np.random.default_rng(2)
    common = rng.standard_normal(300)
    twins = common[:, None] + 0.12 * rng.standard_normal((300, 2))
    found = explain(np.column_stack([twins, common + 2 * rng.standard_normal(300)]))
    assert found.note == "not_separable"
    assert found.factors["tie_group"].tolist() == [1, 1]
    assert found.factors["variance_inflation"].min() > 10


def test_a_sign_that_cannot_be_is_collinearity() -> None:
    """A suppressor: it resembles the first and takes away what that has too much of."""
    rng = np.random.default_rng(4)
    first = rng.standard_normal(3000)
    second = 0.9 * first + 0.3 * rng.standard_normal(3000)
    outcome = first - 0.5 * second + 0.5 * rng.standard_normal(3000)
    data = np.column_stack([first, second, outcome])
    frame = explain(data).factors.set_index("factor")
    assert frame.loc["f1", "is_sign_unexpected"]
    assert frame.loc["f1", "note"] == "collinearity"
    either = explain(data, [Factor("f0"), Factor("f1", expected_sign=0)]).factors
    assert not either["is_sign_unexpected"].any()


def test_quadrants_are_about_an_equal_share_and_the_mean_performance() -> None:
    data = answers(4000, np.array([0.5, 0.5, 0.1, 0.1]))
    data[:, [0, 2]] -= 1.5
    frame = explain(data).factors.set_index("factor")
    assert frame["quadrant"].to_dict() == {
        "f0": "act", "f1": "keep", "f2": "monitor", "f3": "possible_overkill"}
    assert frame["is_quadrant_sure"].all()
    # -1.5 between -3 and 3; worst and best may be the other way round.
    assert frame.loc["f0", "performance"] == pytest.approx(25, abs=1)
    turned = explain(data, [Factor(f"f{place}", 1, 3, -3) for place in range(4)]).factors
    assert turned.set_index("factor").loc["f0", "performance"] == pytest.approx(75, abs=1)


def test_a_factor_without_good_and_bad_has_no_performance() -> None:
    frame = explain(answers(1000), [Factor("f0", 0, 0, 0)] + [
        Factor(f"f{place}", 1, -3, 3) for place in range(1, 4)]).factors.set_index("factor")
    assert np.isnan(frame.loc["f0", "performance"])
    assert pd.isna(frame.loc["f0", "quadrant"])
    assert frame.loc["f1", "quadrant"] == "keep"


def test_several_answers_of_one_person_are_not_several_people() -> None:
    """Every row ten times, in its block: the interval stays as wide."""
    once = answers(500)
    data, block = np.repeat(once, 10, axis=0), np.repeat(np.arange(500), 10)
    factors = [Factor(f"f{place}") for place in range(4)]

    def width(rows: np.ndarray, blocks: np.ndarray) -> float:
        found = find_drivers(estimate_moments(count_answers(rows, blocks)), factors,
                             variables=range(4), outcome=4, seed=1).factors.iloc[0]
        return float(found["coefficient_high"] - found["coefficient_low"])

    assert width(data, block) == pytest.approx(width(once, np.arange(500)), rel=0.01)


def test_ranks_change_the_order_where_the_scale_does() -> None:
    """One factor moves everybody a little, the other a few to the very end of the scale."""
    rng = np.random.default_rng(6)
    first, second = rng.standard_normal(5000), (rng.random(5000) < 0.02).astype(float)
    data = np.column_stack([first, second, first + 20 * second + 0.3 * rng.standard_normal(5000)])
    found = explain(data, ranks=True)
    assert found.factors["factor"].tolist() == ["f1", "f0"]
    assert found.order_changes == 1


def test_factors_that_cannot_be_judged_are_left_out_with_a_reason() -> None:
    data = answers(1000, np.full(6, 0.3))
    data[10:, 1] = np.nan
    data[:, 2] = 4.0
    data[:, 3] = 2 * data[:, 0] + 1
    data[:500, 4] = np.nan
    data[500:, 5] = np.nan
    counts = count_answers(data, np.arange(1000) % 50)
    assert leave_out(counts, 6) == {1: "few_answers", 2: "no_variation", 3: "same_as_another",
                                    5: "not_answered_together"}


def test_a_factor_made_of_others_is_left_out() -> None:
    """An index of the questionnaire: no pair is alike, but the regression would have no answer."""
    data = answers(1000, np.full(4, 0.3))
    data[:, 3] = (data[:, 0] + data[:, 1]) / 2
    counts = count_answers(data, np.arange(1000) % 50)
    assert leave_out(counts, 4) == {3: "same_as_another"}


def test_a_factor_made_of_others_is_found_where_answers_are_missing() -> None:
    data = answers(1000, np.full(4, 0.3))
    data[:, 3] = (data[:, 0] + data[:, 1]) / 2
    data[:, :4][np.random.default_rng(3).random((1000, 4)) < 0.2] = np.nan
    counts = count_answers(data, np.arange(1000) % 50)
    assert find_made_of_others(counts, range(4)) in (0, 1, 3)
    assert find_made_of_others(counts, range(3)) is None


def test_what_seems_to_work_the_wrong_way_round_is_nothing_to_act_on() -> None:
    """By its correlation with the first it has a share; its own sign is impossible."""
    rng = np.random.default_rng(4)
    first = rng.standard_normal(3000)
    second = 0.9 * first + 0.3 * rng.standard_normal(3000)
    third = rng.standard_normal((3000, 3))
    outcome = first - 0.5 * second + 0.5 * rng.standard_normal(3000)
    frame = explain(np.column_stack([first, second, third, outcome])).factors.set_index("factor")
    assert frame.loc["f1", "importance_share"] > 0.2
    assert frame.loc["f1", "is_sign_unexpected"]
    assert pd.isna(frame.loc["f1", "quadrant"])
    assert not frame.loc["f1", "is_quadrant_sure"]
    important = frame["quadrant"].isin(["act", "keep"])
    assert frame.loc[important & frame["is_quadrant_sure"], "is_significant"].all()


def test_above_twenty_factors_weights_are_johnsons() -> None:
    found = explain(answers(3000, np.r_[0.6, np.zeros(21)]))
    assert found.method == "relative_weights"
    assert found.factors["factor"].iloc[0] == "f0"
    assert found.factors["importance"].sum() == pytest.approx(found.r_squared)
