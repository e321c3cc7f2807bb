"""Sentiment by lexicon: labels of German and English texts, table shape, versions."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from models_ml import sentiment
from models_ml.sentiment import model_versions, score_sentiment
from models_ml.tables import TABLES


def texts_of(*texts: str | None) -> pd.DataFrame:
    return pd.DataFrame({"text_key": [f"k{row:03d}" for row in range(len(texts))], "text": texts})


@pytest.mark.parametrize(("text", "expected"), [
    ("Die App stürzt ständig ab", "negative"),
    ("Die Lieferung kam viel zu spät und niemand hilft mir", "negative"),
    ("Der Fahrer war sehr nett und hat alles erklärt", "positive"),
    ("Ich wohne seit drei Jahren in dieser Straße", "neutral"),
    ("The staff was very friendly and helpful", "positive"),
    ("This was the worst flight of my life", "negative"),
    ("Where can I find my booking number?", "neutral"),
    ("@shop &amp; die Beratung war hervorragend https://t.example/schlecht", "positive"),
])
def test_label_of_a_text(text: str, expected: str) -> None:
    assert score_sentiment(texts_of(text))["sentiment_label"].tolist() == [expected]


def test_one_row_per_text_as_the_ml_table_declares() -> None:
    table = TABLES["feedback_sentiment"]
    texts = ("Sehr gut", "Very good indeed", "O produto é muito bom", None)
    scored = score_sentiment(texts_of(*texts))
    assert scored.columns.tolist() == [column.name for column in table.columns]
    assert scored["text_key"].tolist() == ["k000", "k001", "k002", "k003"]
    assert scored["model_name"].tolist() == ["lexicon-de", "lexicon-en", "none", "none"]
    assert scored["polarity"].isna().tolist() == [False, False, True, True]
    assert scored["sentiment_label"].tolist() == ["positive", "positive", "unknown", "unknown"]
    assert scored["polarity"].dropna().between(-1, 1).all()


def test_no_texts_give_a_typed_table_without_rows() -> None:
    scored = score_sentiment(texts_of())
    assert len(scored) == 0
    assert scored["polarity"].dtype == "float64"


def test_order_of_texts_changes_nothing() -> None:
    texts = texts_of("Alles bestens", "Terrible service", "Der Akku ist kaputt")
    pd.testing.assert_frame_equal(score_sentiment(texts[::-1]), score_sentiment(texts))


def test_a_repeated_text_key_is_an_error() -> None:
    with pytest.raises(ValueError, match="text_key repeats"):
        score_sentiment(pd.concat([texts_of("Gut"), texts_of("Gut")]))


def test_rows_carry_the_version_of_their_language() -> None:
    versions = model_versions()
    scored = score_sentiment(texts_of("Sehr gut", "Very good indeed", "O produto é muito bom"))
    assert scored["model_version"].tolist() == [versions["de"], versions["en"],
                                                versions["unknown"]]


def test_a_changed_lexicon_is_a_new_version(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = model_versions()
    changed = tmp_path_factory.mktemp("lexica") / "feedback_de.tsv"
    changed.write_text("form\tkind\tvalue\nprima\tword\t1\n", encoding="utf-8")
    monkeypatch.setattr(sentiment, "LEXICON_FILES", (changed,))
    after = model_versions()
    assert after["de"] != before["de"]
    assert (after["en"], after["unknown"]) == (before["en"], before["unknown"])


def test_asking_for_versions_imports_nothing_heavy() -> None:
    program = (
        "import sys; from models_ml.sentiment import model_versions; model_versions();"
        "sys.exit(any(name in sys.modules for name in ('textblob', 'nltk', 'py3langid')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
