"""Sentiment learnt from a company's own scores, one model per language, judged against the lexicon.

The lexicon models, what a classifier is, and human corrections do not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from models_ml.classifier_evaluation import (
    EVALUATION_FOLDS,
    MANY_TEXTS,
    Evaluation,
    count_confusion,
    evaluate_classifier,
    macro_f1,
)
from models_ml.frames import require_columns
from models_ml.language import UNKNOWN_LANGUAGE
from models_ml.sentiment import find_irony, lexicon_features, lexicon_versions, score_lexicon
from models_ml.text_classifier import (
    TextClassifier,
    TooFewTextsError,
    find_learnable,
    train_classifier,
)
from models_ml.text_features import number_distinct

MODEL_NAME = "trained-sentiment"
SENTIMENT_LABELS = ("negative", "neutral", "positive")
MINIMUM_LABELS = 300
MAXIMUM_LABELS = 100_000
"""Labels of one language that are looked at; more of them are sampled, by the seed."""

UNSURE_BELOW = 0.5
"""Probability of the label below which a text is unsure."""

_SCORE_NEGATIVE_BELOW, _SCORE_POSITIVE_ABOVE = 0.4, 0.6
_RESAMPLES = 1_000
_CONFIDENCE = 0.95

_CHUNK = 50_000
_SCORED = ["text_key", "polarity", "sentiment_label", "sentiment_probability", "is_unsure",
           "model_name", "model_version"]

Status = Literal["published", "rejected", "too_few_labels"]


@dataclass(frozen=True, eq=False)
class SentimentTraining:
    """The model of one language with what was measured on texts held out.

    `classifier` only where `status` is published. `beats_lexicon` is the share of resamples of
    the texts held out in which the macro-F1 is above the lexicon's. `evaluation` and the figures
    are empty where there are too few labels.
    """

    language: str
    status: Status
    labels_count: int
    classifier: TextClassifier | None = None
    evaluation: Evaluation | None = None
    lexicon_macro_f1: float | None = None
    lexicon_confusion: pd.DataFrame | None = None
    beats_lexicon: float | None = None

    @property
    def macro_f1(self) -> float | None:
        """Macro-F1 of the trained model on the texts held out."""
        return self.evaluation.macro_f1 if self.evaluation else None

    @property
    def calibration_error(self) -> float | None:
        """Expected calibration error of the label on the texts held out."""
        return self.evaluation.calibration_error if self.evaluation else None

    @property
    def share_error(self) -> float | None:
        """Largest difference between mean probability and true share of a class."""
        return self.evaluation.share_error if self.evaluation else None

    @property
    def confusion(self) -> pd.DataFrame | None:
        """Counts on the texts held out, truth as rows."""
        return self.evaluation.confusion if self.evaluation else None


def labels_from_scores(score_normalised: pd.Series, nps_class: pd.Series) -> pd.Series:
    """Return the sentiment that a score beside a text says; empty where there is none.

    An NPS class outranks: detractor is negative, passive neutral, promoter positive. Else the
    score on 0 to 1: below .4 negative (one and two stars of five), above .6 positive (four and
    five), between them neutral.
    """
    of_class = nps_class.map(
        {"detractor": "negative", "passive": "neutral", "promoter": "positive"}
    ).astype("str")
    score = score_normalised.astype("float64")
    of_score = pd.Series(np.select(
        [score < _SCORE_NEGATIVE_BELOW, score > _SCORE_POSITIVE_ABOVE], ["negative", "positive"],
        "neutral",
    ), index=score.index, dtype="str").where(score.notna())
    return of_class.fillna(of_score)


def train_sentiment(
    labelled: pd.DataFrame,
    *,
    seed: int,
    minimum_labels: int = MINIMUM_LABELS,
    times: pd.Series | None = None,
) -> dict[str, SentimentTraining]:
    """Train a model of each language, and publish it only where it beats the lexicon.

    Texts held out (`evaluate_classifier`: five folds of distinct texts, one of them from 5,000
    texts on; or the last fifth in time) are labelled by both models. The trained one is published
    when its macro-F1 is the higher one in 95 % of 1,000 resamples of these texts, so that luck
    with some sixty texts does not replace a lexicon; it is then trained on all texts. A text that
    the lexicon calls unknown counts as neutral. One model per language, since that measures
    better than one for all (docs/text_models.md).

    Args:
        labelled: text_key, text (masked), language, label (negative, neutral, positive); one row
            per label, so a text may repeat.
        seed: of folds, training and resamples.
        minimum_labels: of one language, below it the status is too_few_labels; so it is when
            fewer than two classes have ten distinct texts to learn from, or none is left to judge
            the model.
        times: instant of each row, in the index of `labelled`.

    Returns:
        By language, in order.

    Raises:
        ValueError: a column is missing, or a label is none of the three.
    """
    require_columns(labelled, ["text_key", "text", "language", "label"], "labelled")
    if unknown := sorted(set(labelled["label"].astype(str)) - set(SENTIMENT_LABELS)):
        raise ValueError(f"labelled: unknown label {', '.join(unknown)}")
    trained = {}
    # The order of the rows decides on folds: the same labels must give the same model.
    ordered = labelled.sort_values(["language", "text_key", "label"], kind="stable")
    for language, rows in ordered.groupby("language", sort=True):
        instants = None if times is None else times.loc[rows.index].to_numpy()
        trained[str(language)] = _train_language(
            str(language), rows, instants, seed=seed, minimum_labels=minimum_labels
        )
    return trained


def score_trained(models: Mapping[str, TextClassifier], texts: pd.DataFrame) -> pd.DataFrame:
    """Say how positive or negative each text is, by the trained model of its language.

    Grain: one row per text whose language has a model, in order; the lexicon serves the others.
    Polarity is p(positive) - p(negative), -1..1; sentiment_probability is that of the label;
    is_unsure says that it is below `UNSURE_BELOW`, or that the lexicon finds a cue for irony, of
    which scores teach a model too little: few texts are ironic.

    Args:
        models: published classifiers by language.
        texts: text_key, text (masked), language; one row per distinct text.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(texts, ["text_key", "text", "language"], "texts")
    language = texts["language"].to_numpy(dtype=object)
    found, parts = [np.empty(0, dtype=np.int64)], [pd.DataFrame(columns=_SCORED)]
    for code, model in sorted(models.items()):
        rows = np.flatnonzero(language == code)
        version = trained_version(model, code)
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            found.append(chunk)
            parts.append(_score_chunk(model, code, version, texts.iloc[chunk]))
    order = np.argsort(np.concatenate(found), kind="stable")
    return pd.concat(parts[1:] or parts, ignore_index=True).iloc[order].reset_index(drop=True)


