"""Verdicts on initiatives: what is said, what is not, and the return on cost."""

from __future__ import annotations

import pytest

from models_ml.initiative_verdicts import (
    Return,
    judge_effect,
    judge_pre_trend,
    return_on_cost,
)
from models_ml.stratified_effects import Effect


def effect(estimate: float, error: float = 1.0) -> Effect:
    half = 1.959963984540054 * error
    return Effect(estimate, error, float("inf"), estimate - half, estimate + half, 50, 50, 1.0,
                  estimate, 0.0)


@pytest.mark.parametrize(("found", "pre_trend", "said"), [
    (effect(3.0), "alike", ("gain_shown", None)),
    (effect(-3.0), "drawn_by_lot", ("loss_shown", None)),
    (effect(1.0), "not_checked", ("no_effect_shown", None)),
    (effect(9.0), "apart", ("cannot_be_said", "moved_apart_before")),
])
def test_what_is_said(found: Effect, pre_trend: str, said: tuple[str, str | None]) -> None:
    assert judge_effect(found, pre_trend) == said  # type: ignore[arg-type]


@pytest.mark.parametrize(("placebos", "is_random", "said"), [
    ([], False, "not_checked"), ([], True, "drawn_by_lot"), ([effect(5.0)], True, "drawn_by_lot"),
    ([effect(0.5), effect(-2.0)], False, "alike"), ([effect(0.5), effect(-3.0)], False, "apart"),
])
def test_sides_drawn_by_lot_may_differ_before(
    placebos: list[Effect], is_random: bool, said: str,
) -> None:
    assert judge_pre_trend(placebos, is_random=is_random) == said


def test_a_return_has_the_interval_of_its_effect() -> None:
    """2 ± 1 a head of 100 for a cost of 50."""
    found = return_on_cost(effect(2.0, 1 / 1.959963984540054), 100, 50.0)
    assert found == Return(*map(pytest.approx, (200.0, 100.0, 300.0, 3.0, 1.0, 5.0)))


@pytest.mark.parametrize("cost", [None, 0.0])
def test_what_cost_nothing_or_nobody_knows_has_no_return(cost: float | None) -> None:
    found = return_on_cost(effect(2.0), 100, cost)
    assert (found.roi, found.roi_low, found.roi_high) == (None, None, None)
    assert found.gain == 200.0
