"""Sentiment of feedback texts by lexicon: TextBlob for English, a model of our own for German.

Models trained on a company's own scores, topics and personal data in texts do not belong here.
"""

from __future__ import annotations

import hashlib
import html
import importlib.util
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from models_ml.frames import conform, require_columns
from models_ml.language import (
    DETECTED_LANGUAGES,
    UNKNOWN_LANGUAGE,
    detect_language,
    language_version,
)
from models_ml.sentiment_german import LEXICON_FILES, score_german
from models_ml.tables import TABLES

MODEL_NAMES: Mapping[str, str] = {"de": "lexicon-de", "en": "lexicon-en"}
"""Model by language; a text in any other language gets `NO_MODEL` and no polarity."""

NO_MODEL = "none"
LABEL_THRESHOLDS: Mapping[str, float] = {"de": 0.25, "en": 0.05}
"""Polarity beyond which a text is no longer neutral."""

_ALGORITHM_VERSION = "1"

_NO_SENTIMENT = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+|@\w+|</?[A-Za-z][^<>]*>")


def score_sentiment(
    texts: pd.DataFrame, *, languages: Sequence[str] = DETECTED_LANGUAGES
) -> pd.DataFrame:
    """Say how positive or negative each text is.

    Grain: one row per text, as ML table `feedback_sentiment`. Polarity runs from -1 to 1. English:
    the pattern lexicon of TextBlob (De Smedt & Daelemans 2012, Pattern for Python). German:
    `score_german`. The label is neutral up to `LABEL_THRESHOLDS` on both sides. A text in another
    language, or in none that can be told, has no polarity and the label `unknown`. A lexicon knows
    no probability.

    Args:
        texts: text_key, text; one row per distinct text.
        languages: ISO 639-1 codes that are told apart; see `detect_language`.

    Raises:
        ValueError: a column is missing, a text_key repeats, or a language is not known.
    """
    require_columns(texts, ["text_key", "text"], "texts")
    if texts["text_key"].duplicated().any():
        raise ValueError("texts: text_key repeats")
    detected = detect_language(texts["text"], languages=languages)
    versions = model_versions(languages)
    language = detected["language"].to_numpy(dtype=object)
    polarity = np.full(len(texts), np.nan)
    label = np.full(len(texts), "unknown", dtype=object)
    for code, score in _SCORERS.items():
        rows = np.flatnonzero(language == code)
        polarity[rows] = [score(_clean(text)) for text in texts["text"].iloc[rows]]
        threshold = LABEL_THRESHOLDS[code]
        label[rows] = np.select(
            [polarity[rows] < -threshold, polarity[rows] > threshold],
            ["negative", "positive"],
            "neutral",
        )
    frame = detected.assign(
        text_key=texts["text_key"].to_numpy(),
        polarity=polarity,
        sentiment_label=label,
        sentiment_probability=np.nan,
        is_unsure=label == "unknown",
        model_name=[MODEL_NAMES.get(code, NO_MODEL) for code in language],
        model_version=[versions.get(code, versions[UNKNOWN_LANGUAGE]) for code in language],
    )
    return conform(frame, TABLES["feedback_sentiment"])


def model_versions(languages: Sequence[str] = DETECTED_LANGUAGES) -> dict[str, str]:
    """Return the current model version by language; `unknown` stands for all without a model.

    A version changes with the algorithm, the content of the lexica and whatever decides the
    language. Nothing heavy is imported, so a caller may ask before each run. A stored row of
    `feedback_sentiment` is current when its model_version is among the values.
    """
    detection = language_version(languages)
    contents = {
        "de": b"".join(path.read_bytes() for path in LEXICON_FILES),
        "en": _read_textblob_lexicon(),
        UNKNOWN_LANGUAGE: b"",
    }
    versions = {}
    for language, content in contents.items():
        settings = f"{language}|{LABEL_THRESHOLDS.get(language)}|{detection}|".encode()
        digest = hashlib.md5(settings + content).hexdigest()[:8]
        versions[language] = f"{_ALGORITHM_VERSION}-{digest}"
    return versions


def score_english(text: str) -> float:
    """Return TextBlob's polarity of an English text, -1..1; works without NLTK corpora."""
    # The analyser behind `TextBlob(text).sentiment`; the wrapper only adds time.
    from textblob.en import sentiment

    return float(np.clip(sentiment(text)[0], -1, 1))


_SCORERS: Mapping[str, Callable[[str], float]] = {"de": score_german, "en": score_english}


def _read_textblob_lexicon() -> bytes:
    # find_spec of a top-level package does not import it, and importing it takes seconds.
    spec = importlib.util.find_spec("textblob")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("textblob is not installed")
    return (Path(spec.origin).parent / "en" / "en-sentiment.xml").read_bytes()


def _clean(text: str) -> str:
    unescaped = html.unescape(text) if "&" in text else text
    return _NO_SENTIMENT.sub(" ", unescaped)
