"""Figures of a classifier: by hand, and without texts that were learnt from."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.classifier_evaluation import (
    assess_predictions,
    evaluate_classifier,
    macro_f1,
    split_texts,
)
from models_ml.text_features import number_distinct
from tests.unit.models_ml.labelled_texts import make_texts


def test_macro_f1_by_hand() -> None:
    # a: 8 right of 10 true and 9 given, 16/19; b: 4 of 5 true and 6 given, 8/11; c never occurs.
    confusion = np.array([[8, 2, 0], [1, 4, 0], [0, 0, 0]])
    assert macro_f1(confusion) == pytest.approx((16 / 19 + 8 / 11) / 2)


def test_figures_by_hand() -> None:
    probabilities = np.array([[0.75, 0.25], [0.75, 0.25], [0.25, 0.75], [0.25, 0.75]])
    found = assess_predictions(["a", "b", "b", "b"], ["a", "a", "b", "b"], probabilities,
                               ["a", "b"])
    assert found.accuracy == 0.75
    assert found.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert found.calibration_error == pytest.approx(0)
    assert found.share_error == pytest.approx(0.25)
    assert found.label_share_error == pytest.approx(0.25)
    assert found.confusion.to_numpy().tolist() == [[1, 0], [1, 2]]
    assert found.held_out["probability"].tolist() == [0.75] * 4


def test_every_text_is_held_out_once_and_duplicates_never_straddle() -> None:
    texts, labels = make_texts(150, seed=1)
    # The same words in other letters are the same text, even under another label.
    texts, labels = [*texts, *(text.upper() + "." for text in texts)], [*labels, *labels[::-1]]
    numbers = number_distinct(texts)
    seen = []
    for learnt, held_out in split_texts(texts, np.array(labels), seed=1):
        assert not set(numbers[learnt]) & set(numbers[held_out])
        seen.extend(held_out.tolist())
    assert sorted(seen) == list(range(300))


def test_later_texts_are_predicted_from_earlier_ones() -> None:
    texts, labels = make_texts(100, seed=2)
    texts[95] = texts[3]
    times = np.arange(100)[::-1].copy()
    times[[95, 3]] = times[[3, 95]]
    ((learnt, held_out),) = split_texts(texts, np.array(labels), seed=1, times=times)
    assert times[learnt].max() < times[held_out].min()
    # Twenty are the last fifth, one of them repeats an earlier text.
    assert len(held_out) == 19
    assert not set(number_distinct(texts)[learnt]) & set(number_distinct(texts)[held_out])


def test_nothing_new_in_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="none that is new"):
        list(split_texts(["gleich"] * 10, np.array(["a"] * 10), seed=1, times=np.arange(10)))


def test_learning_by_heart_does_not_count() -> None:
    texts, _ = make_texts(400, seed=3)
    labels = np.random.default_rng(4).choice(["a", "b"], size=400).tolist()
    found = evaluate_classifier([*texts, *texts], [*labels, *labels], seed=1)
    assert found.texts_count == 800
    assert found.accuracy < 0.6


def test_planted_classes_evaluate_well_and_a_rare_one_counts_as_errors() -> None:
    texts, labels = make_texts(600, seed=5)
    labels[:4] = ["rare"] * 4
    found = evaluate_classifier(texts, labels, seed=1, held_out_folds=5)
    assert found.accuracy > 0.97
    assert found.confusion.loc["rare", "rare"] == 0
    assert found.confusion.to_numpy().sum() == 600
    # Three classes near 1, one at 0.
    assert found.macro_f1 == pytest.approx(0.74, abs=0.02)


def test_one_fold_is_a_fifth() -> None:
    texts, labels = make_texts(300, seed=6)
    assert evaluate_classifier(texts, labels, seed=1, held_out_folds=1).texts_count == 60
