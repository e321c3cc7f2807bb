"""How good a text classifier is on texts it has not seen, and whether its probabilities are true.

Training and what follows from the figures (publish, reject) do not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_ml.calibration import calibration_error
from models_ml.text_classifier import (
    TooFewTextsError,
    assign_folds,
    find_learnable,
    train_classifier,
)
from models_ml.text_features import number_distinct

EVALUATION_FOLDS = 5
MANY_TEXTS = 5_000
"""From here on one fold (1,000 texts) measures well enough, at a fifth of the cost of five."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was found on texts held out.

    `calibration_error` is of the probability of the label given, 15 bins. `share_error` is the
    largest difference over the classes between mean probability and true share,
    `label_share_error` that between the shares of the labels given and the true ones.
    `confusion` has the truth as rows and the labels given as columns. `held_out` has one row per
    text held out: position (in the input), truth, label, probability (of the label).
    """

    texts_count: int
    macro_f1: float
    accuracy: float
    calibration_error: float
    share_error: float
    label_share_error: float
    confusion: pd.DataFrame
    held_out: pd.DataFrame


def evaluate_classifier(
    texts: Sequence[str],
    labels: Sequence[str],
    extra: np.ndarray | None = None,
    *,
    seed: int,
    times: np.ndarray | None = None,
    held_out_folds: int = EVALUATION_FOLDS,
    is_share_matched: bool = True,
) -> Evaluation:
    """Train on a part, predict the rest, and compare.

    Without `times`: five folds of distinct texts; each text is predicted by a model that has not
    seen an equal one. With `times`: the last fifth in time is predicted from what came before,
    without the texts that came before in equal words. Calibration and factors are fitted within
    the training part only, by folds of its own.

    Args:
        texts: texts.
        labels: true class of each text; one that is too rare to be learnt in the training part
            (see `train_classifier`) is left out of it, and counts as an error.
        extra: dense features, (n, …).
        seed: of folds and training.
        times: (n,) sortable instants of the texts.
        held_out_folds: how many of the five folds are predicted; one costs a fifth.
        is_share_matched: as in `train_classifier`.

    Raises:
        TooFewTextsError: as `train_classifier`, or times leave nothing to predict.
        ValueError: as `train_classifier`.
    """
    truth = np.asarray(labels, dtype=object).astype(str)
    names = np.unique(truth)
    parts = list(split_texts(texts, truth, seed=seed, times=times, held_out_folds=held_out_folds))
    probabilities = np.zeros((len(texts), len(names)))
    predicted = np.full(len(texts), -1)
    for learnt, held_out in parts:
        classifier = train_classifier(
            [texts[row] for row in learnt], truth[learnt].tolist(),
            None if extra is None else extra[learnt],
            seed=seed, is_share_matched=is_share_matched,
        )
        found = classifier.predict_probabilities(
            [texts[row] for row in held_out], None if extra is None else extra[held_out]
        )
        columns = np.searchsorted(names, classifier.labels)
        probabilities[np.ix_(held_out, columns)] = found
        predicted[held_out] = columns[classifier.decide(found)]
    rows = np.concatenate([held_out for _, held_out in parts])
    rows.sort()
    return assess_predictions(
        truth[rows], names[predicted[rows]], probabilities[rows], names.tolist(), positions=rows
    )


def split_texts(
    texts: Sequence[str],
    labels: np.ndarray,
    *,
    seed: int,
    times: np.ndarray | None = None,
    held_out_folds: int = EVALUATION_FOLDS,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (rows to learn from, rows held out) as `evaluate_classifier` describes.

    No text held out has an equal one among those learnt from, and classes too rare to be learnt
    are left out of these.
    """
    groups = number_distinct(texts)
    if times is None:
        _, classes = np.unique(labels, return_inverse=True)
        folds = assign_folds(classes, groups, EVALUATION_FOLDS, seed=seed)
        parts = [(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold))
                 for fold in range(held_out_folds)]
    else:
        parts = [_split_in_time(groups, times)]
    for learnt, held_out in parts:
        yield learnt[find_learnable(labels[learnt], groups[learnt])], held_out


def assess_predictions(
    truth: Sequence[str] | np.ndarray,
    predicted: Sequence[str] | np.ndarray,
    probabilities: np.ndarray,
    names: Sequence[str],
    *,
    positions: np.ndarray | None = None,
) -> Evaluation:
    """Compare labels and probabilities with the truth.

    Args:
        truth: (n,) true labels.
        predicted: (n,) labels given.
        probabilities: (n, k), columns in the order of `names`.
        names: (k,) all labels.
        positions: (n,) written to `held_out`; else 0 to n - 1.
    """
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    column_of = {name: column for column, name in enumerate(names)}
    given = np.array([column_of[label] for label in predicted])
    of_label = probabilities[np.arange(len(truth)), given]
    true_shares = np.array([(truth == name).mean() for name in names])
    label_shares = np.array([(predicted == name).mean() for name in names])
    confusion = count_confusion(truth, predicted, names)
    return Evaluation(
        texts_count=len(truth),
        macro_f1=float(macro_f1(confusion.to_numpy())),
        accuracy=float((truth == predicted).mean()),
        calibration_error=calibration_error(of_label, truth == predicted),
        share_error=float(np.abs(probabilities.mean(axis=0) - true_shares).max()),
        label_share_error=float(np.abs(label_shares - true_shares).max()),
        confusion=confusion,
        held_out=pd.DataFrame({
            "position": np.arange(len(truth)) if positions is None else positions,
            "truth": truth,
            "label": predicted,
            "probability": of_label,
        }),
    )


def count_confusion(
    truth: np.ndarray, predicted: np.ndarray, names: Sequence[str]
) -> pd.DataFrame:
    """Return counts with the truth as rows and the labels given as columns, both of `names`."""
    counts = pd.crosstab(pd.Series(truth, name="truth"), pd.Series(predicted, name="label"))
    return counts.reindex(index=list(names), columns=list(names), fill_value=0)


def macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Return the mean of `2 tp / (true + given)` over the classes that occur in the truth, (…).

    Args:
        confusion: (…, k, k) counts, truth by label given.
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    true, given = confusion.sum(axis=-1), confusion.sum(axis=-2)
    scores = np.where(true > 0, 2 * right / np.maximum(true + given, 1), 0)
    return scores.sum(axis=-1) / np.maximum((true > 0).sum(axis=-1), 1)


def _split_in_time(groups: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ordered = np.argsort(times, kind="stable")
    cut = len(ordered) - len(ordered) // EVALUATION_FOLDS
    learnt, later = ordered[:cut], ordered[cut:]
    held_out = later[~np.isin(groups[later], groups[learnt])]
    if not len(held_out):
        raise TooFewTextsError("the last fifth of the texts has none that is new")
    return np.sort(learnt), np.sort(held_out)
