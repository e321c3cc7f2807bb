"""The text classifier finds planted classes, is calibrated, deterministic, and survives a file."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml import text_classifier, text_features
from models_ml.calibration import calibration_error
from models_ml.text_classifier import (
    TextClassifier,
    assign_folds,
    train_classifier,
    train_with_probabilities,
)
from tests.unit.models_ml.labelled_texts import make_texts


@pytest.fixture(scope="module")
def classifier() -> TextClassifier:
    """Trained on texts of which a quarter is drawn from any class."""
    return train_classifier(*make_texts(1_500, seed=1, noise=0.25), seed=7)


def test_planted_classes_are_found() -> None:
    texts, labels = make_texts(900, seed=2)
    model = train_classifier(texts[:600], labels[:600], seed=7)
    found = model.decide(model.predict_probabilities(texts[600:]))
    assert (np.array(model.labels)[found] == labels[600:]).mean() > 0.98


def test_probabilities_and_shares_hold_on_unseen_texts(classifier: TextClassifier) -> None:
    texts, labels = make_texts(4_000, seed=3, noise=0.25)
    probabilities = classifier.predict_probabilities(texts)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    columns = classifier.decide(probabilities)
    is_right = np.array(classifier.labels)[columns] == labels
    assert 0.75 < is_right.mean() < 0.92
    assert calibration_error(probabilities.max(axis=1),
                             probabilities.argmax(axis=1) == np.searchsorted(
                                 classifier.labels, labels)) < 0.04
    true_shares = [labels.count(label) / len(labels) for label in classifier.labels]
    assert probabilities.mean(axis=0) == pytest.approx(true_shares, abs=0.02)
    label_shares = np.bincount(columns, minlength=3) / len(labels)
    assert label_shares == pytest.approx(true_shares, abs=0.04)


def test_same_input_gives_same_bytes_and_another_seed_other_ones(
    classifier: TextClassifier,
) -> None:
    texts, labels = make_texts(1_500, seed=1, noise=0.25)
    assert train_classifier(texts, labels, seed=7).to_bytes() == classifier.to_bytes()
    assert train_classifier(texts, labels, seed=8).version != classifier.version


def test_a_file_gives_the_model_back(classifier: TextClassifier) -> None:
    content = classifier.to_bytes()
    restored = TextClassifier.from_bytes(content)
    texts, _ = make_texts(50, seed=4)
    assert restored.to_bytes() == content
    assert restored.version == classifier.version
    assert restored.predict_probabilities(texts).tolist() == classifier.predict_probabilities(
        texts).tolist()
    assert b"pickle" not in content


def test_a_model_of_another_version_is_refused(
    classifier: TextClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = classifier.to_bytes()
    monkeypatch.setattr(text_classifier, "ALGORITHM_VERSION", "0")
    with pytest.raises(ValueError, match="version 1, not 0"):
        TextClassifier.from_bytes(content)


def test_batches_change_nothing(
    classifier: TextClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, _ = make_texts(200, seed=5)
    whole = classifier.predict_probabilities(texts)
    largest = []
    hash_ngrams = text_features._hash_ngrams

    def watch(batch: list[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        largest.append(sum(map(len, batch)))
        return hash_ngrams(batch)

    monkeypatch.setattr(text_features, "BATCH_CHARACTERS", 1_000)
    monkeypatch.setattr(text_features, "_hash_ngrams", watch)
    assert classifier.predict_probabilities(texts) == pytest.approx(whole, abs=1e-6)
    assert len(largest) > 10
    assert max(largest) <= 1_000


def test_dense_features_are_used() -> None:
    labels = ["a", "b"] * 100
    texts, _ = make_texts(200, seed=11)
    extra = np.array([[1.0], [2.0]] * 100) + np.random.default_rng(6).normal(0, 0.1, (200, 1))
    model = train_classifier(texts, labels, extra, seed=1)
    found = model.predict_probabilities(["was denn"] * 2, np.array([[1.0], [2.0]]))
    assert found[0, 0] > 0.9
    assert found[1, 1] > 0.9
    with pytest.raises(ValueError, match="dense features"):
        model.predict_probabilities(["was denn"])
    with pytest.raises(ValueError, match="does not fit 1 texts"):
        model.predict_probabilities(["was denn"], np.ones((2, 1)))


def test_out_of_fold_probabilities_are_of_machines_that_had_not_seen_the_text() -> None:
    # Labels without reason: a machine that had seen the text would know it by heart.
    texts, _ = make_texts(600, seed=8)
    labels = np.random.default_rng(9).choice(["a", "b"], size=600).tolist()
    training = train_with_probabilities([*texts, *texts], [*labels, *labels], seed=1)
    likeliest = np.array(training.classifier.labels)[training.probabilities.argmax(axis=1)]
    assert (likeliest == np.array([*labels, *labels])).mean() < 0.6


def test_many_characters_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, labels = make_texts(400, seed=10)
    monkeypatch.setattr(text_classifier, "TRAINING_CHARACTERS", sum(map(len, texts)) // 2)
    training = train_with_probabilities(texts, labels, seed=1)
    assert 190 < len(training.rows) < 210
    assert training.classifier.texts_count == len(training.rows) == len(training.probabilities)
    assert training.rows.tolist() == sorted(set(training.rows.tolist()))


def test_folds_keep_groups_together_and_spread_classes() -> None:
    groups = np.repeat(np.arange(100), 3)
    classes = np.repeat([0] * 80 + [1] * 20, 3)
    folds = assign_folds(classes, groups, 5, seed=1)
    assert all(len(set(folds[groups == group])) == 1 for group in range(100))
    for fold in range(5):
        assert np.bincount(classes[folds == fold]).tolist() == [48, 12]
    assert folds.tolist() != assign_folds(classes, groups, 5, seed=2).tolist()


@pytest.mark.parametrize(("texts", "labels", "message"), [
    (["a"], ["x", "y"], "1 texts but 2 labels"),
    ([f"t{row}" for row in range(20)], ["x"] * 20, "at least two classes"),
    ([f"t{row}" for row in range(20)], ["x"] * 15 + ["y"] * 5, "fewer than 10 distinct texts of y"),
    # Twenty rows of y, but one text.
    ([*(f"t{letter}" for letter in "abcdefghijkl"), *["gleich"] * 20], ["x"] * 12 + ["y"] * 20,
     "distinct texts of y"),
])
def test_what_cannot_be_learnt_is_refused(
    texts: list[str], labels: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        train_classifier(texts, labels, seed=1)
