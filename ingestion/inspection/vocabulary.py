"""The words by which columns are recognised (`vocabulary.yml`), and how names are taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_LINKS = ("", "s", "n", "en", "e", "er")  # between the words of a German compound
_SHORTEST = 2


@dataclass(frozen=True)
class Vocabulary:
    """What `vocabulary.yml` says; see there.

    `words` is word -> concept, `columns` maps a column of the contract (or entity/column) to
    its patterns, each a set of concepts, `values` is code -> the contract's value by value name.
    """

    words: dict[str, str]
    subjects: dict[str, frozenset[str]]
    defining: dict[str, frozenset[str]]
    columns: dict[str, tuple[frozenset[str], ...]]
    values: dict[str, frozenset[str]]
    null_codes: tuple[str, ...]
    outside: frozenset[str]

    def patterns(self, entity: str, column: str) -> tuple[frozenset[str], ...]:
        """Patterns of a column of an entity, the surest first."""
        return self.columns.get(f"{entity}/{column}", self.columns.get(column, ()))


@cache
def vocabulary() -> Vocabulary:
    """The shipped vocabulary.

    Raises:
        ValueError: a pattern names a concept that has no words, or a word has two concepts.
    """
    data = yaml.safe_load(
        (Path(__file__).parent / "vocabulary.yml").read_text(encoding="utf-8"))
    words: dict[str, str] = {}
    for concept, listed in data["words"].items():
        for word in listed.split():
            if words.setdefault(word, concept) != concept:
                raise ValueError(f"vocabulary.yml: {word!r} is {words[word]} and {concept}")
    columns = {column: tuple(frozenset(pattern.split()) for pattern in patterns)
               for column, patterns in data["columns"].items()}
    named = {concept for patterns in columns.values() for p in patterns for concept in p}
    named |= {concept for subjects in data["subjects"].values() for concept in subjects}
    if unknown := sorted(named - set(data["words"])):
        raise ValueError(f"vocabulary.yml: no words for {', '.join(unknown)}")
    return Vocabulary(
        words, {entity: frozenset(s) for entity, s in data["subjects"].items()},
        {entity: frozenset(names.split()) for entity, names in data["defining"].items()}, columns,
        {value: frozenset(codes.split()) for value, codes in data["values"].items()},
        tuple(data["null_codes"]), frozenset(data["outside"]))


def plain(text: str) -> str:
    """Lower case, without umlauts and accents that a header may or may not have."""
    return text.strip().lower().translate(_UMLAUTS)


@cache
def concepts(name: str) -> tuple[str, ...]:
    """What a name speaks of, in order; a part that no word explains stays as `?part`.

    Digits and single letters that number a column (Q7A_ART) say nothing and are left out.
    """
    found: list[str] = []
    for part in _parts(name):
        taken = _take_apart(part)
        found += taken if taken else [f"?{part}"]
    return tuple(dict.fromkeys(found))


def _parts(name: str) -> list[str]:
    """Parts of a name: at separators, digits and changes to a capital letter."""
    spaced = re.sub(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    parts = [plain(part) for part in re.split(r"[^A-Za-zÄÖÜäöüß]+", spaced)]
    joined = "".join(re.findall(r"[a-z]+", plain(name)))
    if joined in vocabulary().words:  # E-Mail, LaendercodE
        return [joined]
    return [part for part in parts if len(part) >= _SHORTEST]


@cache
def _take_apart(text: str) -> tuple[str, ...]:
    """Concepts of a compound; empty where some of it is unknown. Few long words beat many short."""
    words = vocabulary().words
    if text in words:
        return (words[text],)
    for length in range(len(text) - _SHORTEST, 2, -1):
        head = text[:length]
        if head not in words:
            continue
        for link in _LINKS:
            if text[length:].startswith(link):
                rest = _take_apart(text[length + len(link):])
                if rest:
                    return (words[head], *rest)
    if text.endswith("s") and text[:-1] in words:  # Rechnungs-Nr
        return (words[text[:-1]],)
    return ()
