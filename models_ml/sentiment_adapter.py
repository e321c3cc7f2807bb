"""The lexicon models as the trained one needs them: features, and labels to compare with.

Nothing else belongs here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models_ml.sentiment import LABEL_THRESHOLDS, score_english
from models_ml.sentiment_german import score_german

_SCORERS = {"de": score_german, "en": score_english}


def lexicon_features(texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
    """Return features of the lexicon model, (n, 4) float32: polarity, praise, blame, sign."""
    polarity = _score(texts, languages)
    return np.stack(
        [polarity, np.maximum(polarity, 0), np.maximum(-polarity, 0), np.sign(polarity)], axis=1
    ).astype(np.float32)


def score_lexicon(texts: pd.DataFrame) -> pd.DataFrame:
    """Return text_key and sentiment_label of the lexicon model, one row per text."""
    polarity = _score(texts["text"].tolist(), texts["language"].tolist())
    threshold = texts["language"].map(LABEL_THRESHOLDS).fillna(np.inf).to_numpy()
    label = np.select([polarity < -threshold, polarity > threshold], ["negative", "positive"],
                      "neutral")
    has_model = texts["language"].isin(_SCORERS).to_numpy()
    return pd.DataFrame({"text_key": texts["text_key"].to_numpy(),
                         "sentiment_label": np.where(has_model, label, "unknown")})


def _score(texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
    return np.array([
        _SCORERS[language](text) if language in _SCORERS else 0.0
        for text, language in zip(texts, languages, strict=True)
    ], dtype=float)
