"""The expressions of sentiment in a text with their positions, from the lexicon models.

How they belong to topics is `topics.py`.
"""

from __future__ import annotations

import math

from models_ml.clauses import split_clauses
from models_ml.sentiment import LABEL_THRESHOLDS, score_english
from models_ml.sentiment_german import score_german

_SCORERS = {"de": score_german, "en": score_english}


def assess_spans(text: str, language: str) -> list[tuple[int, int, float]] | None:
    """Return (start, end, value) of what judges in `text`; None for a language without a model.

    The lexicon model reads one clause at a time, so a span is a whole clause; value -1..1, that of
    its one expression: the model's shrinkage (`v / 1.5` of one expression) is undone.
    """
    score = _SCORERS.get(language)
    if score is None:
        return None
    found = []
    for clause in split_clauses(text, language):
        value = score(text[clause.start : clause.end])
        if value:
            found.append((clause.start, clause.end, min(max(1.5 * value, -1.0), 1.0)))
    return found


def label_polarity(polarity: float, language: str) -> str:
    """Return negative, neutral or positive by the threshold of the language; unknown if empty."""
    if math.isnan(polarity):
        return "unknown"
    threshold = LABEL_THRESHOLDS[language]
    return "negative" if polarity < -threshold else (
        "positive" if polarity > threshold else "neutral")
