"""A text classifier: linear support vector machine on n-grams and dense features, calibrated.

What is classified (sentiment, departments), and whether a model is good enough, do not belong here.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from models_ml.calibration import Calibration, fit_calibration, match_shares
from models_ml.text_features import (
    READ_CHARACTERS,
    Vocabulary,
    batch_texts,
    fit_vocabulary,
    measure_texts,
    number_distinct,
    vectorise_texts,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ALGORITHM_VERSION = "1"
INNER_FOLDS = 5
MINIMUM_TEXTS_PER_CLASS = 10
"""Distinct texts that a class needs, so that each inner fold trains on eight of them."""

TRAINING_CHARACTERS = 8_000_000
"""Characters of texts that are learnt from (80,000 tweets, 16,000 long reviews): about 1.5 GB."""

_COST = 0.3
_CLIP = 3.0
_KINDS = ("word", "character")


class TooFewTextsError(ValueError):
    """There are too few distinct texts of too few classes to learn from, or to hold some out."""


@dataclass(frozen=True, eq=False)
class TextClassifier:
    """A trained classifier; `k` classes, `f` n-grams, `d` dense features.

    `weights` (f, k) and `dense_weights` (d, k) float32; `means` and `scales` (d,) standardise the
    dense features; `shares` (k,) are those of training; `factors` (k,) decide on labels, see
    `match_shares`.
    """

    labels: tuple[str, ...]
    vocabulary: Vocabulary
    weights: np.ndarray
    dense_weights: np.ndarray
    intercepts: np.ndarray
    means: np.ndarray
    scales: np.ndarray
    calibration: Calibration
    shares: np.ndarray
    factors: np.ndarray
    texts_count: int

    def predict_probabilities(
        self, texts: Sequence[str], extra: np.ndarray | None = None
    ) -> np.ndarray:
        """Return calibrated probabilities, (n, k), columns in the order of `labels`.

        Works through the texts in batches, so memory is bounded but for the result.

        Args:
            texts: texts.
            extra: dense features as given to `train_classifier`, (n, …).

        Raises:
            ValueError: `extra` has another shape than in training.
        """
        _check_extra(texts, extra)
        found = np.empty((len(texts), len(self.labels)))
        start = 0
        for batch in batch_texts(texts):
            end = start + len(batch)
            dense = _join_dense(batch, None if extra is None else extra[start:end])
            if dense.shape[1] != len(self.means):
                raise ValueError(f"extra: the model was trained on {len(self.means)} dense "
                                 f"features, not {dense.shape[1]}")
            scores = vectorise_texts(batch, self.vocabulary) @ self.weights + self.intercepts
            scores += _standardise(dense, self.means, self.scales) @ self.dense_weights
            found[start:end] = self.calibration.apply(scores.astype(float))
            start = end
        return found

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the column of the label of each text, (n,): largest `probability * factor`."""
        return (probabilities * self.factors).argmax(axis=1)

    @cached_property
    def version(self) -> str:
        """Algorithm and eight hexadecimal digits over the content: equal models, equal versions."""
        return f"{ALGORITHM_VERSION}-{hashlib.md5(self.to_bytes()).hexdigest()[:8]}"

    def to_bytes(self) -> bytes:
        """Return the model as an npz archive with its settings as JSON; no pickle."""
        settings = {
            "algorithm_version": ALGORITHM_VERSION,
            "labels": self.labels,
            "slope": self.calibration.slope,
            "texts_count": self.texts_count,
        }
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        for kind in _KINDS:
            arrays[f"buckets_{kind}"] = self.vocabulary.buckets[kind]
            arrays[f"idf_{kind}"] = self.vocabulary.weights[kind]
        arrays["offsets"] = self.calibration.offsets
        arrays["settings"] = np.frombuffer(json.dumps(settings).encode(), dtype=np.uint8)
        archive = io.BytesIO()
        np.savez(archive, **arrays)
        return archive.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> TextClassifier:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: written by another version of the algorithm.
        """
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = dict(archive)
        settings = json.loads(arrays["settings"].tobytes())
        if settings["algorithm_version"] != ALGORITHM_VERSION:
            raise ValueError(f"the model is of version {settings['algorithm_version']}, "
                             f"not {ALGORITHM_VERSION}: train it anew")
        return cls(
            labels=tuple(settings["labels"]),
            vocabulary=Vocabulary(
                {kind: arrays[f"buckets_{kind}"] for kind in _KINDS},
                {kind: arrays[f"idf_{kind}"] for kind in _KINDS},
            ),
            calibration=Calibration(settings["slope"], arrays["offsets"]),
            texts_count=settings["texts_count"],
            **{name: arrays[name] for name in _ARRAYS},
        )


_ARRAYS = ("weights", "dense_weights", "intercepts", "means", "scales", "shares", "factors")


@dataclass(frozen=True, eq=False)
class Training:
    """A classifier, and what it said about its own training texts before it had seen them.

    `rows` (m,) are the positions of the texts learnt from; `probabilities` (m, k) are calibrated
    and out of fold: no text equal to it was learnt from. Thresholds are fixed on them.
    """

    classifier: TextClassifier
    rows: np.ndarray
    probabilities: np.ndarray


def train_classifier(
    texts: Sequence[str],
    labels: Sequence[str],
    extra: np.ndarray | None = None,
    *,
    seed: int,
    is_share_matched: bool = True,
) -> TextClassifier:
    """Train a classifier; see `train_with_probabilities`."""
    return train_with_probabilities(
        texts, labels, extra, seed=seed, is_share_matched=is_share_matched
    ).classifier


def train_with_probabilities(
    texts: Sequence[str],
    labels: Sequence[str],
    extra: np.ndarray | None = None,
    *,
    seed: int,
    is_share_matched: bool = True,
) -> Training:
    """Train a classifier and return its out-of-fold probabilities beside it.

    A linear support vector machine (squared hinge, one against the rest, classes weighted by the
    inverse of their share) learns from all texts. Five more each leave out one fifth of the
    distinct texts; their scores of the texts left out fit the calibration and the factors of the
    labels, so nothing is calibrated on texts that were learnt from. Same input, same bytes.

    Args:
        texts: texts; equal ones (after `normalise_text`) never stand on both sides of a fold.
        labels: class of each text.
        extra: dense features, (n, …), such as those of a lexicon; `measure_texts` is added.
        seed: of folds, of the solver and of the sample where the texts exceed
            `TRAINING_CHARACTERS`.
        is_share_matched: labels have the class shares of training (good for macro-F1 and for
            reports); else the label is the likeliest class (best accuracy).

    Raises:
        TooFewTextsError: there are fewer than two classes, or a class has fewer than
            `MINIMUM_TEXTS_PER_CLASS` distinct texts.
        ValueError: lengths differ.
    """
    if len(texts) != len(labels):
        raise ValueError(f"{len(texts)} texts but {len(labels)} labels")
    _check_extra(texts, extra)
    rows = _sample_rows(texts, seed)
    learnt = [texts[row] for row in rows]
    truth = np.asarray(labels, dtype=object)[rows].astype(str)
    groups = number_distinct(learnt)
    _check_classes(truth, groups)
    names, classes = np.unique(truth, return_inverse=True)

    vocabulary = fit_vocabulary(learnt)
    dense = _join_dense(learnt, None if extra is None else extra[rows])
    means, scales = dense.mean(axis=0), dense.std(axis=0)
    scales[scales == 0] = 1
    matrix = _build_matrix(learnt, vocabulary, _standardise(dense, means, scales))

    folds = assign_folds(classes, groups, INNER_FOLDS, seed=seed)
    scores = np.empty((len(rows), len(names)))
    for fold in range(INNER_FOLDS):
        is_left_out = folds == fold
        coefficients, intercepts = _fit_machine(matrix[~is_left_out], classes[~is_left_out], seed)
        scores[is_left_out] = matrix[is_left_out] @ coefficients + intercepts
    coefficients, intercepts = _fit_machine(matrix, classes, seed)

    calibration = fit_calibration(scores, classes)
    probabilities = calibration.apply(scores)
    shares = np.bincount(classes, minlength=len(names)) / len(classes)
    classifier = TextClassifier(
        labels=tuple(names.tolist()),
        vocabulary=vocabulary,
        weights=coefficients[: vocabulary.size].astype(np.float32),
        dense_weights=coefficients[vocabulary.size :].astype(np.float32),
        intercepts=intercepts.astype(np.float32),
        means=means,
        scales=scales,
        calibration=calibration,
        shares=shares,
        factors=match_shares(probabilities, shares) if is_share_matched else np.ones(len(names)),
        texts_count=len(rows),
    )
    return Training(classifier, rows, probabilities)


def assign_folds(
    classes: np.ndarray, groups: np.ndarray, folds: int, *, seed: int
) -> np.ndarray:
    """Return the fold of each row, (n,): groups stay together, classes are spread evenly.

    The groups of a class (that of their first row) are shuffled and dealt out in turn.

    Args:
        classes: (n,) integers.
        groups: (n,) integers; rows of equal groups share a fold.
        folds: number of folds.
        seed: of the shuffling.
    """
    _, firsts, group_of = np.unique(groups, return_index=True, return_inverse=True)
    shuffled = np.random.default_rng(seed).permutation(len(firsts))
    dealt = shuffled[np.argsort(classes[firsts][shuffled], kind="stable")]
    fold_of = np.empty(len(firsts), dtype=np.int64)
    fold_of[dealt] = np.arange(len(firsts)) % folds
    return fold_of[group_of]


def find_learnable(labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return which rows are of a class with `MINIMUM_TEXTS_PER_CLASS` distinct texts, (n,) bools.

    A text with several labels counts for the first.
    """
    _, firsts = np.unique(groups, return_index=True)
    names, counts = np.unique(labels[firsts], return_counts=True)
    return np.isin(labels, names[counts >= MINIMUM_TEXTS_PER_CLASS])


