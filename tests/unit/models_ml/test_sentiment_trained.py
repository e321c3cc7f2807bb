"""Sentiment learnt from own scores: labels, the gate against the lexicon, what is scored."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_ml import sentiment_trained
from models_ml.label_shift import detect_share_drift
from models_ml.sentiment import lexicon_features
from models_ml.sentiment_trained import (
    labels_from_scores,
    score_trained,
    train_sentiment,
    trained_version,
)
from models_ml.text_classifier import TextClassifier
from tests.unit.models_ml.labelled_texts import make_texts


def predict(model: TextClassifier, texts: list[str]) -> np.ndarray:
    return model.predict_probabilities(texts, lexicon_features(texts, ["de"] * len(texts)))


def labelled_frame(texts: list[str], labels: list[str], language: str = "de") -> pd.DataFrame:
    return pd.DataFrame({"text_key": [f"{language}{row:04d}" for row in range(len(texts))],
                         "text": texts, "language": language, "label": labels})


@pytest.fixture(scope="module")
def trained() -> dict[str, sentiment_trained.SentimentTraining]:
    """German with a planted rule, Dutch with labels without reason, English with few labels."""
    texts, labels = make_texts(500, seed=1)
    others, _ = make_texts(500, seed=2)
    random = np.random.default_rng(3).choice(["negative", "neutral", "positive"], 500).tolist()
    return train_sentiment(pd.concat([
        labelled_frame(texts, labels, "de"),
        labelled_frame(others, random, "nl"),
        labelled_frame(texts[:299], labels[:299], "en"),
    ], ignore_index=True), seed=1)


@pytest.mark.parametrize(("score", "nps_class", "expected"), [
    (0.0, None, "negative"), (0.25, None, "negative"), (0.5, None, "neutral"),
    (0.75, None, "positive"), (1.0, None, "positive"), (None, None, None),
    (0.6, "detractor", "negative"), (0.8, "passive", "neutral"), (None, "promoter", "positive"),
])
def test_label_of_a_score(score: float | None, nps_class: str | None, expected: str | None) -> None:
    found = labels_from_scores(pd.Series([score], dtype="Float64"),
                               pd.Series([nps_class], dtype="str"))
    assert found.astype(object).where(found.notna(), None).tolist() == [expected]


def test_labels_keep_the_index_of_scores_without_any_class() -> None:
    scores = pd.Series([0.0, 1.0], index=[7, 9])
    found = labels_from_scores(scores, pd.Series([None, None], index=[7, 9]))
    assert found.to_dict() == {7: "negative", 9: "positive"}


def test_a_model_that_beats_the_lexicon_is_published(
    trained: dict[str, sentiment_trained.SentimentTraining],
) -> None:
    german = trained["de"]
    assert german.status == "published"
    assert german.labels_count == 500
    assert german.macro_f1 is not None and german.lexicon_macro_f1 is not None
    assert german.macro_f1 > 0.95 > german.lexicon_macro_f1
    assert german.beats_lexicon == 1
    assert german.calibration_error is not None and german.calibration_error < 0.08
    assert german.share_error is not None and german.share_error < 0.03
    # Every text was held out once.
    assert german.confusion is not None and german.confusion.to_numpy().sum() == 500
    assert german.lexicon_confusion is not None
    assert german.lexicon_confusion.to_numpy().sum() == 500


def test_a_model_that_learnt_nothing_is_rejected(
    trained: dict[str, sentiment_trained.SentimentTraining],
) -> None:
    dutch = trained["nl"]
    assert dutch.status == "rejected"
    assert dutch.classifier is None
    assert dutch.macro_f1 is not None and dutch.macro_f1 < 0.45


def test_the_lexicon_is_not_beaten_by_less_than_luck(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, labels = make_texts(300, seed=4)
    frame = labelled_frame(texts, labels)
    # A lexicon that knows it all: the trained model cannot be above it.
    known = frame[["text_key", "label"]].rename(columns={"label": "sentiment_label"})
    monkeypatch.setattr(sentiment_trained, "score_lexicon", lambda _: known)
    german = train_sentiment(frame, seed=1)["de"]
    assert german.lexicon_macro_f1 == 1
    assert german.status == "rejected"


def test_too_few_labels_are_not_learnt_from(
    trained: dict[str, sentiment_trained.SentimentTraining],
) -> None:
    english = trained["en"]
    assert (english.status, english.labels_count) == ("too_few_labels", 299)
    assert english.classifier is None and english.evaluation is None and english.macro_f1 is None


@pytest.mark.parametrize("negative_count", [5, 11])
def test_one_class_alone_is_too_few(negative_count: int) -> None:
    # Of eleven texts nine are left to learn from, where two are held out.
    texts, _ = make_texts(310, seed=5)
    labels = ["positive"] * (310 - negative_count) + ["negative"] * negative_count
    german = train_sentiment(labelled_frame(texts, labels), seed=1)["de"]
    assert (german.status, german.labels_count) == ("too_few_labels", 310)


def test_nothing_new_to_judge_by_is_too_few() -> None:
    texts, labels = make_texts(100, seed=12)
    frame = labelled_frame(texts * 4, labels * 4)
    times = pd.Series(range(400), index=frame.index)
    assert train_sentiment(frame, seed=1, times=times)["de"].status == "too_few_labels"


def test_the_order_of_the_labels_does_not_matter() -> None:
    texts, labels = make_texts(150, seed=6)
    frame = labelled_frame(texts, labels)
    mixed = frame.sample(frac=1, random_state=1)
    first = train_sentiment(frame, seed=1, minimum_labels=100)["de"].classifier
    second = train_sentiment(mixed, seed=1, minimum_labels=100)["de"].classifier
    assert first is not None and second is not None
    assert first.to_bytes() == second.to_bytes()


def test_many_labels_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentiment_trained, "MAXIMUM_LABELS", 320)
    texts, labels = make_texts(400, seed=7)
    german = train_sentiment(labelled_frame(texts, labels), seed=1)["de"]
    assert german.labels_count == 400
    assert german.classifier is not None and german.classifier.texts_count == 320


def test_later_texts_judge_the_model() -> None:
    texts, labels = make_texts(400, seed=8)
    frame = labelled_frame(texts, labels)
    times = pd.Series(pd.date_range("2026-01-01", periods=400), index=frame.index)
    german = train_sentiment(frame, seed=1, times=times)["de"]
    assert german.evaluation is not None and german.evaluation.texts_count == 80


@pytest.mark.parametrize(("change", "message"), [
    ({"label": "great"}, "unknown label great"),
    ({"language": None}, "missing column language"),
])
def test_wrong_input_is_refused(change: dict[str, str | None], message: str) -> None:
    frame = labelled_frame(["a"], ["positive"])
    for column, value in change.items():
        frame = frame.drop(columns=column) if value is None else frame.assign(**{column: value})
    with pytest.raises(ValueError, match=message):
        train_sentiment(frame, seed=1)


def test_texts_of_the_languages_with_a_model_are_scored_in_order(
    trained: dict[str, sentiment_trained.SentimentTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = trained["de"].classifier
    assert model is not None
    texts, labels = make_texts(60, seed=9)
    frame = labelled_frame(texts, labels).drop(columns="label")
    frame.loc[frame.index % 3 == 0, "language"] = "fr"
    monkeypatch.setattr(sentiment_trained, "_CHUNK", 7)
    scored = score_trained({"de": model}, frame)
    german = frame["language"] == "de"
    assert scored.columns.tolist() == [
        "text_key", "polarity", "sentiment_label", "sentiment_probability", "is_unsure",
        "model_name", "model_version"]
    assert scored["text_key"].tolist() == frame["text_key"][german].tolist()
    assert (scored["sentiment_label"] == np.array(labels)[german]).mean() > 0.95
    probabilities = predict(model, frame["text"][german].tolist())
    assert scored["polarity"].tolist() == pytest.approx(
        (probabilities[:, 2] - probabilities[:, 0]).tolist(), abs=1e-6)
    assert (scored["is_unsure"] == (scored["sentiment_probability"] < 0.5)).all()
    assert set(scored["model_version"]) == {trained_version(model, "de")}
    assert set(scored["model_name"]) == {"trained-sentiment-de"}


def test_the_version_changes_with_the_lexicon_that_gives_the_features(
    trained: dict[str, sentiment_trained.SentimentTraining], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = trained["de"].classifier
    assert model is not None
    before = trained_version(model, "de")
    assert before.startswith(model.version)
    monkeypatch.setattr(sentiment_trained, "lexicon_versions",
                        lambda: {"de": "other", "unknown": "none"})
    assert trained_version(model, "de") == f"{model.version}-other"
    assert before != f"{model.version}-other"


def test_without_models_nothing_is_scored() -> None:
    frame = labelled_frame(["a"], ["positive"])
    assert score_trained({}, frame).empty


def test_a_text_that_speaks_for_two_classes_is_unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentiment_trained, "UNSURE_BELOW", 0.9)
    texts, labels = make_texts(400, seed=11, noise=0.3)
    model = train_sentiment(labelled_frame(texts, labels), seed=1)["de"].classifier
    assert model is not None
    frame = labelled_frame(["pluwi brelt", "zorpig quallt hurmf"], ["", ""])
    scored = score_trained({"de": model}, frame)
    assert scored["is_unsure"].tolist() == [True, False]
    assert scored["polarity"].iloc[1] < -0.8


@pytest.mark.parametrize("cue", ["Na toll", "🙄", "Danke für nichts!", "Super „Service“"])
def test_a_cue_of_irony_is_unsure_however_sure_the_model_is(
    trained: dict[str, sentiment_trained.SentimentTraining], cue: str
) -> None:
    model = trained["de"].classifier
    assert model is not None
    plain = "zorpig quallt hurmf zorpig quallt hurmf"
    scored = score_trained({"de": model}, labelled_frame([plain, f"{cue} {plain}"], ["", ""]))
    assert scored["sentiment_label"].tolist() == ["negative", "negative"]
    assert (scored["sentiment_probability"] > 0.5).all()
    assert scored["is_unsure"].tolist() == [False, True]


def test_drift_of_the_shares_is_noticed(
    trained: dict[str, sentiment_trained.SentimentTraining],
) -> None:
    model = trained["de"].classifier
    assert model is not None
    for shares, is_drifted in (((0.5, 0.3, 0.2), False), ((0.1, 0.2, 0.7), True)):
        texts, _ = make_texts(400, seed=10, shares=shares)
        probabilities = predict(model, texts)
        assert detect_share_drift(probabilities, model.shares,
                                  model.labels).is_drifted == is_drifted
