"""Texts as sparse TF-IDF vectors of words and pairs of words, for likeness between texts.

Features of classifiers do not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from models_ml.inflection_german import fold

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

READ_CHARACTERS = 1_000
_WORD = re.compile(r"\[[A-Z_]+\]|[^\W\d_]+(?:['’][^\W\d_]+)?")
_ANY_WORD = re.compile(r"\w+")
_MAXIMUM_FEATURES = 20_000
_STOP_WORDS = Path(__file__).parent / "lexica" / "stop_words.tsv"


def find_words(text: str) -> list[str]:
    """Return the words of a text as written; placeholders such as [NAME] are none."""
    return [word for word in _WORD.findall(text[:READ_CHARACTERS]) if word[0] != "["]


def read_words(text: str, language: str) -> list[str]:
    """Return the folded words of a text that carry a subject, in order."""
    stops = _load_stop_words(language)
    words = (fold(word) for word in find_words(text))
    return [word for word in words if len(word) > 1 and word not in stops]


def make_vectoriser(
    language: str, *, minimum_texts: int = 1, pairs: bool = True
) -> TfidfVectorizer:
    """Return a vectoriser over words and pairs of neighbouring words.

    Args:
        language: whose stop words are left out.
        minimum_texts: texts a word or pair must occur in.
        pairs: whether pairs of words count too.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    def analyse(text: str) -> Sequence[str]:
        words = read_words(text, language)
        if not pairs:
            return words
        return [*words, *(f"{a} {b}" for a, b in pairwise(words))]

    return TfidfVectorizer(analyzer=analyse, min_df=minimum_texts, sublinear_tf=True,
                           max_features=_MAXIMUM_FEATURES)


def key_of(text: str) -> str:
    """Return what two texts share that only differ in case, signs or spaces."""
    return " ".join(fold(word) for word in _ANY_WORD.findall(text[:READ_CHARACTERS]))


def first_places(values: Iterable[str]) -> list[int]:
    """Return the positions at which a value stands for the first time."""
    seen: set[str] = set()
    places = []
    for place, value in enumerate(values):
        if value not in seen:
            seen.add(value)
            places.append(place)
    return places


@cache
def _load_stop_words(language: str) -> frozenset[str]:
    rows = (row.split("\t") for row in _STOP_WORDS.read_text(encoding="utf-8").splitlines()[1:])
    return frozenset(fold(word) for code, word in rows if code == language)
