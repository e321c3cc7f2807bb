"""Regular inflected forms of English words, in folded spelling; meanings do not belong here."""

from __future__ import annotations

from collections.abc import Iterator

_FOLDED = str.maketrans({"’": "'", "‘": "'", "`": "'"})
_VOWELS = "aeiou"


def fold(text: str) -> str:
    """Return `text` in lower case with one kind of apostrophe."""
    return text.lower().translate(_FOLDED)


def inflect(word: str, kind: str) -> Iterator[str]:
    """Yield the regular forms of a folded word but itself; a word of another kind has none.

    `kind` is adjective, noun or verb. Some forms are none, which costs nothing in a look-up.
    """
    if kind == "adjective":
        yield from _add_endings(word, ("er", "est"))
        yield _make_adverb(word)
    elif kind == "noun":
        yield _add_s(word)
    elif kind == "verb":
        yield _add_s(word)
        yield from _add_endings(word, ("ed", "ing"))


def _add_s(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def _add_endings(word: str, endings: tuple[str, ...]) -> Iterator[str]:
    for ending in endings:
        if word.endswith("e") and not (ending == "ing" and word.endswith("ee")):
            yield word[:-1] + ending
        elif word.endswith("y") and word[-2:-1] not in _VOWELS and ending != "ing":
            yield word[:-1] + "i" + ending
        else:
            yield word + ending
            if (len(word) > 2 and word[-1] not in _VOWELS + "wxy" and word[-2] in _VOWELS
                    and word[-3] not in _VOWELS):
                yield word + word[-1] + ending


def _make_adverb(word: str) -> str:
    if word.endswith("ic"):
        return word + "ally"
    if word.endswith("le"):
        return word[:-1] + "y"
    return (word[:-1] + "i" if word.endswith("y") else word) + "ly"
