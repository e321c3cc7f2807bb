"""Misspelled words one edit away from a known one; meanings do not belong here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

_SIMILAR = frozenset(
    frozenset(pair) for pair in ("ae", "ei", "iy", "fv", "ck", "cs", "dt", "bp", "gk", "sz", "mn")
)
_BEGINNING = 2
_DOUBLED_LETTERS = 6
_OTHER_LETTERS = 8


class SpellingIndex:
    """Finds the known form that a misspelled one stands for.

    One edit apart are: a letter doubled or not, in words from 6 letters on ("deffekt"); and in
    words from 8 letters on a letter too many or missing, two neighbours swapped, or one letter
    for another that sounds or looks alike. Anything wider turns ordinary words into others, as
    does another beginning, so the first two letters must agree. A look-up costs as many
    dictionary reads as the word has letters, because the index holds every known form with one
    letter left out (the symmetric deletes of Garbe 2012, SymSpell); of a beginning only once a
    word has it, as filling all of it takes half a second.
    """

    def __init__(self, forms: Iterable[str]) -> None:
        self._forms = frozenset(form for form in forms if len(form) >= _DOUBLED_LETTERS - 1)
        self._by_beginning: dict[str, list[str]] = defaultdict(list)
        for form in sorted(self._forms):
            self._by_beginning[form[:_BEGINNING]].append(form)
        self._shortened: dict[str, list[str]] = defaultdict(list)

    def find(self, word: str) -> str | None:
        """Return the known form one edit away, the first by alphabet, or None."""
        if len(word) < _DOUBLED_LETTERS:
            return None
        for form in self._by_beginning.pop(word[:_BEGINNING], ()):
            for shortened in _leave_one_out(form):
                self._shortened[shortened].append(form)
        candidates = set(self._shortened.get(word, ()))
        for shortened in _leave_one_out(word):
            if shortened in self._forms:
                candidates.add(shortened)
            if len(word) >= _OTHER_LETTERS:
                candidates.update(self._shortened.get(shortened, ()))
        return min((each for each in candidates if _is_one_edit(word, each)), default=None)


def _leave_one_out(word: str) -> set[str]:
    return {word[:position] + word[position + 1 :] for position in range(_BEGINNING, len(word))}


def _is_one_edit(word: str, known: str) -> bool:
    if word[:_BEGINNING] != known[:_BEGINNING]:
        return False
    shorter, longer = sorted((word, known), key=len)
    start = 0
    while start < len(shorter) and shorter[start] == longer[start]:
        start += 1
    if len(shorter) < len(longer):
        return shorter[start:] == longer[start + 1 :] and (
            longer[start] == longer[start - 1] or len(word) >= _OTHER_LETTERS
        )
    if len(word) < _OTHER_LETTERS:
        return False
    if word[start + 1 :] == known[start + 1 :]:
        return frozenset((word[start], known[start])) in _SIMILAR
    swapped = word[start + 1 : start + 2] + word[start]
    return word[:start] + swapped + word[start + 2 :] == known
