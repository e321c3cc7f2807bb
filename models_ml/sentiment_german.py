"""The German lexicon model of sentiment: its word lists, compounds and misspellings.

Rules over several words, languages, labels and tables do not belong here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from models_ml.inflection_german import fold, inflect, split_forms
from models_ml.sentiment_rules import assess, tokenise
from models_ml.sentiment_words import Lexicon, read_lexicon
from models_ml.spelling import SpellingIndex

_LEXICA = Path(__file__).parent / "lexica"
LEXICON_FILES = tuple(
    _LEXICA / name for name in ("german_polarity.tsv", "feedback_de.tsv", "emoji.tsv")
)
"""What the model knows; a later file outranks an earlier one."""

_COMPOUND_LETTERS = 8
_HEAD_LETTERS = {"german_polarity.tsv": 8, "feedback_de.tsv": 6, "emoji.tsv": 5}
_INFLECTIONS = ("", "e", "er", "es", "en", "em")


def score_german(text: str) -> float:
    """Return the polarity of a German text, -1..1; formula and rules in `sentiment_rules`.

    One plain "gut" (1.0) is 1 / 1.5 = .67, and "gut, aber langsam" is (.5 * 1 - 1.5 * .6) / 2.5 =
    -.16. Case, umlauts and their transcription (spät, spaet) are one; long words that no list
    holds are read as compounds, or as one edit away from a word of feedback.
    """
    return assess(text, load_german()).polarity


@cache
def load_german() -> Lexicon:
    """Read the lexica and inflect their words; the file named last wins."""
    lexicon = Lexicon(fold=fold, tokenise=tokenise, inflect=inflect, split_forms=split_forms,
                      derive=_derive, too=("zu",))
    for path in LEXICON_FILES:
        lexicon.add(read_lexicon(path), head_letters=_HEAD_LETTERS[path.name],
                    is_own=path.name == "feedback_de.tsv")
    return lexicon


def _derive(form: str, lexicon: Lexicon) -> float:
    """Value a word that no list holds: a compound, a negated adjective, or a misspelling."""
    if form.startswith("un") and (value := lexicon.values.get(form[2:])):
        return -0.8 * value
    if len(form) >= _COMPOUND_LETTERS and (value := _read_compound(form, lexicon)):
        return value
    for spelling in (form, form.replace("f", "ph")):
        if meant := spelling if spelling in lexicon.spelled else _load_spelling().find(spelling):
            return lexicon.spelled[meant]
    return 0.0


def _read_compound(form: str, lexicon: Lexicon) -> float:
    """Value a compound by an ending that turns its first part, its last part, or its first one."""
    for ending in ("frei", "los"):
        for inflection in _INFLECTIONS:
            if form.endswith(ending + inflection):
                base = form[: -len(ending + inflection)].rstrip("-")
                value = lexicon.values.get(base) or lexicon.values.get(base.removesuffix("s"))
                if value:
                    return -0.8 * value
    for start in range(3, len(form) - 4):
        if (value := lexicon.heads.get(form[start:])) is not None:
            if value:
                return -value if form[:start].endswith("un") else value
            break
    for length in range(3, len(form) - 3):
        if value := lexicon.prefixes.get(form[:length], 0.0):
            return value
    return 0.0


@cache
def _load_spelling() -> SpellingIndex:
    return SpellingIndex(load_german().spelled)
