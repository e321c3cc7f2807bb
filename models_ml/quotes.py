"""The typical quotes of a group of texts: near its centre and unlike each other.

What the groups are (a topic, a theme, a product) is up to the caller.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_ml.frames import require_columns
from models_ml.text_vectors import first_places, key_of, make_vectoriser, read_words

_MINIMUM_WORDS = 3
COLUMNS = ("group", "quote_rank", "text_key", "centrality")


def pick_typical(
    texts: pd.DataFrame,
    *,
    count: int = 3,
    diversity: float = 0.3,
    maximum_characters: int = 400,
    maximum_texts: int = 2_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Pick the most typical texts of each group.

    Grain: one row per group and rank. A text's centrality is the cosine of its TF-IDF vector (words
    without stop words) and the mean vector of its group, 0..1: what most texts of the group speak
    of, not how loud they are. The next quote is the one with the largest
    `(1 - d) * centrality - d * likeness`, where likeness is the largest cosine with a quote picked
    before (maximal marginal relevance, Carbonell & Goldstein 1998). Texts that only differ in
    case, signs or spaces are one.

    Args:
        texts: text_key, text (masked), language, group; a text may be in several groups.
        count: quotes a group.
        diversity: d, 0..1.
        maximum_characters: longer texts are quoted only where a group has no others, as are texts
            with fewer than three words of content.
        maximum_texts: a larger group is represented by a sample of this size.
        seed: of the sample.

    Returns:
        group, quote_rank (from 1), text_key, centrality; sorted by group and rank.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(texts, ["text_key", "text", "language", "group"], "texts")
    rows: list[tuple[str, int, str, float]] = []
    ordered = texts.sort_values(["group", "text_key"], ignore_index=True)
    for number, (group, members) in enumerate(ordered.groupby("group", sort=True)):
        members = members.iloc[first_places(members["text"].map(key_of))]
        if len(members) > maximum_texts:
            rng = np.random.default_rng([seed, number])
            chosen = np.sort(rng.choice(len(members), maximum_texts, replace=False))
            members = members.iloc[chosen]
        rows += [(str(group), rank, key, centrality) for rank, (key, centrality) in enumerate(
            _pick(members, count, diversity, maximum_characters), start=1)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({
        "group": "str", "quote_rank": "int64", "text_key": "str", "centrality": "float64"})


def _pick(
    members: pd.DataFrame, count: int, diversity: float, maximum_characters: int
) -> list[tuple[str, float]]:
    # Quotes of one group may be in several languages; the commonest one gives the stop words.
    language = str(members["language"].value_counts().sort_index().idxmax())
    texts = members["text"].tolist()
    keys = members["text_key"].tolist()
    words = [len(read_words(text, language)) for text in texts]
    is_quotable = np.array([
        len(text) <= maximum_characters and n >= _MINIMUM_WORDS
        for text, n in zip(texts, words, strict=True)])
    if not any(words):
        return [(key, 0.0) for key in keys[:count]]
    vectors = make_vectoriser(language, pairs=False).fit_transform(texts)
    centre = np.asarray(vectors.mean(axis=0)).ravel()
    # Rounded, so that the last bit of a sum does not decide between equals.
    centrality = np.round(vectors @ centre / np.linalg.norm(centre), 9)
    likeness = np.zeros(len(texts))
    left = np.ones(len(texts), dtype=bool)
    picked = []
    for _ in range(min(count, len(texts))):
        allowed = left & is_quotable if (left & is_quotable).any() else left
        value = (1 - diversity) * centrality - diversity * likeness
        best = int(np.argmax(np.where(allowed, value, -np.inf)))
        picked.append((keys[best], float(centrality[best])))
        left[best] = False
        likeness = np.maximum(likeness, np.round((vectors @ vectors[best].T).toarray().ravel(), 9))
    return picked