def trained_version(model: TextClassifier, language: str) -> str:
    """Return the version of what `score_trained` concludes: of the model and of the lexicon."""
    versions = lexicon_versions()
    return f"{model.version}-{versions.get(language, versions[UNKNOWN_LANGUAGE])}"


def _score_chunk(
    model: TextClassifier, language: str, version: str, texts: pd.DataFrame
) -> pd.DataFrame:
    read = texts["text"].tolist()
    features = lexicon_features(read, [language] * len(read))
    probabilities = model.predict_probabilities(read, features)
    columns = model.decide(probabilities)
    probability = probabilities[np.arange(len(texts)), columns]
    by_label = dict(zip(model.labels, probabilities.T, strict=True))
    nothing = np.zeros(len(texts))
    return pd.DataFrame({
        "text_key": texts["text_key"].to_numpy(),
        "polarity": by_label.get("positive", nothing) - by_label.get("negative", nothing),
        "sentiment_label": np.array(model.labels)[columns],
        "sentiment_probability": probability,
        "is_unsure": (probability < UNSURE_BELOW) | find_irony(features),
        "model_name": f"{MODEL_NAME}-{language}",
        "model_version": version,
    })


def _train_language(
    language: str,
    rows: pd.DataFrame,
    times: np.ndarray | None,
    *,
    seed: int,
    minimum_labels: int,
) -> SentimentTraining:
    labels_count = len(rows)
    if labels_count > MAXIMUM_LABELS:
        is_kept = np.zeros(labels_count, dtype=bool)
        generator = np.random.default_rng(seed)
        is_kept[generator.choice(labels_count, MAXIMUM_LABELS, replace=False)] = True
        rows, times = rows[is_kept], None if times is None else times[is_kept]
    texts, labels = rows["text"].tolist(), rows["label"].to_numpy(dtype=object).astype(str)
    is_learnable = find_learnable(labels, number_distinct(texts))
    if labels_count < minimum_labels or len(np.unique(labels[is_learnable])) < 2:
        return SentimentTraining(language, "too_few_labels", labels_count)
    extra = lexicon_features(texts, rows["language"].tolist())
    try:
        evaluation = evaluate_classifier(
            texts, labels.tolist(), extra, seed=seed, times=times,
            held_out_folds=EVALUATION_FOLDS if len(rows) < MANY_TEXTS else 1,
        )
    except TooFewTextsError:
        return SentimentTraining(language, "too_few_labels", labels_count)
    held_out = rows.iloc[evaluation.held_out["position"].to_numpy()]
    by_lexicon = _label_by_lexicon(held_out)
    truth = evaluation.held_out["truth"].to_numpy(dtype=object)
    by_classifier = evaluation.held_out["label"].to_numpy(dtype=object)
    lexicon_confusion = count_confusion(truth, by_lexicon, SENTIMENT_LABELS)
    beats_lexicon = _compare(truth, by_classifier, by_lexicon, seed)
    is_better = beats_lexicon >= _CONFIDENCE
    kept = np.flatnonzero(is_learnable)
    return SentimentTraining(
        language=language,
        status="published" if is_better else "rejected",
        labels_count=labels_count,
        classifier=train_classifier(
            [texts[row] for row in kept], labels[kept].tolist(), extra[kept], seed=seed
        ) if is_better else None,
        evaluation=evaluation,
        lexicon_macro_f1=float(macro_f1(lexicon_confusion.to_numpy())),
        lexicon_confusion=lexicon_confusion,
        beats_lexicon=beats_lexicon,
    )


