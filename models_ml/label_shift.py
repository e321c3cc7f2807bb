"""Whether new texts are of another mixture than those a classifier learnt from.

Training and labels of single texts do not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

DRIFT_POINTS = 0.05
"""Change of a class share that is worth a look."""

_STANDARD_ERRORS = 3.0
_STEPS = 1_000
_TOLERANCE = 1e-7


@dataclass(frozen=True)
class ShareDrift:
    """Class shares of training and of new texts.

    `shares` has one row per class: label, training_share, predicted_share (mean probability),
    estimated_share (`estimate_shares`). `is_drifted` says that the change of one class exceeds
    both `DRIFT_POINTS` and three standard errors; `largest_change` is that change.
    """

    shares: pd.DataFrame
    largest_change: float
    is_drifted: bool


def detect_share_drift(
    probabilities: np.ndarray, training_shares: np.ndarray, labels: Sequence[str]
) -> ShareDrift:
    """Compare the mean probabilities of new texts with the class shares of training.

    On texts like those of training the mean probability of a class is its share, with a standard
    error of `sd(probability) / sqrt(n)`. A drift means that probabilities, thresholds and the
    calibration error of the model no longer hold, and that it should be trained anew.

    Args:
        probabilities: (n, k) of the new texts, calibrated.
        training_shares: (k,).
        labels: (k,) names of the classes.

    Raises:
        ValueError: there are no texts.
    """
    if not len(probabilities):
        raise ValueError("no texts to compare with those of training")
    predicted = probabilities.mean(axis=0)
    errors = probabilities.std(axis=0) / np.sqrt(len(probabilities))
    changes = np.abs(predicted - training_shares)
    is_changed = (changes > DRIFT_POINTS) & (changes > _STANDARD_ERRORS * errors)
    return ShareDrift(
        shares=pd.DataFrame({
            "label": list(labels),
            "training_share": training_shares,
            "predicted_share": predicted,
            "estimated_share": estimate_shares(probabilities, training_shares),
        }),
        largest_change=float(changes.max()),
        is_drifted=bool(is_changed.any()),
    )


def estimate_shares(probabilities: np.ndarray, training_shares: np.ndarray) -> np.ndarray:
    """Return the class shares of new texts, (k,), if only the mixture has changed.

    Expectation maximisation after Saerens, Latinne & Decaestecker 2002 (Adjusting the outputs of
    a classifier to new a priori probabilities): the mean probability goes only part of the way
    from the old shares to the new ones; this goes all of it. It trusts the calibration, so it is
    reported beside the mean and changes no label.
    """
    odds = probabilities / training_shares
    shares = np.array(training_shares, dtype=float)
    for _ in range(_STEPS):
        adjusted = odds * shares
        adjusted /= adjusted.sum(axis=1, keepdims=True)
        previous, shares = shares, adjusted.mean(axis=0)
        if np.abs(shares - previous).max() < _TOLERANCE:
            break
    return shares
