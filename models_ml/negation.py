"""Whether a term found in a clause is negated there; what the term stands for is the caller's."""

from __future__ import annotations

from collections.abc import Sequence

from models_ml.clauses import Clause, Token, normalise
from models_ml.term_matching import Hit

_NEGATIONS = {
    "de": frozenset((
        "nicht", "nie", "niemals", "kein", "keine", "keinen", "keinem", "keiner", "keinerlei",
        "ohne", "weder", "nichts", "nix", "nich", "keines", "keineswegs", "keinesfalls",
    )),
    "en": frozenset((
        "not", "no", "never", "without", "neither", "nor", "don't", "doesn't", "didn't", "isn't",
        "wasn't", "aren't", "weren't", "won't", "can't", "cannot", "couldn't", "wouldn't",
        "haven't", "hasn't", "hadn't", "shouldn't", "ain't", "hardly", "nothing", "zero",
    )),
}
# A negation reaches through what only leads to its word: "no need for a lawyer", "nie auch nur den
# geringsten Ärger".
_LEADING = {
    "de": frozenset((
        "den", "das", "die", "der", "dem", "ein", "eine", "einen", "einem", "einer", "einzige",
        "einzigen", "einziges", "einziger", "irgendein", "irgendeine", "irgendwelche", "auch",
        "nur", "geringste", "geringsten", "grund", "anlass", "zu", "zum", "zur", "fuer",
    )),
    "en": frozenset((
        "a", "an", "the", "any", "single", "kind", "sort", "of", "need", "reason", "cause", "for",
        "to",
    )),
}
# Two words that negate together: "alles andere als zufrieden", "far from perfect".
_PAIRS = frozenset((
    ("andere", "als"), ("anderes", "als"), ("entfernt", "von"), ("weit", "von"),
    ("anything", "but"), ("far", "from"),
))
# "nothing but praise", "nichts als Ärger" negates nothing.
_ONLY = frozenset(("but", "als"))
REMEDIES = frozenset((
    "behoben", "geloest", "erledigt", "repariert", "geklaert", "entstoert", "fixed", "resolved",
    "solved", "repaired", "sorted",
))
"""What is done about a problem: "Das Problem ist nicht gelöst" negates that and no problem."""

_BEHIND = frozenset(("nicht", "nie", "niemals"))
# "Probleme hatte ich bisher keine": at the end of a clause it negates what the clause opens with.
_CLOSING = frozenset(("nie", "niemals", "kein", "keine", "keinen", "keiner", "keines", "keins"))
_REACH_BEFORE, _REACH_BEHIND = 3, 2


def holds_negation(term: str) -> bool:
    """Return whether a term says itself what does not happen: "app lädt nicht"."""
    words = [normalise(word) for word in term.replace("|", " ").split()]
    return any(not words_of.isdisjoint(words) for words_of in _NEGATIONS.values())


def is_negated(
    hit: Hit, clause: Clause, language: str, *, is_inside: bool = False
) -> bool:
    """Return whether a negation stands up to three words before the term, or in German behind it.

    Words that only lead to the term are not counted: "no need for a lawyer". Only German negates
    behind the verb ("kündige nicht"), up to two words, and at the end of the clause ("Probleme
    hatte ich bisher keine"). With `is_inside` one between the words of the term counts, too; so
    does a negation that is a word of the term, see `holds_negation`.
    """
    negations = _NEGATIONS.get(language, frozenset())
    tokens = clause.tokens
    if is_inside and any(token.word in negations for token in tokens[hit.first : hit.last]):
        return True
    leading = _LEADING.get(language, frozenset())
    counted = 0
    for place in range(hit.first - 1, -1, -1):
        word = tokens[place].word
        behind_it = tokens[place + 1].word
        if (word, behind_it) in _PAIRS:
            return True
        if word in negations and behind_it not in _ONLY:
            return True
        counted += word not in leading
        if counted == _REACH_BEFORE:
            break
    if language != "de":
        return False
    behind = hit.last + 1
    if any(token.word in REMEDIES for token in tokens[behind:]):
        return False
    return any(token.word in _BEHIND for token in tokens[behind : behind + _REACH_BEHIND]) or (
        _find_last_word(tokens, behind) in _CLOSING)


def _find_last_word(tokens: Sequence[Token], first: int) -> str:
    """Return the last word that stands at `first` or behind it; empty where none does."""
    words = (tokens[place].word for place in range(len(tokens) - 1, first - 1, -1))
    return next((word for word in words if word[0].isalnum()), "")
