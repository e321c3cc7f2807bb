"""Effects of decisions: volume, score and money on paper, and every verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest

from models_ml.improvement_effects import Effect, measure_effects


def months(before: float, after: float, *, length: int = 6, cost: float = 5.0,
           score: tuple[float, float] = (0.4, 0.4), scores: int = 20) -> pd.DataFrame:
    """Twelve months before and some after; the comparison has 100 events in each of them."""
    rows = []
    for number in range(12 + length):
        is_after = number >= 12
        for treated in (True, False):
            events = (after if is_after else before) if treated else 100
            mean = score[is_after] if treated else 0.5
            rows.append((treated, is_after, number, events, 1, scores, scores * mean,
                         scores * mean * mean, events * cost))
    return pd.DataFrame(rows, columns=[
        "is_treated", "is_after", "month", "events_count", "exposure_count", "scores_count",
        "score_sum", "score_square_sum", "cost_amount"])


def effects(frame: pd.DataFrame) -> dict[str, Effect]:
    return {effect.measure: effect for effect in measure_effects(frame)}


def test_half_the_problems_save_what_they_cost() -> None:
    found = effects(months(40, 20))
    volume, money = found["volume"], found["money"]
    assert (volume.before, volume.after) == (40, 20)
    assert (volume.comparison_before, volume.comparison_after) == (100, 100)
    assert volume.change == pytest.approx(0.5, rel=0.02)
    # 20 problems a month that did not come, 5 each, twelve months.
    assert money.change == pytest.approx(-12 * 20 * 5, rel=0.03)
    assert money.change_low < money.change < money.change_high < 0
    assert (money.before, money.after) == (12 * 40 * 5, 12 * 20 * 5)
    assert (volume.verdict, money.verdict) == ("better", "better")
    assert found["score"].verdict == "no_change_shown"


@pytest.mark.parametrize(("frame", "measure", "verdict"), [
    (lambda: months(40, 80), "volume", "worse"),
    (lambda: months(40, 80), "money", "worse"),
    (lambda: months(40, 41), "volume", "no_change_shown"),
    (lambda: months(40, 40, score=(0.4, 0.7)), "score", "better"),
    (lambda: months(40, 40, score=(0.7, 0.4)), "score", "worse"),
    (lambda: months(40, 20, length=1), "volume", "too_early"),
    (lambda: months(40, 20, length=0), "money", "too_early"),
    (lambda: months(40, 20, length=1), "score", "too_early"),
    (lambda: months(0, 0), "volume", "not_measurable"),
    (lambda: months(40, 20, cost=0), "money", "not_measurable"),
    (lambda: months(40, 20, scores=0), "score", "not_measurable"),
])
def test_every_verdict(frame: Callable[[], pd.DataFrame], measure: str, verdict: str) -> None:
    assert effects(frame())[measure].verdict == verdict


def test_what_cannot_be_said_is_empty() -> None:
    volume = effects(months(40, 20, length=0))["volume"]
    assert volume.before == 40
    assert np.isnan([volume.after, volume.change, volume.change_low, volume.change_high]).all()


def test_of_too_few_people_nothing_but_that_is_said() -> None:
    found = {effect.measure: effect for effect in measure_effects(
        months(40, 20), withheld={"volume", "money"})}
    for measure in ("volume", "money"):
        *figures, verdict = astuple(found[measure])[1:]
        assert np.isnan(figures).all()
        assert verdict == "too_few_people"
    assert found["score"].verdict == "no_change_shown"
    assert found["score"].before == pytest.approx(0.4)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="missing column cost_amount"):
        measure_effects(months(1, 1).drop(columns="cost_amount"))
