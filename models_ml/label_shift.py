"""Whether new texts are of another mixture than those a classifier learnt from, or read before.

Training and labels of single texts do not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

DRIFT_POINTS = 0.05
"""Change of a class share that is worth a look."""

FEWEST_TEXTS = 100
"""New texts below which nothing is said: how much their probabilities spread is not known."""

_STANDARD_ERRORS = 3.0


@dataclass(frozen=True)
class ShareDrift:
    """Class shares that were expected and those of new texts.

    `shares` has one row per class: label, expected_share, predicted_share (mean probability).
    `is_drifted` says that the change of one class exceeds both `DRIFT_POINTS` and three standard
    errors; `largest_change` is the largest change of a class. Of fewer texts than `FEWEST_TEXTS`
    nothing is drifted.
    """

    texts_count: int
    shares: pd.DataFrame
    largest_change: float
    is_drifted: bool


@dataclass(frozen=True)
class MeanShares:
    """Mean probabilities of the classes over texts, (k,), with their standard errors, (k,)."""

    texts_count: int
    means: np.ndarray
    errors: np.ndarray

    @classmethod
    def of(cls, probabilities: np.ndarray) -> MeanShares:
        """Return those of the probabilities of texts, (n, k).

        Raises:
            ValueError: there are no texts.
        """
        if not len(probabilities):
            raise ValueError("no texts to compare with those of training")
        return cls(len(probabilities), probabilities.mean(axis=0),
                   probabilities.std(axis=0) / np.sqrt(len(probabilities)))


def detect_share_drift(
    probabilities: np.ndarray, training_shares: np.ndarray, labels: Sequence[str]
) -> ShareDrift:
    """Compare the mean probabilities of new texts with the class shares of training.

    On texts like those of training the mean probability of a class is its share, with a standard
    error of `sd(probability) / sqrt(n)`. A drift means that probabilities, thresholds and the
    calibration error of the model no longer hold, and that it should be trained anew. The mean
    shows only part of a change; re-estimating the shares (Saerens, Latinne & Decaestecker 2002)
    goes too far where wording differs as well, and is not done (docs/text_models.md).

    Args:
        probabilities: (n, k) of the new texts, calibrated.
        training_shares: (k,).
        labels: (k,) names of the classes.

    Raises:
        ValueError: there are no texts.
    """
    expected = MeanShares(0, training_shares, np.zeros(len(training_shares)))
    return compare_shares(MeanShares.of(probabilities), expected, labels)


def compare_shares(new: MeanShares, expected: MeanShares, labels: Sequence[str]) -> ShareDrift:
    """Compare the mean probabilities of new texts with those of texts that the model read before.

    Both are read by the same model, so what it always gets wrong cancels out; see
    `detect_share_drift`. The standard error of a change is the root of the sum of both squares.

    Args:
        new: of the new texts.
        expected: of the texts before, or the class shares of training.
        labels: (k,) names of the classes.
    """
    changes = np.abs(new.means - expected.means)
    errors = np.hypot(new.errors, expected.errors)
    is_changed = (changes > DRIFT_POINTS) & (changes > _STANDARD_ERRORS * errors)
    return ShareDrift(
        texts_count=new.texts_count,
        shares=pd.DataFrame({
            "label": list(labels),
            "expected_share": expected.means,
            "predicted_share": new.means,
        }),
        largest_change=float(changes.max()),
        is_drifted=bool(is_changed.any()) and new.texts_count >= FEWEST_TEXTS,
    )
