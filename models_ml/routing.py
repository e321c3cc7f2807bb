"""Which department a text goes to, learnt from past cases; it abstains where it is not sure.

Rules that come first, and priorities of the queue, do not belong here.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from models_ml.classifier_evaluation import (
    EVALUATION_FOLDS,
    MANY_TEXTS,
    Evaluation,
    assess_predictions,
    split_texts,
)
from models_ml.text_classifier import (
    TextClassifier,
    TooFewTextsError,
    find_learnable,
    train_with_probabilities,
)
from models_ml.text_features import number_distinct

MODEL_NAME = "trained-routing"
MINIMUM_LABELS = 300
TARGET_ACCURACY = 0.98
SAFETY_ERRORS = 2.0
"""Standard errors beyond the target that the training texts must reach: the threshold is chosen
among many, and few right answers prove little. At 98 % it takes 196 right answers at least."""

RouterStatus = Literal["published", "rejected", "too_few_labels"]


@dataclass(frozen=True, eq=False)
class Router:
    """A classifier of departments; below `threshold` a person decides.

    `answered_share` and `answered_accuracy` are those of the training texts, out of fold. A
    threshold above 1 answers nothing: no threshold reached the target.
    """

    classifier: TextClassifier
    threshold: float
    answered_share: float
    answered_accuracy: float

    def to_bytes(self) -> bytes:
        """Return the router as a zip archive of JSON and the classifier's npz; no pickle."""
        settings = {"threshold": self.threshold, "answered_share": self.answered_share,
                    "answered_accuracy": self.answered_accuracy}
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            # A ZipInfo without a date is of 1980: equal routers are equal bytes.
            archive.writestr(zipfile.ZipInfo("settings.json"), json.dumps(settings))
            archive.writestr(zipfile.ZipInfo("classifier.npz"), self.classifier.to_bytes())
        return content.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Router:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: written by another version of the algorithm.
        """
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            settings = json.loads(archive.read("settings.json"))
            classifier = TextClassifier.from_bytes(archive.read("classifier.npz"))
        return cls(classifier, **settings)


@dataclass(frozen=True, eq=False)
class RouterReport:
    """A router with its status and what was measured; see `train_router`."""

    status: RouterStatus
    labels_count: int
    router: Router | None
    evaluation: Evaluation | None
    answered_share: float | None
    answered_accuracy: float | None


def fit_router(
    texts: Sequence[str],
    departments: Sequence[str],
    extra: np.ndarray | None = None,
    *,
    seed: int,
    target_accuracy: float = TARGET_ACCURACY,
) -> Router:
    """Train a classifier and fix its threshold, on these texts alone.

    The threshold is that of `fix_threshold` on the training texts, each predicted by a machine that
    had not seen it.

    Args:
        texts: texts of past cases.
        departments: who solved each; departments with fewer than ten distinct texts are not
            learnt.
        extra: dense features, (n, …).
        seed: of folds and training.
        target_accuracy: share of the answers that must be right, 0..1.

    Raises:
        TooFewTextsError: fewer than two departments have enough texts.
    """
    truth = np.asarray(departments, dtype=object).astype(str)
    kept = np.flatnonzero(find_learnable(truth, number_distinct(texts)))
    training = train_with_probabilities(
        [texts[row] for row in kept.tolist()], truth[kept].tolist(),
        None if extra is None else extra[kept], seed=seed, is_share_matched=False,
    )
    likeliest = training.probabilities.argmax(axis=1)
    probability = training.probabilities.max(axis=1)
    is_right = np.array(training.classifier.labels)[likeliest] == truth[kept][training.rows]
    threshold = fix_threshold(probability, is_right, target_accuracy)
    is_answered = probability >= threshold
    return Router(
        training.classifier,
        threshold,
        float(is_answered.mean()),
        float(is_right[is_answered].mean()) if is_answered.any() else 0.0,
    )


def fix_threshold(probability: np.ndarray, is_right: np.ndarray, target: float) -> float:
    """Return the lowest threshold that reaches the target for sure; above 1 if none does.

    The m answers at and beyond it must be right in `target + 2 * sqrt(target * (1 - target) / m)`.

    Args:
        probability: (n,) of the answers.
        is_right: (n,) whether they are right.
        target: accuracy, 0..1.
    """
    order = np.argsort(-probability, kind="stable")
    counts = np.arange(1, len(order) + 1)
    accuracies = np.cumsum(is_right[order]) / counts
    required = target + SAFETY_ERRORS * np.sqrt(target * (1 - target) / counts)
    ordered = probability[order]
    # Equal probabilities are answered together, so only the last of them can be a threshold.
    is_last = np.append(ordered[1:] < ordered[:-1], True)
    reaching = np.flatnonzero(is_last & (accuracies >= required))
    return float(ordered[reaching[-1]]) if len(reaching) else 2.0


def route_texts(
    router: Router, texts: Sequence[str], extra: np.ndarray | None = None
) -> pd.DataFrame:
    """Say which department each text goes to.

    Grain: one row per text, in order: department (the likeliest), probability, is_to_be_checked
    (below the threshold: a person decides).
    """
    probabilities = router.classifier.predict_probabilities(texts, extra)
    likeliest = probabilities.argmax(axis=1)
    probability = probabilities.max(axis=1)
    return pd.DataFrame({
        "department": np.array(router.classifier.labels, dtype=object)[likeliest],
        "probability": probability,
        "is_to_be_checked": probability < router.threshold,
    })


def train_router(
    texts: Sequence[str],
    departments: Sequence[str],
    extra: np.ndarray | None = None,
    *,
    seed: int,
    target_accuracy: float = TARGET_ACCURACY,
    minimum_labels: int = MINIMUM_LABELS,
) -> RouterReport:
    """Train a router, measure it on texts held out, and say whether it may be used.

    Five folds of distinct texts, or the first of them where there are 5,000 texts: a router fitted
    to the others, its threshold included, is measured on the fold. Published when it answers some
    texts and is right in the target, less two standard errors of a share of that size; what is
    published is then fitted to all texts.

    Args:
        texts: texts of past cases.
        departments: who solved each.
        extra: dense features, (n, …).
        seed: of folds and training.
        target_accuracy: share of the answers that must be right, 0..1.
        minimum_labels: below it the status is too_few_labels; so it is when fewer than two
            departments have ten distinct texts to learn from.
    """
    truth = np.asarray(departments, dtype=object).astype(str)
    groups = number_distinct(texts)
    learnable = find_learnable(truth, groups)
    if len(texts) < minimum_labels or len(np.unique(truth[learnable])) < 2:
        return RouterReport("too_few_labels", len(texts), None, None, None, None)
    names = np.unique(truth)
    probabilities = np.zeros((len(texts), len(names)))
    is_answered = np.zeros(len(texts), dtype=bool)
    measured: list[np.ndarray] = []
    folds = EVALUATION_FOLDS if len(texts) < MANY_TEXTS else 1
    for learnt, held_out in split_texts(texts, truth, seed=seed, held_out_folds=folds):
        unseen = [texts[row] for row in held_out]
        try:
            router = fit_router(
                [texts[row] for row in learnt], truth[learnt].tolist(),
                None if extra is None else extra[learnt],
                seed=seed, target_accuracy=target_accuracy,
            )
        except TooFewTextsError:
            return RouterReport("too_few_labels", len(texts), None, None, None, None)
        found = router.classifier.predict_probabilities(
            unseen, None if extra is None else extra[held_out]
        )
        probabilities[np.ix_(held_out, np.searchsorted(names, router.classifier.labels))] = found
        is_answered[held_out] = found.max(axis=1) >= router.threshold
        measured.append(held_out)
    rows = np.sort(np.concatenate(measured))
    predicted = names[probabilities[rows].argmax(axis=1)]
    evaluation = assess_predictions(
        truth[rows], predicted, probabilities[rows], names.tolist(), positions=rows
    )
    answered = int(is_answered[rows].sum())
    accuracy = float((predicted == truth[rows])[is_answered[rows]].mean()) if answered else None
    tolerance = 2 * np.sqrt(target_accuracy * (1 - target_accuracy) / max(answered, 1))
    is_good = accuracy is not None and accuracy >= target_accuracy - tolerance
    return RouterReport(
        status="published" if is_good else "rejected",
        labels_count=len(texts),
        router=fit_router(texts, departments, extra, seed=seed, target_accuracy=target_accuracy)
        if is_good else None,
        evaluation=evaluation,
        answered_share=answered / len(rows),
        answered_accuracy=accuracy,
    )
