"""Effects from cells of strata: by hand, against customers one by one, and of known truths."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from models_ml.stratified_effects import (
    Effect,
    compare_strata,
    exceeds_chance,
    matched_share,
    measure_balance,
)


def cells_of(frame: pd.DataFrame, *keys: str) -> pd.DataFrame:
    """Cells of customers with a column y."""
    grouped = frame.groupby(["stratum", "is_treated", *keys])["y"]
    return grouped.agg(count="count", total="sum",
                       squares=lambda y: float((y**2).sum())).reset_index()


def customers(rows: list[tuple[int, bool, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["stratum", "is_treated", "y"])


def test_one_stratum_is_welchs_test() -> None:
    rng = np.random.default_rng(1)
    treated, compared = rng.normal(3, 2, 40), rng.normal(1, 5, 60)
    frame = customers([(0, True, y) for y in treated] + [(0, False, y) for y in compared])
    effect = compare_strata(cells_of(frame), weights="all")
    assert effect is not None
    welch = stats.ttest_ind(treated, compared, equal_var=False)
    low, high = welch.confidence_interval(0.95)
    assert effect.estimate == pytest.approx(treated.mean() - compared.mean())
    assert (effect.low, effect.high) == (pytest.approx(low), pytest.approx(high))
    assert effect.degrees_of_freedom == pytest.approx(welch.df)
    assert (effect.treated_count, effect.comparison_count) == (40, 60)


@pytest.mark.parametrize(("weights", "expected"), [("treated", 1.2), ("all", 1.5)])
def test_strata_weigh_by_the_treated_or_by_everybody(weights: str, expected: float) -> None:
    """The treated are 4 in a stratum with effect 1 and 1 in one with 2; of all it is 5 and 5."""
    frame = customers(
        [(0, True, y) for y in (2.0, 3.0, 3.0, 4.0)] + [(0, False, 2.0)] + [(1, True, 7.0)]
        + [(1, False, y) for y in (4.0, 5.0, 5.0, 6.0)])
    effect = compare_strata(cells_of(frame), weights=weights)  # type: ignore[arg-type]
    assert effect is not None
    assert effect.estimate == pytest.approx(expected)
    assert effect.treated_mean - effect.comparison_mean == pytest.approx(effect.estimate)


def test_strata_with_one_side_only_are_left_out_and_told() -> None:
    frame = customers([(0, True, 1.0), (0, True, 3.0), (0, False, 1.0), (0, False, 1.0),
                       (1, True, 100.0), (2, False, -100.0)])
    effect = compare_strata(cells_of(frame), weights="treated")
    assert effect is not None
    assert effect.estimate == pytest.approx(1.0)
    assert effect.matched_share == matched_share(cells_of(frame)) == pytest.approx(2 / 3)


@pytest.mark.parametrize("rows", [
    [], [(0, True, 1.0), (0, True, 2.0)], [(0, False, 1.0), (0, False, 2.0)],
    [(0, True, 1.0), (1, False, 2.0)], [(0, True, 1.0), (0, False, 2.0), (0, False, 2.0)],
])
def test_without_two_sides_nothing_is_said(rows: list[tuple[int, bool, float]]) -> None:
    cells = cells_of(customers(rows)) if rows else pd.DataFrame(
        columns=["stratum", "is_treated", "count", "total", "squares"]).astype(
            {"is_treated": bool, "count": float, "total": float, "squares": float})
    assert compare_strata(cells, weights="all") is None


def test_fewer_than_asked_for_are_too_few() -> None:
    frame = customers([(0, side, float(y)) for side in (True, False) for y in range(29)])
    assert compare_strata(cells_of(frame), weights="all", least=30) is None
    assert compare_strata(cells_of(frame), weights="all", least=29) is not None


def test_thirty_strata_of_one_and_one_tell_no_spread() -> None:
    """Of each side nobody is like another: how far .83 may be from the truth, nobody can tell."""
    frame = customers([(n, side, float(side and n < 25)) for n in range(30)
                       for side in (True, False)])
    assert compare_strata(cells_of(frame), weights="treated") is None
    assert compare_strata(cells_of(frame), weights="treated", ends=(0, 1)) is None
    one_side = customers([(0, False, 0.0), *((n, True, float(n < 25)) for n in range(30)),
                          *((n, False, float(m)) for n in range(30) for m in range(2))])
    assert compare_strata(cells_of(one_side), weights="treated") is None


@pytest.mark.parametrize(("amount", "other"), [(0.1, 0.1), (0.1, 0.3), (5.0, 0.0)])
def test_where_all_do_the_same_nobody_knows_how_far_it_may_be(amount: float, other: float) -> None:
    """Rounding of sums is no spread."""
    frame = customers([(0, True, amount)] * 30 + [(0, False, other)] * 30)
    assert compare_strata(cells_of(frame), weights="treated") is None


def test_balance_is_what_sides_differ_by_in_deviations_of_everybody() -> None:
    """Means 3 and 1 of one stratum; all four deviate by 1 from 2. Constant sides differ, too."""
    frame = customers([(0, True, 3.0)] * 2 + [(0, False, 1.0)] * 2)
    assert measure_balance(cells_of(frame)) == pytest.approx(2.0)
    assert measure_balance(cells_of(frame.assign(y=0.1))) == 0
    assert measure_balance(cells_of(frame.assign(stratum=[0, 1, 2, 3]))) is None


def test_a_share_of_all_is_no_certainty() -> None:
    """With one more at each end 31 of 32 and 1 of 32: variance 31/1024 × 32/31 each, of 30."""
    frame = customers([(0, True, 1.0)] * 30 + [(0, False, 0.0)] * 30)
    effect = compare_strata(cells_of(frame), weights="treated", ends=(0, 1))
    assert effect is not None
    assert effect.estimate == 1
    assert effect.standard_error == pytest.approx((2 / 32 / 30) ** 0.5)
    assert effect.low < 1 < effect.high
    assert effect.is_shown and exceeds_chance([effect])
    alike = compare_strata(cells_of(frame.assign(y=1.0)), weights="treated", ends=(0, 1))
    assert alike is not None
    assert alike.low < alike.estimate == 0 < alike.high
    assert not exceeds_chance([alike])


def test_intervals_of_high_shares_hold_the_truth_in_small_strata_too() -> None:
    """Of 400 samples 95 % hold a rise of .03 from .92; without the ends they would miss more."""
    rng = np.random.default_rng(6)
    held, blind = [], []
    for _ in range(400):
        stratum, treated = rng.integers(0, 8, 120), rng.random(120) < 0.5
        share = 0.92 + 0.03 * treated
        cells = cells_of(pd.DataFrame({"stratum": stratum, "is_treated": treated,
                                       "y": (rng.random(120) < share).astype(float)}))
        for found, ends in ((held, (0, 1)), (blind, None)):
            effect = compare_strata(cells, weights="treated", ends=ends)
            assert effect is not None
            found.append(effect.low <= 0.03 <= effect.high)
    assert 0.92 <= np.mean(held) <= 0.99
    assert np.mean(blind) <= np.mean(held)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="missing column squares"):
        compare_strata(pd.DataFrame(columns=["stratum", "is_treated", "count", "total"]),
                       weights="all")


def test_alike_customers_in_strata_make_the_interval_shorter() -> None:
    rng = np.random.default_rng(2)
    stratum = rng.integers(0, 5, 2000)
    treated = rng.random(2000) < 0.5
    frame = pd.DataFrame({"stratum": stratum, "is_treated": treated,
                          "y": 10.0 * stratum + treated + rng.normal(0, 1, 2000)})
    fine = compare_strata(cells_of(frame), weights="all")
    coarse = compare_strata(cells_of(frame.assign(stratum=0)), weights="all")
    assert fine is not None and coarse is not None
    assert fine.standard_error < 0.2 * coarse.standard_error
    assert fine.low < 1 < fine.high


def test_intervals_hold_the_truth_in_small_strata_too() -> None:
    """Of 400 samples of 120 customers in 20 strata, 95 % hold the effect of 2 on the treated."""
    rng = np.random.default_rng(3)
    held = []
    for _ in range(400):
        stratum = rng.integers(0, 20, 120)
        treated = rng.random(120) < 0.3
        frame = pd.DataFrame({"stratum": stratum, "is_treated": treated,
                              "y": stratum + 2.0 * treated + rng.normal(0, 3, 120)})
        effect = compare_strata(cells_of(frame), weights="treated")
        assert effect is not None
        held.append(effect.low <= 2 <= effect.high)
    assert 0.92 <= np.mean(held) <= 0.98


def shocked(rng: np.random.Generator, shock: float) -> pd.DataFrame:
    """Changes of customers of sixteen regions, of which the first was treated without effect."""
    group = np.repeat(np.arange(16), 60)
    return pd.DataFrame({"stratum": 0, "is_treated": group == 0, "group": group,
                         "y": rng.normal(0, shock, 16)[group] + rng.normal(0, 1, len(group))})


@pytest.mark.parametrize("shock", [0.0, 0.5])
def test_a_good_year_of_a_region_is_no_effect(shock: float) -> None:
    """Without groups, shocks of half a standard deviation would be effects in most samples."""
    rng = np.random.default_rng(4)
    samples = [shocked(rng, shock) for _ in range(300)]
    found = [compare_strata(cells_of(one, "group"), weights="treated") for one in samples]
    shown = np.mean([effect.is_shown for effect in found if effect])
    assert shown <= 0.08
    if shock:
        blind = [compare_strata(cells_of(one), weights="treated") for one in samples]
        assert np.mean([effect.is_shown for effect in blind if effect]) > 0.4


def test_several_placebos_exceed_chance_together_only_when_one_does_alone() -> None:
    def effect(t: float) -> Effect:
        return Effect(t, 1.0, float("inf"), t - 1.96, t + 1.96, 50, 50, 1.0, t, 0.0)

    assert not exceeds_chance([])
    assert exceeds_chance([effect(2.0)])
    assert not exceeds_chance([effect(2.0), effect(0), effect(0), effect(0)])
    assert exceeds_chance([effect(-2.6), effect(0), effect(0), effect(0)])
