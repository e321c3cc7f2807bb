"""From scores of a classifier to probabilities that can be believed, and how far they can be.

Texts, features and classifiers do not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CALIBRATION_BINS = 15
_RIDGE = 1e-4
_STEPS = 300
_STEP_SIZE = 0.3
_FIRST_SLOPE = 2.0


@dataclass(frozen=True)
class Calibration:
    """Probabilities are `softmax(slope * scores + offsets)`; offsets has one value per class."""

    slope: float
    offsets: np.ndarray

    def apply(self, scores: np.ndarray) -> np.ndarray:
        """Return probabilities, (n, classes), rows sum to 1."""
        logits = scores * self.slope + self.offsets
        logits -= logits.max(axis=1, keepdims=True)
        exponentials = np.exp(logits)
        return exponentials / exponentials.sum(axis=1, keepdims=True)


def fit_calibration(scores: np.ndarray, classes: np.ndarray) -> Calibration:
    """Fit one slope for all classes and an offset for each, by maximum likelihood.

    Bias-corrected temperature scaling (Alexandari, Kundaje & Shrikumar 2020). Few parameters, so
    that some hundred labels suffice; the offsets make the mean probability of each class its share
    among `classes`, but for a ridge of 1e-4 that keeps them finite.

    Args:
        scores: (n, k), of texts that the classifier had not seen.
        classes: (n,) integers below k, the truth.
    """
    from scipy.optimize import minimize

    n, k = scores.shape
    truth = np.eye(k)[classes]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        slope, offsets = parameters[0], parameters[1:]
        probabilities = Calibration(slope, offsets).apply(scores)
        likelihood = np.log(np.maximum(probabilities[np.arange(n), classes], 1e-300)).mean()
        residuals = (probabilities - truth) / n
        gradient = np.concatenate([
            [(residuals * scores).sum()], residuals.sum(axis=0) + 2 * _RIDGE * offsets / k
        ])
        return -likelihood + _RIDGE * float(np.mean(offsets**2)), gradient

    start = np.concatenate([[_FIRST_SLOPE], np.zeros(k)])
    bounds = [(0.0, None)] + [(None, None)] * k
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Calibration(float(found[0]), found[1:])


def match_shares(probabilities: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return factors, (k,), under which the labels have the given shares.

    The label of a text is the class with the largest `probability * factor`. The likeliest class
    alone (all factors 1) names rare classes too seldom: their share shrinks, and so does macro-F1.
    Multiplicative updates; the best of 300 steps is kept.

    Args:
        probabilities: (n, k) of texts with these shares, unseen by the classifier.
        shares: (k,) sums to 1.
    """
    factors = np.ones(len(shares))
    best, smallest = factors, np.inf
    smoothing = 1 / len(probabilities)
    for _ in range(_STEPS):
        labels = (probabilities * factors).argmax(axis=1)
        found = np.bincount(labels, minlength=len(shares)) / len(labels)
        distance = np.abs(found - shares).max()
        if distance < smallest:
            best, smallest = factors, distance
        factors = factors * ((shares + smoothing) / (found + smoothing)) ** _STEP_SIZE
        factors = factors / factors.mean()
    return best


def calibration_error(
    probabilities: np.ndarray, is_right: np.ndarray, *, bins: int = CALIBRATION_BINS
) -> float:
    """Return the expected calibration error of the labels given, 0..1.

    Formula: `sum over bins of n_bin / n * |mean probability - share right|`, over `bins` equally
    wide bins of the probability of the label (Guo et al. 2017). Noise alone gives up to
    `0.4 * sqrt(bins / n)` on n texts, so small samples show little.

    Args:
        probabilities: (n,) of the label that was given to each text.
        is_right: (n,) whether that label was true.
    """
    numbers = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = np.bincount(numbers, weights=probabilities - is_right, minlength=bins)
    return float(np.abs(gaps).sum() / len(probabilities))