def _label_by_lexicon(texts: pd.DataFrame) -> np.ndarray:
    distinct = texts.drop_duplicates("text_key")[["text_key", "text", "language"]]
    label_of = score_lexicon(distinct).set_index("text_key")["sentiment_label"]
    return texts["text_key"].map(label_of).replace("unknown", "neutral").to_numpy(dtype=object)


def _compare(
    truth: np.ndarray, by_classifier: np.ndarray, by_lexicon: np.ndarray, seed: int
) -> float:
    """Return the share of bootstrap resamples in which the classifier's macro-F1 is higher.

    Resampling texts is drawing the counts of (truth, classifier, lexicon) from a multinomial.
    """
    k = len(SENTIMENT_LABELS)
    number = {label: position for position, label in enumerate(SENTIMENT_LABELS)}
    cells = [
        (number[true] * k + number[classified]) * k + number[looked_up]
        for true, classified, looked_up in zip(truth, by_classifier, by_lexicon, strict=True)
    ]
    counts = np.bincount(cells, minlength=k**3)
    drawn = np.random.default_rng(seed).multinomial(
        len(cells), counts / len(cells), size=_RESAMPLES
    ).reshape(_RESAMPLES, k, k, k)
    return float((macro_f1(drawn.sum(axis=3)) > macro_f1(drawn.sum(axis=2))).mean())
