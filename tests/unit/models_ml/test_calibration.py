"""Probabilities that hold, labels with the right shares, and the error that is left."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.calibration import Calibration, calibration_error, fit_calibration, match_shares


def draw(n: int, slope: float, offsets: list[float], seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(n, len(offsets)))
    probabilities = Calibration(slope, np.array(offsets)).apply(scores)
    classes = (probabilities.cumsum(axis=1) < generator.random((n, 1))).sum(axis=1)
    return scores, classes


def test_probabilities_are_a_softmax() -> None:
    found = Calibration(2.0, np.array([0.0, np.log(3)])).apply(np.array([[0.0, 0.0], [1.0, 0.0]]))
    assert found[0] == pytest.approx([0.25, 0.75])
    assert found[1] == pytest.approx([np.exp(2) / (np.exp(2) + 3), 3 / (np.exp(2) + 3)])


def test_planted_calibration_is_recovered() -> None:
    found = fit_calibration(*draw(20_000, 1.5, [0.5, -0.5, 0.0], seed=1))
    assert found.slope == pytest.approx(1.5, abs=0.05)
    assert found.offsets - found.offsets.mean() == pytest.approx([0.5, -0.5, 0.0], abs=0.05)


def test_probabilities_hold_on_other_texts() -> None:
    calibration = fit_calibration(*draw(5_000, 0.7, [1.0, 0.0, -1.0], seed=2))
    scores, classes = draw(20_000, 0.7, [1.0, 0.0, -1.0], seed=3)
    probabilities = calibration.apply(scores)
    error = calibration_error(probabilities.max(axis=1), probabilities.argmax(axis=1) == classes)
    assert error < 0.02
    shares = np.bincount(classes) / len(classes)
    assert probabilities.mean(axis=0) == pytest.approx(shares, abs=0.015)


def test_scores_that_say_nothing_give_the_shares() -> None:
    generator = np.random.default_rng(4)
    classes = np.repeat([0, 1], [300, 700])
    found = fit_calibration(generator.normal(size=(1_000, 2)), classes).apply(np.zeros((1, 2)))
    assert found[0] == pytest.approx([0.3, 0.7], abs=0.02)


def test_labels_get_the_shares_asked_for() -> None:
    probabilities = np.random.default_rng(5).dirichlet([6, 3, 1], size=4_000)
    shares = np.array([0.6, 0.3, 0.1])
    likeliest = np.bincount(probabilities.argmax(axis=1), minlength=3) / 4_000
    assert np.abs(likeliest - shares).max() > 0.05
    labels = (probabilities * match_shares(probabilities, shares)).argmax(axis=1)
    assert np.bincount(labels, minlength=3) / 4_000 == pytest.approx(shares, abs=0.005)


@pytest.mark.parametrize(("probability", "is_right", "expected"), [
    ([0.75] * 4, [1, 1, 1, 0], 0.0),
    ([0.9] * 4, [1, 1, 0, 0], 0.4),
    # Two bins: .5 too sure on one half of the texts, .1 on the other.
    ([1.0, 1.0, 0.6, 0.6], [1, 0, 1, 0], 0.5 * 0.5 + 0.5 * 0.1),
])
def test_error_of_probabilities(
    probability: list[float], is_right: list[int], expected: float
) -> None:
    found = calibration_error(np.array(probability), np.array(is_right, dtype=bool))
    assert found == pytest.approx(expected)
