"""The German lexicon model of sentiment: words and phrases, negation, intensity, contrast.

Languages, labels and tables do not belong here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from models_ml.inflection_german import fold, inflect, split_forms

_LEXICA = Path(__file__).parent / "lexica"
LEXICON_FILES = tuple(
    _LEXICA / name for name in ("german_polarity.tsv", "feedback_de.tsv", "emoji.tsv")
)
"""What the model knows; a later file outranks an earlier one."""

_TOKEN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d+|[:;=]'?-?[()d/]+|<3|[.!?;:,\n…]+|\S")
_SENTENCE_ENDS = frozenset(".!?;:\n…")
_REACH = 4
_NEGATED_PRAISE, _NEGATED_BLAME, _NEGATED_NOTHING = -0.8, -0.4, -0.25
_BEFORE_CONTRAST, _AFTER_CONTRAST = 0.5, 1.5
_SHRINKAGE = 0.5
_COMPOUND_LETTERS = 8
_HEAD_LETTERS = {"german_polarity.tsv": 7, "feedback_de.tsv": 5, "emoji.tsv": 5}


def score_german(text: str) -> float:
    """Return the polarity of a German text, -1..1.

    Formula: `sum(w * v) / (sum(w) + 0.5)` over what the text says, where v is the value of an
    expression after the rules below and w its weight. One plain "gut" (1.0) is 1 / 1.5 = .67, and
    "gut, aber langsam" is (.5 * 1 - 1.5 * .6) / 2.5 = -.16.

    Rules (after Taboada et al. 2011, Lexicon-based methods for sentiment analysis):
        phrase: the longest known phrase counts instead of its words ("nie wieder").
        separable verb: a finite form counts with the particle that ends its clause ("stürzt ab").
        zu + adjective: an adjective of degree is negative ("zu spät").
        intensity: a word before it scales a value ("sehr gut", "etwas langsam"), cut at 1.
        negation: a negator turns the next expression in its clause within four words, else the
            last one before it ("nicht gut", "funktioniert nicht"): praise becomes -.8 of itself,
            blame -.4 of itself; a negator with nothing to turn counts -.25.
        contrast: before "aber" in a sentence weights are halved, after it they are half as much
            again.
    Spelling: case, umlauts and their transcription (spät, spaet) are one.
    """
    lexicon = _load_lexicon()
    total = weight_sum = 0.0
    for sentence in _split_sentences(_tokenise(text)):
        for value, weight in _assess_sentence(sentence, lexicon):
            total += weight * value
            weight_sum += weight
    return total / (weight_sum + _SHRINKAGE)


@dataclass
class _Lexicon:
    """Folded forms. `heads` are last parts of compounds, `split_verbs` particles by finite form,
    `phrases` by first word with the longest first; one without a value negates."""

    values: dict[str, float] = field(default_factory=dict)
    heads: dict[str, float] = field(default_factory=dict)
    split_verbs: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    phrases: dict[str, list[tuple[tuple[str, ...], float | None]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    scalars: dict[str, float] = field(default_factory=dict)
    intensifiers: dict[str, float] = field(default_factory=dict)
    negations: set[str] = field(default_factory=set)
    contrasts: set[str] = field(default_factory=set)
    boundaries: set[str] = field(default_factory=set)
    compounds: dict[str, float] = field(default_factory=dict)


@dataclass
class _Expression:
    start: int
    clause: int
    value: float


def _assess_sentence(tokens: list[str], lexicon: _Lexicon) -> list[tuple[float, float]]:
    """Return (value, weight) of every expression of one sentence."""
    clauses = _number_clauses(tokens, lexicon)
    expressions, negators = _find_expressions(tokens, clauses, lexicon)
    for position in negators:
        target = _find_target(position, clauses[position], expressions)
        if target is None:
            expressions.append(_Expression(position, clauses[position], _NEGATED_NOTHING))
        else:
            target.value *= _NEGATED_PRAISE if target.value > 0 else _NEGATED_BLAME
    contrast = max((i for i, t in enumerate(tokens) if t in lexicon.contrasts), default=0)
    if not contrast:
        return [(expression.value, 1.0) for expression in expressions]
    return [
        (e.value, _BEFORE_CONTRAST if e.start < contrast else _AFTER_CONTRAST)
        for e in expressions
    ]


def _find_expressions(
    tokens: list[str], clauses: list[int], lexicon: _Lexicon
) -> tuple[list[_Expression], list[int]]:
    expressions: list[_Expression] = []
    negators: list[int] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        clause = clauses[position]
        length, value = _match_phrase(tokens, position, lexicon)
        if length:
            if value is None:
                negators.append(position + length - 1)
            elif value:
                expressions.append(_Expression(position, clause, value))
            position += length
            continue
        following = tokens[position + 1] if position + 1 < len(tokens) else ""
        if token == "zu" and following in lexicon.scalars:
            value = lexicon.scalars[following] * _intensity(tokens, position, lexicon)
            expressions.append(_Expression(position, clause, max(value, -1.0)))
            position += 2
            continue
        if token in lexicon.negations:
            negators.append(position)
        elif not (token in lexicon.intensifiers and _value_of(following, lexicon)):
            value = _split_verb_value(tokens, clauses, position, lexicon)
            value = _value_of(token, lexicon) if value is None else value
            if value:
                value = value * _intensity(tokens, position, lexicon)
                expressions.append(_Expression(position, clause, min(max(value, -1.0), 1.0)))
        position += 1
    return expressions, negators


def _find_target(position: int, clause: int, expressions: list[_Expression]) -> _Expression | None:
    same_clause = [e for e in expressions if e.clause == clause]
    ahead = [e for e in same_clause if position < e.start <= position + _REACH]
    behind = [e for e in same_clause if e.start < position]
    return ahead[0] if ahead else behind[-1] if behind else None


def _match_phrase(
    tokens: list[str], position: int, lexicon: _Lexicon
) -> tuple[int, float | None]:
    for words, value in lexicon.phrases.get(tokens[position], ()):
        if tuple(tokens[position : position + len(words)]) == words:
            return len(words), value
    return 0, 0.0


def _split_verb_value(
    tokens: list[str], clauses: list[int], position: int, lexicon: _Lexicon
) -> float | None:
    particles = lexicon.split_verbs.get(tokens[position])
    if particles:
        # The particle ends its clause, so a preposition of the same spelling rarely matches.
        last = position
        while last + 1 < len(tokens) and clauses[last + 1] == clauses[position]:
            last += 1
        while last > position and not tokens[last][0].isalpha():
            last -= 1
        if last > position:
            return particles.get(tokens[last])
    return None


def _intensity(tokens: list[str], position: int, lexicon: _Lexicon) -> float:
    factor = 1.0
    for token in tokens[max(position - 2, 0) : position]:
        factor *= lexicon.intensifiers.get(token, 1.0)
    return factor


def _value_of(token: str, lexicon: _Lexicon) -> float:
    value = lexicon.values.get(token)
    if value is not None:
        return value
    if len(token) < _COMPOUND_LETTERS:
        return 0.0
    if token not in lexicon.compounds:
        lexicon.compounds[token] = _read_compound(token, lexicon)
    return lexicon.compounds[token]


def _read_compound(token: str, lexicon: _Lexicon) -> float:
    """Value a German compound by its last part, and by endings that turn the first one."""
    for ending in ("frei", "los"):
        for inflection in ("", "e", "er", "es", "en", "em"):
            if token.endswith(ending + inflection):
                base = token[: -len(ending + inflection)].rstrip("-")
                value = lexicon.values.get(base) or lexicon.values.get(base.removesuffix("s"))
                if value:
                    return -0.8 * value
    for start in range(3, len(token) - 4):
        value = lexicon.heads.get(token[start:])
        if value:
            return -value if token[:start] == "un" else value
    return 0.0


def _number_clauses(tokens: list[str], lexicon: _Lexicon) -> list[int]:
    clause = 0
    numbers = []
    for token in tokens:
        if token[0] in ",(" or token in lexicon.boundaries or token in lexicon.contrasts:
            clause += 1
        numbers.append(clause)
    return numbers


def _split_sentences(tokens: list[str]) -> Iterator[list[str]]:
    sentence: list[str] = []
    for token in tokens:
        if _SENTENCE_ENDS.issuperset(token):
            if sentence:
                yield sentence
            sentence = []
        else:
            sentence.append(token)
    if sentence:
        yield sentence


def _tokenise(text: str) -> list[str]:
    return _TOKEN.findall(fold(text))


def _read_lexicon(path: Path) -> Iterator[tuple[str, str, float]]:
    for row in path.read_text(encoding="utf-8").splitlines()[1:]:
        form, kind, value = row.split("\t")
        yield form, kind, float(value)


@cache
def _load_lexicon() -> _Lexicon:
    """Read the lexica and inflect their words; the file named last wins."""
    lexicon = _Lexicon()
    for path in LEXICON_FILES:
        explicit: dict[str, float] = {}
        inflected: dict[str, float] = {}
        for form, kind, value in _read_lexicon(path):
            folded = fold(form)
            words = tuple(_TOKEN.findall(folded))
            if kind == "phrase" or (kind == "negation" and len(words) > 1):
                lexicon.phrases[words[0]].append((words, value if kind == "phrase" else None))
            elif kind == "scalar":
                lexicon.scalars[folded] = value
            elif kind == "intensifier":
                lexicon.intensifiers[folded] = value
            elif kind == "negation":
                lexicon.negations.add(folded)
            elif kind == "contrast":
                lexicon.contrasts.add(folded)
            elif kind == "boundary":
                lexicon.boundaries.add(folded)
            elif kind == "split":
                finite, particle = folded.split("|")
                lexicon.split_verbs[finite][particle] = value
            else:
                explicit[folded.replace("|", "")] = value
                for other in inflect(folded, kind):
                    inflected.setdefault(other, value)
                if kind == "verb":
                    for finite, particle in split_forms(folded):
                        lexicon.split_verbs[finite].setdefault(particle, value)
                if kind in ("noun", "adjective") and len(folded) >= _HEAD_LETTERS[path.name]:
                    for head in (folded, *inflect(folded, kind)):
                        lexicon.heads[head] = value
        lexicon.values |= inflected | explicit
    for found in lexicon.phrases.values():
        found.sort(key=lambda phrase: -len(phrase[0]))
    return lexicon
