"""The words of a lexicon model of sentiment: how lexicon files are read, and what a token means.

The files' kinds are described in `lexica/README.md`. Rules over several words do not belong here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_REPEATED = re.compile(r"(.)\1{2,}")
_VOCABULARY_LIMIT = 200_000
_PHRASE_KINDS = ("negation", "intensifier", "irony")
_SPELLED_VALUE = 0.5
_BOUNDARY_MARKS = ",()[]–—&/|*•"


@dataclass(slots=True)
class Word:
    """What one folded token means; the kinds of `lexica/README.md` as fields."""

    form: str
    is_word: bool = False
    is_known: bool = False
    is_number: bool = False
    value: float = 0.0
    is_negatable: bool = True
    if_negated: float = 0.0
    too_value: float = 0.0
    factor: float = 0.0
    negation: float = 0.0
    is_negator: bool = False
    looks_ahead: bool = False
    insistence: int = 0
    contrast: int = 0
    is_boundary: bool = False
    is_concession: bool = False
    is_wish: bool = False
    asks_why: bool = False
    is_too: bool = False
    is_irony: bool = False
    is_burden: bool = False
    is_solution: bool = False
    is_never: bool = False
    is_degree: bool = False
    is_degree_article: bool = False
    is_ability: bool = False
    is_surpassed: bool = False
    is_comparative: bool = False
    is_condition: bool = False
    split: dict[str, float] = field(default_factory=dict)
    phrases: dict[str, list[Phrase]] = field(default_factory=dict)
    is_active: bool = False

    @property
    def is_judgement(self) -> bool:
        """Whether an intensifier before it has something to scale."""
        return bool(self.value or self.is_too or self.split)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Several words with one meaning; `#` stands for any number."""

    words: tuple[str, ...]
    kind: str
    value: float
    as_word: Word


class Vocabulary(dict[str, Word]):
    """Meaning by raw token, worked out once per token; forgets all when it grows too large, so
    that a million texts cannot fill the memory."""

    def __init__(self, read: Callable[[str], Word]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, token: str) -> Word:
        if len(self) >= _VOCABULARY_LIMIT:
            self.clear()
        word = self[token] = self._read(token)
        return word


