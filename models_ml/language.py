"""Which language a text is in, from a restricted list, or `unknown`.

Cleaning for other purposes and what a text says do not belong here.
"""

from __future__ import annotations

import hashlib
import html
import importlib.metadata
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models_ml import inflection_english, inflection_german

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

DETECTED_LANGUAGES = ("de", "en", "fr", "es", "it", "pt", "nl")
"""Languages told apart by default: those with a sentiment model, and their neighbours, because a
text in a language that is not in the list is given to one that is."""

KNOWN_LANGUAGES = frozenset((
    "af", "am", "an", "ar", "as", "az", "ba", "be", "bg", "bn", "br", "bs", "ca", "cs", "cy", "da",
    "de", "dz", "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fo", "fr", "fy", "ga", "gd", "gl",
    "gu", "ha", "he", "hi", "hr", "ht", "hu", "hy", "id", "ig", "is", "it", "ja", "jv", "ka", "kk",
    "km", "kn", "ko", "ku", "ky", "la", "lb", "lg", "ln", "lo", "lt", "lv", "mg", "mk", "ml", "mn",
    "mr", "ms", "mt", "my", "ne", "nl", "nn", "no", "oc", "om", "or", "pa", "pl", "ps", "pt", "qu",
    "ro", "ru", "rw", "sa", "se", "si", "sk", "sl", "sn", "so", "sq", "sr", "st", "sv", "sw", "ta",
    "te", "tg", "th", "tk", "tl", "tr", "tt", "ug", "uk", "ur", "uz", "vi", "vo", "wa", "xh", "yo",
    "zh", "zu"))
"""Codes of two letters that py3langid knows, so that a setting is checked without loading it."""

UNKNOWN_LANGUAGE = "unknown"
MINIMUM_PROBABILITY = 0.5
MINIMUM_LETTERS = 3

