"""The outcome explained is that of customers whose outcome was not used."""

from __future__ import annotations

import pandas as pd
import pytest

from models_ml.segment_outcomes import explain_outcome


def sums(rows: list[tuple[str, int, list[float]]]) -> pd.DataFrame:
    return pd.DataFrame([
        {"segment": segment, "fold": fold, "customers_count": len(values),
         "outcome_sum": sum(values), "outcome_square_sum": sum(value ** 2 for value in values)}
        for segment, fold, values in rows])


def test_segments_that_tell_everything_explain_everything() -> None:
    assert explain_outcome(sums([("a", 0, [0, 0]), ("b", 0, [2, 2]), ("a", 1, [0]), ("b", 1, [2])])
                           ) == pytest.approx(1)


def test_by_hand_with_two_folds() -> None:
    """Fold 0 is told by 1 (a) and 3 (b), fold 1 by 0 and 4; without segments by 2 and 2."""
    found = explain_outcome(sums([("a", 0, [0]), ("b", 0, [4]), ("a", 1, [1]), ("b", 1, [3])]))
    assert found == pytest.approx(1 - (1 + 1 + 1 + 1) / (4 + 4 + 1 + 1))


def test_chance_explains_less_than_nothing() -> None:
    """Each customer a segment of its own in one fold: the other knows nothing of it, or lies."""
    assert explain_outcome(sums([("a", 0, [0]), ("b", 0, [4]), ("a", 1, [4]), ("b", 1, [0])])
                           ) == pytest.approx(1 - 64 / 16)


def test_an_unknown_segment_is_told_by_the_mean() -> None:
    assert explain_outcome(sums([("a", 0, [0, 4]), ("b", 1, [0, 4])])) == pytest.approx(0)


@pytest.mark.parametrize("rows", [
    [("a", 0, [1, 2])],
    [("a", 0, [1]), ("a", 1, [1])],
])
def test_without_folds_or_variance_nothing_is_said(
    rows: list[tuple[str, int, list[float]]],
) -> None:
    assert explain_outcome(sums(rows)) is None
