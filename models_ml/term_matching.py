"""Finds the terms of an editable list in clauses: words with their inflection, compounds, phrases.

What a term stands for (a topic, a signal) belongs to the caller.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from models_ml import inflection_english, inflection_german
from models_ml.clauses import Clause, Token, normalise, tokenise
from models_ml.frames import require_columns
from models_ml.inflection_german import fold

KINDS = ("word", "noun", "verb", "adjective", "prefix", "part", "phrase", "together")
"""What a term may be; docs/topics.md explains them to who edits the lists."""

_HEAD_LETTERS = 5
_REMEMBERED_WORDS = 200_000
# Prepositions too: they are the particle of a verb only at the end of the clause.
_PREPOSITIONS = frozenset((
        "an", "auf", "aus", "bei", "mit", "nach", "vor", "zu", "her", "hin",
    ))


class Hit(NamedTuple):
    """One term found: its label, weight, number and group, and the tokens it rests on."""

    label: str
    weight: float
    term: int
    group: str
    first: int
    last: int


class _Meaning(NamedTuple):
    label: str
    weight: float
    term: int
    group: str


_Pattern = tuple[tuple[int, ...], _Meaning]


class _Known(NamedTuple):
    """What one written word may be: hits of its own, verbs and phrases it begins, the slots of
    phrases it fills, and the words "together" that are looked for when it is there."""

    meanings: tuple[_Meaning, ...]
    verbs: dict[str, tuple[_Meaning, ...]]
    slots: frozenset[int]
    phrases: tuple[_Pattern, ...]
    together: tuple[_Pattern, ...]

    def without(self, group: str) -> _Known:
        """Return what is left for other groups when a phrase of `group` has taken the word."""
        verbs = {particle: kept for particle, meanings in self.verbs.items()
                 if (kept := tuple(each for each in meanings if each.group != group))}
        return self._replace(
            meanings=tuple(each for each in self.meanings if each.group != group),
            verbs=verbs,
            phrases=tuple(each for each in self.phrases if each[1].group != group),
        )


_NOTHING = _Known((), {}, frozenset(), (), ())


@dataclass
class TermIndex:
    """The compiled terms of one language; `find` is the only use of it."""

    words: dict[str, list[_Meaning]] = field(default_factory=lambda: defaultdict(list))
    heads: dict[str, list[_Meaning]] = field(default_factory=lambda: defaultdict(list))
    prefixes: dict[str, list[_Meaning]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[str, list[_Meaning]] = field(default_factory=lambda: defaultdict(list))
    verbs: dict[str, dict[str, list[_Meaning]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    exact_slots: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    prefix_slots: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    slot_of: dict[str, int] = field(default_factory=dict)
    phrases: dict[int, list[_Pattern]] = field(default_factory=lambda: defaultdict(list))
    together: dict[int, list[_Pattern]] = field(default_factory=lambda: defaultdict(list))
    known: dict[str, _Known] = field(default_factory=dict)

    def find(self, clause: Clause) -> list[Hit]:
        """Return the terms in a clause; words of a phrase do not count for its group.

        A phrase of weight 0 takes its words out altogether, and so do words together.
        """
        tokens = clause.tokens
        known = [self._look_up(token.word) for token in tokens]
        # Of most lists few words are in a clause, and of rules hardly ever one.
        found = [place for place, each in enumerate(known)
                 if each.phrases or each.meanings or each.verbs or each.together]
        hits: list[Hit] = []
        if not found:
            return hits
        for place in found:
            if known[place].phrases:
                for hit in _match_phrases(known, place):
                    hits.append(hit)
                    for taken in range(hit.first, hit.last + 1):
                        known[taken] = known[taken].without(hit.group) if hit.weight else _NOTHING
        if any(known[place].together for place in found):
            hits += _match_together(known)
        for place in found:
            hits += [Hit(*meaning, place, place) for meaning in known[place].meanings]
            for particle, meanings in known[place].verbs.items():
                last = _find_particle(tokens, place, particle)
                if last:
                    hits += [Hit(*meaning, place, last) for meaning in meanings]
        return hits

    def _look_up(self, word: str) -> _Known:
        found = self.known.get(word)
        if found is None:
            if len(self.known) >= _REMEMBERED_WORDS:
                self.known.clear()
            found = self.known[word] = self._read(word)
        return found

    def _read(self, word: str) -> _Known:
        meanings = list(self.words.get(word, ()))
        if not meanings:
            # The longest compound head, as "Kundenkarte" is a card before it is an "arte".
            for start in range(2, len(word) - _HEAD_LETTERS + 1):
                if word[start:] in self.heads:
                    meanings += self.heads[word[start:]]
                    break
        for end in range(2, len(word) + 1):
            meanings += self.prefixes.get(word[:end], ())
        for part, found in self.parts.items():
            if part in word:
                meanings += found
        slots = set(self.exact_slots.get(word, ()))
        for end in range(1, len(word) + 1):
            slots |= self.prefix_slots.get(word[:end], set())
        verbs = {p: tuple(m) for p, m in self.verbs.get(word, {}).items()}
        return _Known(
            tuple(dict.fromkeys(meanings)), verbs, frozenset(slots),
            tuple(pattern for slot in sorted(slots) for pattern in self.phrases.get(slot, ())),
            tuple(pattern for slot in sorted(slots) for pattern in self.together.get(slot, ())),
        )


def compile_terms(
    terms: pd.DataFrame, label: str, group: str | None = None
) -> dict[str, TermIndex]:
    """Return one index by language over an editable list of terms.

    Args:
        terms: language, term, kind, weight and the column named by `label`. Kinds: `word` is one
            form; `noun`, `verb`, `adjective` are inflected, a German noun is found at the end of
            compounds too and a separable verb in two pieces; `prefix` begins a word; `part` stands
            anywhere in one; `phrase` is several words in a row and `together` several words in
            any order within a clause. In the last two `wort*` is a beginning, `a|b` a choice.
        label: column with what a term stands for.
        group: column of the lists that do not know of each other: a phrase takes its words only
            from terms of its own group. Without it all terms are one group.

    Raises:
        ValueError: a column is missing, a kind is unknown, a weight is not in 0..1, a term has
            no word, or a choice of a phrase is empty.
    """
    groups = [] if group is None else [group]
    require_columns(terms, ["language", "term", "kind", "weight", label, *groups], "terms")
    indexes: dict[str, TermIndex] = defaultdict(TermIndex)
    rows = zip(terms["language"], terms["term"], terms["kind"], terms["weight"], terms[label],
               terms[group] if group else [""] * len(terms), strict=True)
    for number, (language, term, kind, weight, value, owner) in enumerate(rows):
        if kind not in KINDS:
            raise ValueError(f"term {term!r}: kind {kind!r} is none of {', '.join(KINDS)}")
        if not 0 <= float(weight) <= 1:
            raise ValueError(f"term {term!r}: weight {weight} is not between 0 and 1")
        meaning = _Meaning(str(value), float(weight), number, str(owner))
        languages = ("de", "en") if language == "all" else (str(language),)
        for each in languages:
            _add(indexes[each], each, str(term), str(kind), meaning)
    return dict(indexes)


def terms_version(algorithm: str, frames: Iterable[pd.DataFrame]) -> str:
    """Return a model version that changes with the algorithm and the content of its lists."""
    content = "\n".join(
        frame.sort_index(axis=1).to_csv(index=False, lineterminator="\n") for frame in frames
    )
    return f"{algorithm}-{hashlib.md5(content.encode()).hexdigest()[:8]}"


def join_evidence(weights: Iterable[float]) -> float:
    """Return how sure several independent hints make: 1 - product(1 - weight) (noisy or)."""
    doubt = 1.0
    for weight in weights:
        doubt *= 1.0 - weight
    return 1.0 - doubt


def _add(index: TermIndex, language: str, term: str, kind: str, meaning: _Meaning) -> None:
    folded = fold(term)
    words = tuple(token.word for token in tokenise(term)) if kind not in (
        "phrase", "together") else tuple(folded.split())
    if not words:
        raise ValueError(f"term {term!r}: no word in it")
    if kind in ("phrase", "together") and not all(
            choice.rstrip("*") for word in words for choice in word.split("|")):
        raise ValueError(f"term {term!r}: a choice between | is empty, or a * stands alone")
    if kind in ("phrase", "together"):
        slots = tuple(_slot(index, word) for word in words)
        if kind == "phrase":
            index.phrases[slots[0]].append((slots, meaning))
        else:
            # Looked for at its longest, which is its rarest word.
            rarest = max(words, key=lambda word: min(map(len, word.split("|"))))
            index.together[slots[words.index(rarest)]].append((slots, meaning))
    elif kind in ("prefix", "part"):
        (index.prefixes if kind == "prefix" else index.parts)[folded].append(meaning)
    elif len(words) > 1:
        # A hyphen or a space: it is written as several words, of which one is inflected.
        place = 0 if kind == "verb" else len(words) - 1
        forms = "|".join(dict.fromkeys((words[place], *_inflect(language, words[place], kind))))
        slots = tuple(_slot(index, forms if i == place else w) for i, w in enumerate(words))
        index.phrases[slots[0]].append((slots, meaning))
    else:
        _add_word(index, language, folded, kind, meaning)


def _add_word(
    index: TermIndex, language: str, word: str, kind: str, meaning: _Meaning
) -> None:
    for form in {word.replace("|", ""), *_inflect(language, word, kind)}:
        index.words[form].append(meaning)
        if language == "de" and kind == "noun" and len(word) >= _HEAD_LETTERS:
            index.heads[form].append(meaning)
    if language == "de" and kind == "verb":
        for finite, particle in inflection_german.split_forms(word):
            if meaning not in index.verbs[finite][particle]:
                index.verbs[finite][particle].append(meaning)


def _inflect(language: str, word: str, kind: str) -> Iterable[str]:
    if kind == "word":
        return ()
    if language == "de":
        return inflection_german.inflect(word, kind)
    possessive = [word + "'s"] if kind == "noun" else []
    return (*inflection_english.inflect(word, kind), *possessive)


def _slot(index: TermIndex, pattern: str) -> int:
    slot = index.slot_of.setdefault(pattern, len(index.slot_of))
    for choice in pattern.split("|"):
        if choice.endswith("*"):
            index.prefix_slots[choice[:-1]].add(slot)
        else:
            index.exact_slots[normalise(choice)].add(slot)
    return slot


def _match_phrases(known: Sequence[_Known], place: int) -> list[Hit]:
    """Return the longest phrases of each group that begin at a place."""
    longest: dict[str, int] = {}
    hits: list[Hit] = []
    for slots, meaning in known[place].phrases:
        count = len(slots)
        if count < longest.get(meaning.group, 0) or place + count > len(known):
            continue
        # Nearly always it ends here, and one look is quicker than to ask for all.
        if count > 1 and slots[1] not in known[place + 1].slots:
            continue
        if all(slots[step] in known[place + step].slots for step in range(2, count)):
            longest[meaning.group] = count
            hits.append(Hit(*meaning, place, place + count - 1))
    return [hit for hit in hits if hit.last - place + 1 == longest[hit.group]]


def _match_together(known: list[_Known]) -> list[Hit]:
    present = frozenset().union(*(each.slots for each in known))
    patterns = dict.fromkeys(pattern for each in known for pattern in each.together
                             if present.issuperset(pattern[0]))
    if not patterns:
        return []
    places: dict[int, list[int]] = defaultdict(list)
    for place, each in enumerate(known):
        for slot in each.slots:
            places[slot].append(place)
    hits = []
    for slots, meaning in patterns:
        found = _choose_places([places[slot] for slot in slots])
        if found:
            hits.append(Hit(*meaning, min(found), max(found)))
            if not meaning.weight:
                for taken in found:
                    known[taken] = _NOTHING
    return hits


def _choose_places(choices: Sequence[Sequence[int]]) -> list[int]:
    """Return a place of its own for every word, or nothing where two would need the same."""
    found: list[int] = []
    for places in choices:
        place = next((place for place in places if place not in found), None)
        if place is None:
            return []
        found.append(place)
    return found


def _find_particle(tokens: Sequence[Token], place: int, particle: str) -> int:
    """Return where the particle of a separable verb stands behind it; 0 is nowhere."""
    for other in range(len(tokens) - 1, place, -1):
        word = tokens[other].word
        if word == particle:
            return other
        if particle in _PREPOSITIONS and word[0].isalnum():
            return 0
    return 0