def _fit_machine(
    matrix: csr_matrix, classes: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=_COST, class_weight="balanced", random_state=seed, max_iter=5_000)
    machine.fit(matrix, classes)
    if len(machine.classes_) == 2:
        coefficients = np.concatenate([-machine.coef_, machine.coef_])
        return coefficients.T, np.concatenate([-machine.intercept_, machine.intercept_])
    return machine.coef_.T, machine.intercept_


def _build_matrix(
    texts: Sequence[str], vocabulary: Vocabulary, dense: np.ndarray
) -> csr_matrix:
    from scipy.sparse import csr_matrix, hstack, vstack

    ngrams = vstack([vectorise_texts(batch, vocabulary) for batch in batch_texts(texts)])
    return hstack([ngrams, csr_matrix(dense)], format="csr")


def _join_dense(texts: Sequence[str], extra: np.ndarray | None) -> np.ndarray:
    measured = measure_texts(texts)
    joined = measured if extra is None else np.hstack([measured, extra])
    return joined.astype(np.float64)


def _standardise(dense: np.ndarray, means: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Scale to unit variance and the whole block to about length 1, as the blocks of n-grams."""
    standardised = np.clip((dense - means) / scales, -_CLIP, _CLIP)
    return (standardised / np.sqrt(dense.shape[1])).astype(np.float32)


def _sample_rows(texts: Sequence[str], seed: int) -> np.ndarray:
    lengths = np.array([min(len(text), READ_CHARACTERS) for text in texts], dtype=np.int64)
    if lengths.sum() <= TRAINING_CHARACTERS:
        return np.arange(len(texts))
    shuffled = np.random.default_rng(seed).permutation(len(texts))
    is_within = np.cumsum(lengths[shuffled]) <= TRAINING_CHARACTERS
    return np.sort(shuffled[is_within])


def _check_extra(texts: Sequence[str], extra: np.ndarray | None) -> None:
    if extra is not None and (extra.ndim != 2 or len(extra) != len(texts)):
        raise ValueError(f"extra: shape {extra.shape} does not fit {len(texts)} texts")


def _check_classes(labels: np.ndarray, groups: np.ndarray) -> None:
    if len(np.unique(labels)) < 2:
        raise TooFewTextsError("a classifier needs at least two classes")
    rare = sorted(set(labels[~find_learnable(labels, groups)]))
    if rare:
        raise TooFewTextsError(
            f"fewer than {MINIMUM_TEXTS_PER_CLASS} distinct texts of {', '.join(rare)}"
        )
