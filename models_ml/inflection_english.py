"""Regular inflected forms of English words; meanings do not belong here."""

from __future__ import annotations

from collections.abc import Iterator

_VOWELS = "aeiou"


def inflect(word: str, kind: str) -> Iterator[str]:
    """Yield the regular forms of a word in lower case but itself; `kind` as in German.

    A form that does not exist costs nothing in a look-up; irregular verbs need their forms in the
    list of terms.
    """
    stem = word[:-1] + "i" if word.endswith("y") and word[-2:-1] not in _VOWELS else word
    if kind == "noun":
        yield from _add_s(word, stem)
        yield word + "'s"
    elif kind == "verb":
        yield from _add_s(word, stem)
        base = word.removesuffix("e")
        if _doubles(word):
            base += word[-1]
        yield (stem if stem != word else base) + "ed"
        yield (word if word.endswith("ee") else base) + "ing"
    elif kind == "adjective":
        base = stem.removesuffix("e") if stem.endswith("e") else stem
        if _doubles(word):
            base += word[-1]
        yield from (base + "er", base + "est")
        yield stem.removesuffix("le") + "ly" if stem.endswith("le") else stem + "ly"


def _add_s(word: str, stem: str) -> Iterator[str]:
    if stem != word or word.endswith(("s", "x", "z", "ch", "sh")):
        yield stem + "es"
    else:
        yield word + "s"


def _doubles(word: str) -> bool:
    """Whether a short word doubles its last consonant: ship, shipped."""
    return (
        3 <= len(word) <= 4
        and word[-1] not in _VOWELS + "wxy"
        and word[-2] in _VOWELS
        and word[-3] not in _VOWELS
    )
