"""What a classifier reads: tokens of a text, hashed n-grams, batches."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml import text_features
from models_ml.text_features import (
    batch_texts,
    fit_vocabulary,
    measure_texts,
    normalise_text,
    number_distinct,
    vectorise_texts,
)


@pytest.mark.parametrize(("text", "expected"), [
    ("Die LIEFERUNG war spät!!!", "die lieferung war spaet !!!"),
    ("Straße, Größe; Café", "strasse groesse cafe"),
    ("@shop danke &amp; Gruß https://t.example/x?y=1", "[mention] danke & gruss [link]"),
    ("Mail an anna.b@firma.example bitte", "mail an [email] bitte"),
    ("5 Sterne, Rechnung 4711-22 über 1.299,00", "5 sterne rechnung 00 ueber 00"),
    ("sooooo gut 😀 :-) <br/> naja...", "soo gut 😀 :-) naja ..."),
    ("Hallo [NAME], App-Absturz", "hallo [name] app-absturz"),
    ("", ""),
])
def test_tokens_of_a_text(text: str, expected: str) -> None:
    assert normalise_text(text) == expected


def test_only_the_beginning_of_a_text_is_read() -> None:
    assert normalise_text("gut " * 10_000) == normalise_text("gut " * 375)


def test_n_grams_are_counted_as_by_hand() -> None:
    # Words: "ab", "c", "ab c"; characters within the padded words " ab " and " c ".
    texts = ["ab c", "ab c"]
    vocabulary = fit_vocabulary(texts)
    assert len(vocabulary.buckets["word"]) == 3
    # " ab " has " a ab b ", " ab ab ", " ab "; " c " has " c", "c ", " c ".
    assert len(vocabulary.buckets["character"]) == 6 + 3
    matrix = vectorise_texts(texts, vocabulary).toarray()
    assert matrix.shape == (2, 12)
    # All n-grams occur once in both texts: equal weights, length 1 per kind.
    assert matrix[0] == pytest.approx([3**-0.5] * 3 + [9**-0.5] * 9)


def test_what_occurs_in_one_text_only_is_not_learnt() -> None:
    assert fit_vocabulary(["gut gut gut", "xyz"]).size == 0


def test_rare_and_repeated_n_grams_weigh_more() -> None:
    texts = ["gut alt alt", "gut alt", "gut", "gut"]
    vocabulary = fit_vocabulary(texts)
    # Two words and one pair of words ("gut alt") are known.
    words = vectorise_texts(texts, vocabulary).toarray()[:, :3]
    rare, common = np.log(5 / 3) + 1, np.log(5 / 5) + 1
    expected = np.array([rare * (1 + np.log(2)), rare, common])
    assert np.sort(words[0])[::-1] == pytest.approx(expected / np.linalg.norm(expected))


def test_texts_do_not_touch_in_a_batch() -> None:
    texts = ["eins zwei", "drei", "", "eins zwei", "drei"]
    vocabulary = fit_vocabulary(texts)
    together = vectorise_texts(texts, vocabulary).toarray()
    alone = np.vstack([vectorise_texts([text], vocabulary).toarray() for text in texts])
    assert together == pytest.approx(alone)
    assert not together[2].any()


def test_batches_are_bounded_and_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_features, "BATCH_CHARACTERS", 100)
    texts = ["x" * length for length in (10, 80, 500, 5, 5, 5_000, 99)]
    batches = list(batch_texts(texts))
    assert [text for batch in batches for text in batch] == texts
    assert [len(batch) for batch in batches] == [2, 1, 2, 1, 1]


def test_vocabulary_does_not_depend_on_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"wort{row % 7} wort{row % 5} ende" for row in range(60)]
    whole = fit_vocabulary(texts)
    monkeypatch.setattr(text_features, "BATCH_CHARACTERS", 50)
    cut = fit_vocabulary(texts)
    for kind in ("word", "character"):
        assert whole.buckets[kind].tolist() == cut.buckets[kind].tolist()
        assert whole.weights[kind].tolist() == cut.weights[kind].tolist()


def test_measures_of_a_text() -> None:
    measured = measure_texts(["AB cd!!?", "@a http://b 😀"])
    assert measured[0] == pytest.approx([np.log1p(8), 0.5, np.log1p(2), np.log1p(1), 0, 0, 0])
    assert measured[1, 4:].tolist() == [1, 1, 1]


def test_equal_texts_share_a_number() -> None:
    assert number_distinct(["Gut!", "schlecht", "gut !", "GUT!"]).tolist() == [0, 1, 0, 0]
