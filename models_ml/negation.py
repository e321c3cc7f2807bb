"""Whether a term found in a clause is negated there; what the term stands for is the caller's."""

from __future__ import annotations

from models_ml.clauses import Clause
from models_ml.term_matching import Hit

_NEGATIONS = {
    "de": frozenset((
        "nicht", "nie", "niemals", "kein", "keine", "keinen", "keinem", "keiner", "keinerlei",
        "ohne", "weder", "nichts",
    )),
    "en": frozenset((
        "not", "no", "never", "without", "neither", "nor", "don't", "doesn't", "didn't", "isn't",
        "wasn't", "aren't", "weren't", "won't", "can't", "cannot", "couldn't", "wouldn't",
        "haven't", "hasn't", "hardly", "nothing",
    )),
}
_REACH_BEFORE, _REACH_BEHIND = 3, 2


def holds_negation(term: str) -> bool:
    """Return whether a term says itself what does not happen: "app lädt nicht"."""
    words = term.lower().replace("|", " ").split()
    return any(not words_of.isdisjoint(words) for words_of in _NEGATIONS.values())


def is_negated(
    hit: Hit, clause: Clause, language: str, *, is_inside: bool = False
) -> bool:
    """Return whether a negation stands up to three words before the term, or in German two behind.

    Only German negates behind the verb: "kündige nicht". With `is_inside` one between the words of
    the term counts, too; so does a negation that is a word of the term, see `holds_negation`.
    """
    negations = _NEGATIONS.get(language, frozenset())
    words = [token.word for token in clause.tokens]
    before = words[max(0, hit.first - _REACH_BEFORE) : hit.last if is_inside else hit.first]
    behind = words[hit.last + 1 : hit.last + 1 + _REACH_BEHIND] if language == "de" else []
    return not negations.isdisjoint(before) or "nicht" in behind