class Lexicon:
    """The words of one language.

    Args:
        fold: brings a token to the spelling in which it is looked up.
        inflect: further forms of a (folded form, kind).
        split_forms: (finite form, particle) of a separable verb.
        derive: value of a folded form that no file lists, 0 where it says nothing.
        too: the words that make an adjective of degree negative.
    """

    def __init__(
        self,
        *,
        fold: Callable[[str], str],
        tokenise: Callable[[str], list[str]],
        inflect: Callable[[str, str], Iterable[str]],
        split_forms: Callable[[str], Iterable[tuple[str, str]]],
        derive: Callable[[str, Lexicon], float],
        too: Sequence[str],
    ) -> None:
        self._fold, self._tokenise = fold, tokenise
        self._inflect, self._split_forms, self._derive = inflect, split_forms, derive
        self.values: dict[str, float] = {}
        self.heads: dict[str, float] = {}
        self.prefixes: dict[str, float] = {}
        self.spelled: dict[str, float] = {}
        self._marks: dict[str, dict[str, float]] = defaultdict(dict)
        self._splits: dict[str, dict[str, float]] = defaultdict(dict)
        self._phrases: dict[str, dict[str, list[Phrase]]] = defaultdict(lambda: defaultdict(list))
        self._marks["too"] = dict.fromkeys(too, 0.0)
        self.vocabulary = Vocabulary(self._read)

    def add(
        self, rows: Iterable[tuple[str, str, float]], *, head_letters: int, is_own: bool
    ) -> None:
        """Add (form, kind, value) rows; they outrank what was added before.

        Args:
            rows: as `read_lexicon` yields them.
            head_letters: shortest form that may be the last part of a compound.
            is_own: whether misspellings of its clear judgements are recognised; forms of verbs
                made by rule are left out, as too many of them resemble ordinary words.
        """
        explicit: dict[str, float] = {}
        inflected: dict[str, float] = {}
        splits: dict[tuple[str, str], float] = {}
        made_splits: dict[tuple[str, str], float] = {}
        for form, kind, value in rows:
            folded = self._fold(form)
            words = tuple(self._fold(token) for token in self._tokenise(form))
            if kind == "phrase" or (len(words) > 1 and kind in _PHRASE_KINDS):
                as_word = Word(" ".join(words), is_negator=True, negation=value)
                second = words[1] if len(words) > 1 else ""
                self._phrases[words[0]][second].append(Phrase(words, kind, value, as_word))
            elif kind == "split":
                finite, particle = folded.split("|")
                splits[finite, particle] = value
            elif kind == "prefix":
                self.prefixes[folded] = value
            elif kind.startswith("expected"):
                base = kind.removeprefix("expected_")
                joined = folded.replace("|", "")
                for each in (joined, *self._inflect(folded, base)):
                    self._marks["expected"][each] = value
                if base == "verb":
                    for finite, _ in self._split_forms(folded):
                        self._marks["expected"][finite] = value
            elif kind in ("adjective", "noun", "verb", "word", "form"):
                joined = folded.replace("|", "")
                explicit[joined] = value
                for other in self._inflect(folded, kind):
                    inflected.setdefault(other, value)
                if is_own and abs(value) >= _SPELLED_VALUE:
                    self.spelled[joined] = value
                    if kind == "adjective":
                        self.spelled |= dict.fromkeys(self._inflect(folded, kind), value)
                if kind == "verb":
                    for split in self._split_forms(folded):
                        made_splits.setdefault(split, value)
                if kind in ("noun", "adjective") and len(folded) >= head_letters:
                    for head in (folded, *self._inflect(folded, kind)):
                        self.heads[head] = value
            else:
                self._marks[kind][folded] = value
                if kind in ("comment", "irony") and value:
                    explicit[folded] = value
        self.values |= inflected | explicit
        for (finite, particle), value in (made_splits | splits).items():
            self._splits[finite][particle] = value
        for by_second in self._phrases.values():
            for found in by_second.values():
                found.sort(key=lambda phrase: -len(phrase.words))

    def match_phrase(self, words: list[Word], position: int, end: int) -> Phrase | None:
        """Return the longest phrase that begins at `position` and ends before `end`."""
        by_second = words[position].phrases
        lists = [by_second.get("")]
        if position + 1 < end:
            following = words[position + 1]
            lists.append(by_second.get(following.form))
            if following.is_number:
                lists.append(by_second.get("#"))
        longest: Phrase | None = None
        for phrases in lists:
            for phrase in phrases or ():
                if longest is not None and len(phrase.words) <= len(longest.words):
                    break
                if _matches(phrase.words, words, position, end):
                    longest = phrase
                    break
        return longest

    def _read(self, token: str) -> Word:
        form = self._fold(token)
        is_word = form[0].isalpha()
        marks = self._marks
        if is_word and form not in self.values and _REPEATED.search(form):
            form = self._shorten(form)
        word = Word(form, is_word=is_word)
        word.is_number = form[0].isdigit() or form in marks["number"]
        word.split = self._splits.get(form, word.split)
        word.phrases = self._phrases.get(form, word.phrases)
        if word.is_number and "#" in self._phrases:
            word.phrases = _join_phrases(word.phrases, self._phrases["#"])
        word.is_negatable = is_word and form not in marks["comment"] and form not in marks["irony"]
        word.if_negated = marks["expected"].get(form, 0.0)
        word.too_value = marks["scalar"].get(form, 0.0)
        word.factor = marks["intensifier"].get(form, 0.0)
        word.negation = marks["negation"].get(form, marks["negation_ahead"].get(form, 0.0))
        word.looks_ahead = form in marks["negation_ahead"]
        word.insistence = int(marks["insistence"].get(form, 0))
        word.is_negator = form in marks["negation"] or word.looks_ahead
        word.contrast = 2 if form in marks["contrast"] else int(form in marks["contrast_first"])
        word.is_boundary = form[0] in _BOUNDARY_MARKS or form in marks["boundary"]
        word.is_concession = form in marks["concession"]
        word.is_wish = form in marks["wish"]
        word.asks_why = form in marks["why"]
        word.is_solution = form in marks["solution"]
        word.is_never = form in marks["never"]
        word.is_degree = form in marks["degree"]
        word.is_degree_article = form in marks["degree_article"]
        word.is_ability = form in marks["ability"]
        word.is_surpassed = form in marks["surpassed"]
        word.is_comparative = form in marks["comparative"]
        word.is_condition = form in marks["condition"]
        word.is_burden = form in marks["burden"]
        word.is_too = form in marks["too"]
        word.is_irony = form in marks["irony"]
        has_role = word.is_negator or word.contrast or word.is_boundary or word.is_wish
        if form in self.values:
            word.value = self.values[form]
        elif is_word and not (has_role or word.factor or word.split or word.if_negated):
            word.value = self._derive(form, self)
        word.is_known = bool(
            form in self.values or word.value or word.if_negated or word.too_value or word.split
        )
        if word.value:
            word.if_negated = 0.0
        word.is_active = bool(
            word.value or word.if_negated or word.too_value or word.factor or word.is_negator
            or word.is_too or word.is_irony or word.split or word.phrases or word.contrast
        )
        return word

    def _shorten(self, form: str) -> str:
        """Bring "suuuper" to the first spelling that is known, else to single letters."""
        double, single = _REPEATED.sub(r"\1\1", form), _REPEATED.sub(r"\1", form)
        known = (self.values, self._marks["intensifier"], self._marks["negation"])
        for each in (double, single):
            if any(each in words for words in known):
                return each
        return single


def read_lexicon(path: Path) -> Iterator[tuple[str, str, float]]:
    """Yield (form, kind, value) of a lexicon file: one header line, tab-separated."""
    for row in path.read_text(encoding="utf-8").splitlines()[1:]:
        form, kind, value = row.split("\t")
        yield form, kind, float(value)


def _matches(expected: tuple[str, ...], words: list[Word], position: int, end: int) -> bool:
    if position + len(expected) > end:
        return False
    for offset in range(1, len(expected)):
        form, word = expected[offset], words[position + offset]
        if form != word.form and not (form == "#" and word.is_number):
            return False
    return True


def _join_phrases(
    left: dict[str, list[Phrase]], right: dict[str, list[Phrase]]
) -> dict[str, list[Phrase]]:
    return {
        second: sorted([*left.get(second, ()), *right.get(second, ())],
                       key=lambda phrase: -len(phrase.words))
        for second in left.keys() | right.keys()
    }
