"""New texts of another mixture are noticed, noise is not."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.label_shift import FEWEST_TEXTS, MeanShares, compare_shares, detect_share_drift

# Two kinds of texts that speak for their class four to one, at training shares of one half.
HALVES = np.array([0.5, 0.5])
SPEAKING = np.array([[0.8, 0.2], [0.2, 0.8]])


def texts_of(first: int, second: int) -> np.ndarray:
    """Probabilities of `first` texts of class a and `second` of class b, four of five telling."""
    seen_a = round(0.8 * first + 0.2 * second)
    return np.repeat(SPEAKING, [seen_a, first + second - seen_a], axis=0)


def test_texts_like_those_of_training_are_no_drift() -> None:
    drift = detect_share_drift(texts_of(1_000, 1_000), HALVES, ["a", "b"])
    assert not drift.is_drifted
    assert drift.largest_change == pytest.approx(0)


def test_another_mixture_is_a_drift() -> None:
    drift = detect_share_drift(texts_of(1_800, 200), HALVES, ["a", "b"])
    assert drift.is_drifted
    assert drift.shares["label"].tolist() == ["a", "b"]
    # The mean shows part of the change: .74 * .8 + .26 * .2 = .644, where .9 is true.
    assert drift.shares["predicted_share"].tolist() == pytest.approx([0.644, 0.356])
    assert drift.largest_change == pytest.approx(0.144)


def test_few_texts_are_no_evidence() -> None:
    drift = detect_share_drift(texts_of(4, 1), HALVES, ["a", "b"])
    assert drift.largest_change > 0.05
    assert not drift.is_drifted


def test_a_hundred_texts_are_the_fewest() -> None:
    for count, is_drifted in ((FEWEST_TEXTS, True), (FEWEST_TEXTS - 1, False)):
        drift = detect_share_drift(np.repeat(SPEAKING[:1], count, axis=0), HALVES, ["a", "b"])
        assert (drift.texts_count, drift.is_drifted) == (count, is_drifted)


def test_the_doubt_of_both_sides_counts() -> None:
    new = MeanShares(400, np.array([0.6, 0.4]), np.array([0.03, 0.03]))
    sure = MeanShares(9_000, HALVES, np.array([0.0, 0.0]))
    unsure = MeanShares(300, HALVES, np.array([0.04, 0.04]))
    # Three standard errors are .09, and with the other side 3 * sqrt(.03² + .04²) = .15.
    assert compare_shares(new, sure, ["a", "b"]).is_drifted
    assert not compare_shares(new, unsure, ["a", "b"]).is_drifted


def test_no_texts_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="no texts"):
        detect_share_drift(np.empty((0, 2)), HALVES, ["a", "b"])