_LEXICA = Path(__file__).parent / "lexica"
_WORDS = _LEXICA / "language_words.tsv"
_JUDGEMENTS = {
    "de": (_LEXICA / "feedback_de.tsv", inflection_german),
    "en": (_LEXICA / "feedback_en.tsv", inflection_english),
}
_INFLECTED_KINDS = frozenset(("adjective", "noun", "verb", "word", "form", "comment"))
_WORD_ODDS = 20.0
_FEW_WORDS = 3
_READ_CHARACTERS = 1000
_NO_LANGUAGE = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+|[@#]\w+|</?[A-Za-z][^<>]*>|[^\w\s.,!?'’-]|\d+")
_LETTERS = re.compile(r"[^\W\d_]+")
_NOT_LATIN = re.compile(r"[^\W\d_\u0000-\u024f\u1e00-\u1eff]")
_OTHER_SCRIPTS = frozenset((
    "am", "ar", "as", "be", "bg", "bn", "dz", "el", "fa", "gu", "he", "hi", "hy", "ja", "ka", "kk",
    "km", "kn", "ko", "ky", "lo", "mk", "ml", "mn", "mr", "ne", "or", "pa", "ps", "ru", "si", "sr",
    "ta", "te", "th", "ug", "uk", "ur", "zh"))
_ALGORITHM_VERSION = "2"


def detect_language(
    texts: Iterable[str | None],
    *,
    languages: Sequence[str] = DETECTED_LANGUAGES,
    minimum_probability: float = MINIMUM_PROBABILITY,
    minimum_letters: int = MINIMUM_LETTERS,
) -> pd.DataFrame:
    """Say which of `languages` each text is in.

    Grain: one row per text, in order. Links, mentions, hashtags, mark-up, digits and symbols are
    no language and are not read; of a long text the first 1,000 characters are. Scores come from
    the naive Bayes model over byte n-grams of py3langid (Lui & Baldwin 2012, langid.py), as
    probabilities over `languages`. In up to three words, and where none reaches
    `minimum_probability`, every word that a list gives to one language multiplies the odds of that
    language by 20: n-grams take "Danke" for Dutch. The list is a short one and the judgements of
    our own lexica of sentiment that only one of them holds. A text most of whose letters are not
    Latin is unknown where all `languages` are written so: n-grams take Arabic for English.

    Args:
        texts: texts; an empty one is unknown.
        languages: ISO 639-1 codes.
        minimum_probability: below it a text is `unknown`, 0..1.
        minimum_letters: below it a text is `unknown` with probability 0.

    Returns:
        language (a code, or `unknown`) and language_probability (of the likeliest, 0..1).

    Raises:
        ValueError: a language that py3langid does not know.
    """
    identifier = _load_identifier(tuple(languages))
    are_latin = _OTHER_SCRIPTS.isdisjoint(languages)
    found: list[str] = []
    probabilities: list[float] = []
    for text in texts:
        language, probability = UNKNOWN_LANGUAGE, 0.0
        read = "" if text is None or pd.isna(text) else _NO_LANGUAGE.sub(" ", _unescape(text))
        words = _LETTERS.findall(read.lower())
        letters = sum(map(len, words))
        is_other = are_latin and not read.isascii() and 2 * len(_NOT_LATIN.findall(read)) > letters
        if letters >= minimum_letters and not is_other:
            likeliest, probability = identifier.classify(read.lower())
            if probability < minimum_probability or len(words) <= _FEW_WORDS:
                likeliest, probability = _weigh_words(dict(identifier.rank(read.lower())), words)
            if probability >= minimum_probability:
                language = likeliest
        found.append(language)
        probabilities.append(probability)
    return pd.DataFrame({
        "language": pd.Series(found, dtype="str"),
        "language_probability": np.array(probabilities, dtype=float),
    })


def language_version(languages: Sequence[str] = DETECTED_LANGUAGES) -> str:
    """Return a version that changes when `detect_language` may conclude otherwise; loads nothing.

    Eight hexadecimal digits over the rules, the list of languages, the thresholds, the word lists
    and the release of py3langid.
    """
    settings = (_ALGORITHM_VERSION, sorted(languages), MINIMUM_PROBABILITY, MINIMUM_LETTERS,
                _WORD_ODDS, _FEW_WORDS)
    release = importlib.metadata.version("py3langid")
    files = [_WORDS, *(path for path, _ in _JUDGEMENTS.values())]
    content = f"{settings}|{release}|".encode() + b"".join(path.read_bytes() for path in files)
    return hashlib.md5(content).hexdigest()[:8]


def _unescape(text: str) -> str:
    head = text[:_READ_CHARACTERS]
    return html.unescape(head) if "&" in head else head


def _weigh_words(probabilities: dict[str, float], words: list[str]) -> tuple[str, float]:
    language_of = _load_words()
    for word in words:
        language = language_of.get(word) or language_of.get(inflection_german.fold(word))
        if language in probabilities:
            probabilities[language] *= _WORD_ODDS
    likeliest = max(probabilities, key=probabilities.__getitem__)
    return likeliest, probabilities[likeliest] / sum(probabilities.values())


@cache
def _load_words() -> dict[str, str]:
    judgements = {language: _read_judgements(language) for language in _JUDGEMENTS}
    shared = set.intersection(*judgements.values())
    found = {word: language for language, words in judgements.items() for word in words - shared}
    rows = _WORDS.read_text(encoding="utf-8").splitlines()[1:]
    return found | {word: language for language, word in (row.split("\t") for row in rows)}


def _read_judgements(language: str) -> set[str]:
    """Return the single words of a lexicon of sentiment with their forms, folded."""
    path, inflection = _JUDGEMENTS[language]
    found: set[str] = set()
    for row in path.read_text(encoding="utf-8").splitlines()[1:]:
        form, kind, value = row.split("\t")
        word = inflection.fold(form).replace("|", "")
        if kind in _INFLECTED_KINDS and float(value) and word.isalpha():
            found |= {word, *inflection.inflect(inflection.fold(form), kind)}
    return found


@cache
def _load_identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    # The model takes most of a second to unpack; py3langid's own functions keep one global list.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(languages))
    return identifier
