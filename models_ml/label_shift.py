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


@dataclass(frozen=True)
class ShareDrift:
    """Class shares of training and of new texts.

    `shares` has one row per class: label, training_share, predicted_share (mean probability).
    `is_drifted` says that the change of one class exceeds both `DRIFT_POINTS` and three standard
    errors; `largest_change` is the largest change of a class.
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
        }),
        largest_change=float(changes.max()),
        is_drifted=bool(is_changed.any()),
    )
