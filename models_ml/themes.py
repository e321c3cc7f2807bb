"""New themes among texts that no topic explains, as proposals for the list of topics.

A proposal becomes a topic when a person adds it to `topics.csv` and its phrases to
`topic_terms.csv`; nothing here does so.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models_ml.frames import require_columns
from models_ml.inflection_german import fold
from models_ml.quotes import pick_typical
from models_ml.text_vectors import find_words, first_places, key_of, make_vectoriser

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

COLUMNS = ("proposal_id", "language", "phrases", "texts_count", "example_texts", "polarity")
_PHRASES, _EXAMPLES = 5, 3
_BATCH = 20_000
_MINIMUM_COHESION = 0.25
_MEMBER_COSINE = 0.2
_SAME_THEME_COSINE = 0.5
_ROUNDS, _TOLERANCE = 200, 1e-3
_MOST_PARTS = 60
_EXAMPLE_CHARACTERS = 300


def discover_themes(
    texts: pd.DataFrame,
    *,
    seed: int,
    minimum_texts: int = 5,
    maximum_themes: int = 20,
    sample_size: int = _BATCH,
) -> pd.DataFrame:
    """Propose themes: groups of texts that speak of one thing, with typical phrases and examples.

    Grain: one row per language and theme, largest first. Per language: TF-IDF of words and pairs
    of words, non-negative matrix factorisation (Lee & Seung 1999) into `sqrt(n)` parts, at most 60;
    parts with a cosine of .5 are one; a text belongs to the part it is nearest to, from a cosine of
    .2; a theme needs `minimum_texts` distinct texts with a mean cosine of .25. What is no theme
    drops out, so many texts belong to none.

    Cost: parts are fitted on at most `sample_size` texts a language, drawn with `seed`; the
    others are assigned in batches, so memory does not grow with the texts but for their keys.

    Args:
        texts: text_key, text (masked), language, polarity; distinct texts without a topic.
        seed: of the sample and of the factorisation.
        minimum_texts: distinct texts a theme needs.
        maximum_themes: proposals a language, the largest.
        sample_size: texts a language that the parts are fitted on.

    Returns:
        proposal_id (of language and phrases), language, phrases (comma separated, most typical
        first), texts_count, example_texts (one a line), polarity (mean; empty where unknown);
        sorted by texts_count descending, then proposal_id.

    Raises:
        ValueError: a column is missing or a text_key repeats.
    """
    require_columns(texts, ["text_key", "text", "language", "polarity"], "texts")
    if texts["text_key"].duplicated().any():
        raise ValueError("texts: text_key repeats")
    proposals: list[tuple[str, str, str, int, str, float]] = []
    for language, members in texts.sort_values("text_key").groupby("language", sort=True):
        distinct = members.iloc[first_places(members["text"].map(key_of))]
        proposals += _propose(distinct.reset_index(drop=True), str(language), seed, minimum_texts,
                              maximum_themes, sample_size)
    frame = pd.DataFrame(proposals, columns=list(COLUMNS)).astype({
        "proposal_id": "str", "language": "str", "phrases": "str", "texts_count": "int64",
        "example_texts": "str", "polarity": "float64"})
    return frame.sort_values(["texts_count", "proposal_id"], ascending=[False, True],
                             ignore_index=True)


def _propose(
    texts: pd.DataFrame,
    language: str,
    seed: int,
    minimum_texts: int,
    maximum_themes: int,
    sample_size: int,
) -> list[tuple[str, str, str, int, str, float]]:
    if len(texts) < minimum_texts:
        return []
    sample = texts["text"]
    if len(texts) > sample_size:
        rng = np.random.default_rng(seed)
        sample = sample.iloc[np.sort(rng.choice(len(texts), sample_size, replace=False))]
    vectoriser = make_vectoriser(language, minimum_texts=2)
    try:
        vectors = vectoriser.fit_transform(sample)
    except ValueError:  # no word occurs twice
        return []
    centres = _fit_centres(vectors, seed)
    names = vectoriser.get_feature_names_out()
    nearest, cosine = _assign(texts["text"], vectoriser, centres)
    found: list[tuple[str, str, str, int, str, float]] = []
    for number, centre in enumerate(centres):
        places = np.flatnonzero((nearest == number) & (cosine >= _MEMBER_COSINE))
        if len(places) < minimum_texts or cosine[places].mean() < _MINIMUM_COHESION:
            continue
        members = texts.iloc[places]
        phrases = _spell(_name(centre, names), members["text"])
        digest = hashlib.md5(f"{language}|{'|'.join(phrases)}".encode()).hexdigest()[:12]
        polarity = members["polarity"].astype(float).mean()
        found.append((digest, language, ", ".join(phrases), len(places),
                      _quote(members, seed), polarity))
    return sorted(found, key=lambda row: (-row[3], row[0]))[:maximum_themes]


def _fit_centres(vectors: csr_matrix, seed: int) -> np.ndarray:
    """Return unit vectors of likely themes: the parts that add up to the texts, and rests."""
    from sklearn.decomposition import NMF

    used = vectors[np.asarray(vectors.getnnz(axis=1) > 0)]
    parts = min(_MOST_PARTS, max(2, math.isqrt(used.shape[0])), *used.shape)
    model = NMF(parts, init="nndsvda", random_state=seed, max_iter=_ROUNDS, tol=_TOLERANCE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a rest that has not settled is still a rest
        weights = model.fit_transform(used)
    # Largest first, so that a small part joins a large one and not the other way round.
    order = np.argsort(-np.round(weights.sum(axis=0), 6), kind="stable")
    merged: list[np.ndarray] = []
    centres: list[np.ndarray] = []
    for part in model.components_[order]:
        if not part.any():
            continue
        unit = _unit(part)
        alike = [unit @ centre for centre in centres]
        if alike and max(alike) >= _SAME_THEME_COSINE:
            nearest = int(np.argmax(alike))
            merged[nearest] += unit
            centres[nearest] = _unit(merged[nearest])
        else:
            merged.append(unit.copy())
            centres.append(unit)
    return np.array(centres)


def _assign(
    texts: pd.Series, vectoriser: object, centres: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each text its nearest centre and the cosine with it."""
    nearest = np.empty(len(texts), dtype=int)
    cosine = np.empty(len(texts))
    for first in range(0, len(texts), _BATCH):
        part = texts.iloc[first : first + _BATCH]
        alike = vectoriser.transform(part) @ centres.T  # type: ignore[attr-defined]
        nearest[first : first + len(part)] = alike.argmax(axis=1)
        cosine[first : first + len(part)] = alike.max(axis=1)
    return nearest, cosine


