"""Sentiment by lexicon: labels of German and English texts, table shape, versions."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from models_ml import sentiment
from models_ml.language import detect_language
from models_ml.sentiment import (
    FEATURE_NAMES,
    LABEL_THRESHOLDS,
    assess_spans,
    estimate_probability,
    lexicon_features,
    lexicon_versions,
    score_lexicon,
)
from models_ml.tables import TABLES
from models_ml.texts import clean_text

GERMAN = "Der Service ist nicht gut, aber die App stürzt nie ab 👍"


def in_language(language: str, *texts: str) -> pd.DataFrame:
    return texts_of(*texts).assign(language=language)


def texts_of(*texts: str | None) -> pd.DataFrame:
    return pd.DataFrame({"text_key": [f"k{row:03d}" for row in range(len(texts))], "text": texts})


def score(texts: pd.DataFrame) -> pd.DataFrame:
    """By the lexicon of the language that a text is found to be in."""
    language = detect_language(texts["text"])["language"].to_numpy()
    return score_lexicon(texts.assign(language=language))


@pytest.mark.parametrize(("text", "expected"), [
    ("Die App stürzt ständig ab", "negative"),
    ("Die Lieferung kam viel zu spät und niemand hilft mir", "negative"),
    ("Der Fahrer war sehr nett und hat alles erklärt", "positive"),
    ("Ich wohne seit drei Jahren in dieser Straße", "neutral"),
    ("The staff was very friendly and helpful", "positive"),
    ("This was the worst flight of my life", "negative"),
    ("Where can I find my booking number?", "neutral"),
    ("👍", "positive"),
    ("👍👍👍", "positive"),
    ("❤️", "positive"),
    ("👎", "negative"),
    ("😡", "negative"),
    ("Katastrophe", "negative"),
    ("Mega", "positive"),
    ("Perfect", "positive"),
    ("Five stars", "positive"),
    ("5 Sterne", "positive"),
    ("No complaints.", "positive"),
    ("Danke", "positive"),
    ("Ganz okay.", "neutral"),
])
def test_label_of_a_text(text: str, expected: str) -> None:
    assert score(texts_of(text))["sentiment_label"].tolist() == [expected]


def test_one_row_per_text_as_the_ml_table_declares() -> None:
    table = TABLES["feedback_sentiment"]
    texts = ("Sehr gut", "Very good indeed", "O produto é muito bom", None)
    scored = score(texts_of(*texts))
    assert scored.columns.tolist() == [column.name for column in table.columns]
    assert scored["text_key"].tolist() == ["k000", "k001", "k002", "k003"]
    assert scored["model_name"].tolist() == ["lexicon-de", "lexicon-en", "none", "none"]
    assert scored["polarity"].isna().tolist() == [False, False, True, True]
    assert scored["sentiment_label"].tolist() == ["positive", "positive", "unknown", "unknown"]
    assert scored["polarity"].dropna().between(-1, 1).all()


def test_emoji_are_read_where_no_word_is() -> None:
    texts = ("Muito bom 👍", "👍🏽", ":-(", "👍👎", "Bom", "12345", None)
    scored = score(texts_of(*texts))
    assert scored["sentiment_label"].tolist() == [
        "positive", "positive", "negative", "neutral", "unknown", "unknown", "unknown"]
    assert scored["model_name"].tolist() == ["lexicon-emoji"] * 4 + ["none"] * 3
    assert scored["is_unsure"].tolist() == [True, False, False, True, True, True, True]
    assert set(scored["model_version"]) == {lexicon_versions()["unknown"]}
    alone = score_lexicon(in_language("en", "👍"))
    assert scored["polarity"][1] == pytest.approx(alone["polarity"][0])


def test_a_changed_list_of_emoji_is_a_new_version(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lexicon_versions()["unknown"]
    changed = tmp_path_factory.mktemp("lexica") / "emoji.tsv"
    changed.write_text("form\tkind\tvalue\n👍\tword\t1\n", encoding="utf-8")
    monkeypatch.setattr(sentiment, "EMOJI_FILE", changed)
    assert lexicon_versions()["unknown"] != before


def test_no_texts_give_a_typed_table_without_rows() -> None:
    scored = score(texts_of())
    assert len(scored) == 0
    assert scored["polarity"].dtype == "float64"


def test_order_of_texts_changes_nothing() -> None:
    texts = texts_of("Alles bestens", "Terrible service", "Der Akku ist kaputt")
    turned = score(texts[::-1]).sort_values("text_key", ignore_index=True)
    pd.testing.assert_frame_equal(turned, score(texts))


def test_a_repeated_text_key_is_an_error() -> None:
    with pytest.raises(ValueError, match="text_key repeats"):
        score(pd.concat([texts_of("Gut"), texts_of("Gut")]))


def test_rows_carry_the_version_of_their_language() -> None:
    versions = lexicon_versions()
    scored = score(texts_of("Sehr gut", "Very good indeed", "O produto é muito bom"))
    assert scored["model_version"].tolist() == [versions["de"], versions["en"],
                                                versions["unknown"]]


def test_a_changed_lexicon_is_a_new_version(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lexicon_versions()
    changed = tmp_path_factory.mktemp("lexica") / "feedback_de.tsv"
    changed.write_text("form\tkind\tvalue\nprima\tword\t1\n", encoding="utf-8")
    monkeypatch.setattr(sentiment, "LEXICON_FILES", (changed,))
    after = lexicon_versions()
    assert after["de"] != before["de"]
    assert (after["en"], after["unknown"]) == (before["en"], before["unknown"])


def test_asking_for_versions_imports_nothing_heavy() -> None:
    program = (
        "import sys; from models_ml.sentiment import lexicon_versions; lexicon_versions();"
        "heavy = ('textblob', 'nltk', 'vaderSentiment', 'py3langid');"
        "sys.exit(any(name in sys.modules for name in heavy))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_score_lexicon_columns_and_a_language_without_model() -> None:
    scored = score_lexicon(pd.concat([in_language("de", "Sehr gut"),
                                      in_language("fr", "Bon").assign(text_key="other")]))
    assert scored.columns.tolist() == ["text_key", "polarity", "sentiment_label",
                                       "sentiment_probability", "is_unsure", "model_name",
                                       "model_version"]
    assert scored["sentiment_label"].tolist() == ["positive", "unknown"]
    assert scored["sentiment_probability"].isna().tolist() == [False, True]
    assert scored["is_unsure"].tolist() == [False, True]
    assert scored["model_version"].tolist() == [lexicon_versions()["de"],
                                                lexicon_versions()["unknown"]]


def test_score_lexicon_of_no_texts() -> None:
    scored = score_lexicon(in_language("de"))
    assert len(scored) == 0
    assert scored["is_unsure"].dtype == bool


@pytest.mark.parametrize(("text", "is_unsure"), [
    ("Der Service ist hervorragend", False),
    ("Ich habe die Rechnung am Montag erhalten", False),
    ("Qwertz Asdf", True),
    ("Das Essen war lecker, die Bedienung unfreundlich", True),
    ("Danke für nichts!", True),
    ("Toller „Service“", True),
    ("Super Service 🙄", True),
    ("Etwas langsam", True),
])
def test_unsure(text: str, is_unsure: bool) -> None:
    assert score_lexicon(in_language("de", text))["is_unsure"].tolist() == [is_unsure]


@pytest.mark.parametrize("language", ["de", "en"])
def test_probabilities_follow_polarity(language: str) -> None:
    threshold = LABEL_THRESHOLDS[language]
    at = np.array([-1.0, -threshold, 0.0, threshold, 1.0])
    shares = estimate_probability(at, language)
    assert shares.sum(axis=1) == pytest.approx(np.ones(5))
    assert shares[1, 0] == pytest.approx(shares[1, 1])
    assert shares[3, 2] == pytest.approx(shares[3, 1])
    assert shares[0] == pytest.approx(shares[4, ::-1])
    assert shares.argmax(axis=1)[[0, 2, 4]].tolist() == [0, 1, 2]
    assert (np.diff(shares[:, 2]) > 0).all()


def test_spans_hold_the_expressions_with_their_value() -> None:
    spans = assess_spans(GERMAN, "de")
    assert [GERMAN[start:end] for start, end, _ in spans] == ["gut", "stürzt nie ab", "👍"]
    values = [value for _, _, value in spans]
    assert values == pytest.approx([-0.8 * 1.0, 0.5 * 0.8, 0.7])


def test_spans_count_characters_of_the_text_as_given() -> None:
    text = "<b>@shop</b> &amp; https://x.example/schlecht ÄÖß: schöner Laden"
    spans = assess_spans(clean_text(text), "de")
    assert [text[start:end] for start, end, _ in spans] == ["schöner"]
    assert assess_spans("bel article", "fr") == []


def test_a_long_text_without_marks_costs_no_more_than_its_length() -> None:
    text = "nicht gut wäre stürzt ab " * 8_000
    started = time.process_time()
    spans = assess_spans(text, "de")
    assert len(spans) > 8_000
    # About a quarter of a second; comparing each word with each other takes minutes.
    assert time.process_time() - started < 10


def test_features_name_what_they_hold() -> None:
    table = lexicon_features(["Nicht gut!", "Very GOOD, but slow?", "Bien!"], ["de", "en", "fr"])
    assert (table.shape, table.dtype) == ((3, len(FEATURE_NAMES)), np.float32)
    frame = pd.DataFrame(table, columns=list(FEATURE_NAMES))
    assert frame["polarity"][0] == pytest.approx(-0.8 / 1.5)
    assert frame["blame"][0] == pytest.approx(-0.8 / 4)
    assert frame["negator_count"].tolist() == pytest.approx([np.log(2), 0, 0])
    assert frame["exclamation_count"].tolist() == pytest.approx([np.log(2), 0, np.log(2)])
    assert frame["contrast_count"][1] == frame["question_count"][1] == pytest.approx(np.log(2))
    assert frame["capitals_share"][1] == pytest.approx(1 / 4)
    assert frame["has_no_expression"].tolist() == [0, 0, 1]
    assert frame["probability_negative"][0] > frame["probability_positive"][0]


def test_features_of_a_text_do_not_depend_on_the_others() -> None:
    texts, languages = [GERMAN, "Great service", ""], ["de", "en", "de"]
    whole = lexicon_features(texts, languages)
    parts = [lexicon_features([t], [c]) for t, c in zip(texts, languages, strict=True)]
    assert np.array_equal(whole, np.concatenate(parts))
    with pytest.raises(ValueError, match="one language per text"):
        lexicon_features(texts, ["de"])


def test_library_words_and_code_are_part_of_the_version(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lexicon_versions()
    with monkeypatch.context() as changed:
        changed.setattr(sentiment, "read_library_files", lambda: b"other words")
        after = lexicon_versions()
        assert (after["de"] == before["de"], after["en"] == before["en"]) == (True, False)
    code = tmp_path_factory.mktemp("code") / "rules.py"
    code.write_text("REACH = 3", encoding="utf-8")
    monkeypatch.setattr(sentiment, "_CODE_FILES", (code,))
    after = lexicon_versions()
    assert after["de"] != before["de"]
    assert after["en"] != before["en"]