def _name(centre: np.ndarray, names: np.ndarray) -> list[str]:
    """Return the heaviest words and pairs; a word that a pair holds already is not repeated."""
    phrases: list[str] = []
    for place in np.lexsort((names, -np.round(centre, 9))):
        if centre[place] <= 0 or len(phrases) == _PHRASES:
            break
        words = set(str(names[place]).split())
        holders = [i for i, phrase in enumerate(phrases) if words & set(phrase.split())]
        if not holders:
            phrases.append(str(names[place]))
        elif len(words) > 1 and len(holders) == 1 and set(phrases[holders[0]].split()) < words:
            phrases[holders[0]] = str(names[place])
    return phrases


def _spell(phrases: list[str], texts: pd.Series) -> list[str]:
    """Write the folded words of phrases as most texts do, in lower case: Kühlung, not Kuehlung."""
    wanted = {word for phrase in phrases for word in phrase.split()}
    written: dict[str, Counter[str]] = {word: Counter() for word in wanted}
    for text in texts:
        for word in find_words(text):
            if fold(word) in wanted:
                written[fold(word)][word.lower()] += 1
    spelling = {
        word: min(forms, key=lambda form: (-forms[form], form), default=word)
        for word, forms in written.items()}
    return [" ".join(spelling[word] for word in phrase.split()) for phrase in phrases]


def _quote(members: pd.DataFrame, seed: int) -> str:
    picked = pick_typical(members.assign(group="theme"), count=_EXAMPLES, seed=seed)
    by_key = members.set_index("text_key")["text"]
    lines = (" ".join(by_key[key].split()) for key in picked["text_key"])
    return "\n".join(line[:_EXAMPLE_CHARACTERS] for line in lines)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
