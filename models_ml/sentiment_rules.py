"""Rules that every lexicon model of sentiment shares: phrases, negation, intensity, contrast.

What a word of one language means, its spelling and inflection, labels and tables do not belong
here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from models_ml.contrasts import stands_behind_verb
from models_ml.sentiment_words import Lexicon, Phrase, Word

_TOKEN = re.compile(
    r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*|[:;=]'?-?[()dDpP/]+|<3|[.!?;:,\n…]+|\S"
)
_SENTENCE_ENDS = frozenset(".!?;:\n…")
_QUOTES = frozenset("\"„“”»«")
_REACH = 5
_CONCESSION_REACH = 6
_NEGATED_PRAISE, _NEGATED_BLAME = -0.8, -0.5
_BEFORE_CONTRAST, _AFTER_CONTRAST, _CONCEDED = 0.5, 1.5, 0.4
_ASKED_PRAISE, _ASKED_BLAME, _WISHED_PRAISE, _CONDITIONAL_BLAME = 0.2, 0.6, 0.2, 0.4
_SURPASSING = 0.8
_QUOTED_PRAISE = -0.5
_SOLVED = 0.1
_INSISTENT_NEGATION = -0.5
_CLEAR_PRAISE = 0.5
_SHRINKAGE = 0.5
_OPENING_TOKENS = 2
_NEITHER, _NOR = "weder", "noch"
_NO = "kein"
_LESS = frozenset(("less", "weniger"))
_OPENS_WISH = frozenset(("dass", "wenn", "if", "that"))
_IRONIC_WORDS = 5
_SENTENCE_TOKENS = 200
"""A sentence is cut here, so that a text without marks costs no more than its length."""


@dataclass(slots=True)
class Expression:
    """What one expression of a text says: tokens `start` to `end` (exclusive), value after the
    rules, weight. `if_negated` is what it says once negated, where it says nothing else; `is_too`
    tells an adjective of degree behind "zu" or "too"."""

    start: int
    end: int
    clause: int
    value: float
    is_negatable: bool = True
    if_negated: float = 0.0
    is_too: bool = False
    weight: float = 1.0


@dataclass(slots=True)
class Assessment:
    """All that the rules find in one text. `known_count` is the number of words that a list holds,
    as a judgement or as none; `symbol_value` the sum over emoji and emoticons."""

    expressions: list[Expression] = field(default_factory=list)
    word_count: int = 0
    known_count: int = 0
    negator_count: int = 0
    contrast_count: int = 0
    intensifier_count: int = 0
    question_count: int = 0
    irony_count: int = 0
    symbol_value: float = 0.0

    @property
    def polarity(self) -> float:
        """`sum(w * v) / (sum(w) + 0.5)` over the expressions: -1..1, and 0 without any."""
        weight_sum = sum(e.weight for e in self.expressions)
        return sum(e.weight * e.value for e in self.expressions) / (weight_sum + _SHRINKAGE)

    @property
    def praise(self) -> float:
        """Weighted sum of the positive values, 0 or more."""
        return sum(e.weight * e.value for e in self.expressions if e.value > 0)

    @property
    def blame(self) -> float:
        """Weighted sum of the negative values, 0 or less."""
        return sum(e.weight * e.value for e in self.expressions if e.value < 0)


def assess(text: str, lexicon: Lexicon) -> Assessment:
    """Find the expressions of a text with their values, by these rules.

    After Taboada et al. 2011, Lexicon-based methods for sentiment analysis:
        phrase: the longest known phrase counts instead of its words ("nie wieder").
        split verb: a finite form counts with the particle that ends its clause ("stürzt ab").
        too: an adjective of degree is negative after "zu" or "too" ("zu spät").
        intensity: a word before it scales a value ("sehr gut", "a bit slow"), cut at 1.
        negation: a negator turns the next expression in its clause within five words, else the
            last one before it ("nicht gut", "funktioniert nicht"): praise becomes -.8 of itself,
            blame -.5 of itself, and nothing where it stands before ("Probleme gibt es nicht"), what
            is expected of a company ("kommt") what the lexicon says, but where its clause goes on
            to what is not so ("nie kam etwas zu spät", also for phrases such as "kam nie");
            a negator with nothing to turn counts itself, by the lexicon, and more where it insists
            ("immer noch nicht", "nicht mehr").
        superlative: "never" turns nothing that "so", "such a" or "this" measures ("It's never been
            this bad"), nor "can't" a praise that "enough" follows in its clause ("can't thank
            them enough"), nor a comparative beside "can" ("couldn't be better", "besser hätte es
            nicht laufen können"), which counts .8 at least.
        contrast: before "aber" in a sentence weights are halved, after it they are half as much
            again; behind a verb it stands for its whole clause ("war aber schlecht"). What
            "obwohl" or "despite" concedes weighs .4.
        solution: a problem that "gelöst" or "fixed" follows in its sentence, or precedes in its
            clause, weighs .1.
        question, wish: praise in a question or after "wäre", also in the "dass" or "wenn" behind
            its comma, counts .2, so does praise in front of "wäre" with such a "wenn" behind it
            ("zufrieden wäre ich, wenn …"); blame in a question counts .6, unless it asks why, and
            .4 behind "falls" or "if".
        irony: cues of the lexicon, praise of one or two words in quotation marks, and a praise
            that opens a text which then complains ("Super, schon wieder zu spät").
    """
    tokens = _TOKEN.findall(text)
    vocabulary = lexicon.vocabulary
    words = [vocabulary[token] for token in tokens]
    found = Assessment(word_count=sum([word.is_word for word in words]),
                       known_count=sum([word.is_known for word in words]))
    for start, end in _split_sentences(tokens):
        if any(word.is_active for word in words[start:end]):
            mark = tokens[end] if end < len(tokens) else ""
            _assess_sentence(words, start, end, "?" in mark, lexicon, found)
        if end < len(tokens) and "?" in tokens[end]:
            found.question_count += 1
    for expression in found.expressions:
        word = words[expression.start]
        if not (word.is_word or word.is_number):
            found.symbol_value += expression.value
    if found.irony_count == 0 and found.contrast_count == 0:
        found.irony_count += _opens_with_praise(found.expressions, words)
    return found


def locate(text: str, expressions: Sequence[Expression]) -> list[tuple[int, int, float]]:
    """Return (start, end, value) of expressions of `text` in characters, end exclusive."""
    spans = [match.span() for match in _TOKEN.finditer(text)]
    return [(spans[e.start][0], spans[e.end - 1][1], e.value) for e in expressions]


def tokenise(text: str) -> list[str]:
    """Split into words, numbers, emoticons and marks, as `assess` does."""
    return _TOKEN.findall(text)


def _split_sentences(tokens: list[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for position, token in enumerate(tokens):
        if position - start >= _SENTENCE_TOKENS:
            yield start, position
            start = position
        if token[0] in _SENTENCE_ENDS and _SENTENCE_ENDS.issuperset(token):
            if position > start:
                yield start, position
            start = position + 1
    if start < len(tokens):
        yield start, len(tokens)


def _assess_sentence(
    words: list[Word], start: int, end: int, is_question: bool, lexicon: Lexicon, found: Assessment
) -> None:
    clauses, contrast = _number_clauses(words, start, end)
    expressions, negators = _find_expressions(words, start, end, clauses, lexicon, found)
    for expression in expressions:
        last = expression.end - 1
        if (expression.value < 0 and words[last].value >= _CLEAR_PRAISE
                and any(_can(words, at, start) for at in range(expression.start, last))
                and _is_surpassed(words, expression, clauses, start)):
            expression.value = -expression.value
    turned: list[Expression] = []
    for position, word in negators:
        surpassing = None if is_question else _find_surpassing(
            words, clauses[position - start], start, clauses, expressions)
        if surpassing is not None:
            is_less = words[max(start, surpassing.start - 1)].form in _LESS
            sign = 1.0 if (surpassing.value > 0) is not is_less else -1.0
            surpassing.value = sign * max(abs(surpassing.value), _SURPASSING)
            continue
        target = _find_target(position, word, clauses[position - start], expressions)
        if words[position].form == _NOR and any(target is each for each in turned):
            continue  # "weder das Bad noch das Zimmer war sauber" is said of both once
        if target is not None:
            turned.append(target)
        if target is None:
            value = word.negation
            if _insists(words, position, start, end):
                value = min(value, _INSISTENT_NEGATION)
            expressions.append(
                Expression(position, position + 1, clauses[position - start], value)
            )
        elif word.is_never and _is_measured(words, target.start, start):
            pass  # "So gut war es noch nie" is a superlative
        elif (target.value >= _CLEAR_PRAISE and _can(words, position, start)
                and _is_surpassed(words, target, clauses, start)):
            pass
        elif target.if_negated:
            target.value, target.if_negated = target.if_negated, 0.0
        elif target.value > 0:
            target.value *= _NEGATED_PRAISE
        else:
            target.value *= _NEGATED_BLAME if target.end > position else 0.0
    expressions = [e for e in expressions if e.value]
    _settle(words, expressions, negators)
    _weigh(words, start, end, clauses, contrast, expressions, found)
    if is_question:
        asks_why = any(word.asks_why for word in words[start:end])
        for expression in expressions:
            if expression.value > 0:
                expression.value *= _ASKED_PRAISE
            elif not asks_why:
                expression.value *= _ASKED_BLAME
    found.negator_count += len(negators)
    found.expressions += sorted(expressions, key=lambda e: e.start)


def _is_measured(words: list[Word], position: int, start: int) -> bool:
    """Whether "so", "such" or "this" stands before a word, be it with an article: "so ein X"."""
    before = position - 1
    if before > start and words[before].is_degree_article:
        before -= 1
    return before >= start and words[before].is_degree


def _can(words: list[Word], position: int, start: int) -> bool:
    """Whether the word at `position` is a negator of "can": "can't", "could not"."""
    return words[position].is_negator and (
        words[position].is_ability or (position > start and words[position - 1].is_ability))


def _is_surpassed(
    words: list[Word], praise: Expression, clauses: list[int], start: int
) -> bool:
    """Whether "enough" stands in the clause behind a praise, but for "good enough"."""
    behind = praise.end + 1
    while behind - start < len(clauses) and clauses[behind - start] == praise.clause:
        if words[behind].is_surpassed:
            return True
        behind += 1
    return False


def _find_surpassing(
    words: list[Word], clause: int, start: int, clauses: list[int], expressions: list[Expression]
) -> Expression | None:
    """Return the comparative of a clause that says what something can do or be, if it has one."""
    if not any(words[start + at].is_ability for at, each in enumerate(clauses) if each == clause):
        return None
    for expression in expressions:
        before = words[max(start, expression.start - 1)]
        if words[expression.start].form in _LESS:
            continue
        if expression.clause == clause and expression.value and (
                words[expression.start].is_comparative or before.is_comparative):
            return expression
    return None


def _settle(
    words: list[Word], expressions: list[Expression], negators: list[tuple[int, Word]]
) -> None:
    """A problem that was solved is no blame: "Mein Problem war in zehn Minuten gelöst"."""
    if negators:
        return
    solved = [e for e in expressions
              if e.value > 0 and any(word.is_solution for word in words[e.start : e.end])]
    for expression in expressions:
        if expression.value < 0 and any(
                e.clause == expression.clause or e.start >= expression.end for e in solved):
            expression.weight *= _SOLVED


def _number_clauses(words: list[Word], start: int, end: int) -> tuple[list[int], int]:
    """Return the clause of each token, and where the last contrast begins, or -1."""
    clause, contrast, begins, opening = 0, -1, True, start
    numbers = []
    for position in range(start, end):
        word = words[position]
        if word.contrast == 2 and stands_behind_verb(
                word.form, [each.form for each in words[opening:position]],
                words[position + 1].form if position + 1 < end else ""):
            contrast = opening
        else:
            if word.is_boundary or word.contrast:
                clause += 1
                opening = position + 1
            if word.contrast == 2 or (word.contrast == 1 and begins):
                contrast = position
        begins = word.is_boundary
        numbers.append(clause)
    return numbers, contrast


def _weigh(
    words: list[Word], start: int, end: int, clauses: list[int], contrast: int,
    expressions: list[Expression], found: Assessment,
) -> None:
    if contrast >= 0:
        found.contrast_count += 1
        # "Gut. Aber langsam.": the contrast is with the sentence before.
        before = (found.expressions if contrast == start and words[start].contrast
                  else expressions)
        for expression in before:
            if expression.start < contrast:
                expression.weight *= _BEFORE_CONTRAST
        for expression in expressions:
            if expression.start >= contrast:
                expression.weight *= _AFTER_CONTRAST
    for position in range(start, end):
        word = words[position]
        if word.is_condition:
            for expression in expressions:
                if (expression.value < 0 and expression.start > position
                        and expression.clause == clauses[position - start]):
                    expression.value *= _CONDITIONAL_BLAME
        if word.is_wish and position + 1 < end and _can(words, position + 1, start):
            continue  # "could not be better" wishes for nothing
        if word.is_concession or word.is_wish:
            reach = range(position, position + _CONCESSION_REACH)
            wished = _find_wished(words, position, end, clauses, start) if word.is_wish else -1
            for expression in expressions:
                if expression.clause == wished or (
                        expression.clause == clauses[position - start]
                        and (expression.start in reach
                             or (wished >= 0 and expression.end == position))):
                    if word.is_concession:
                        expression.weight *= _CONCEDED
                    elif expression.value > 0 and expression.end == expression.start + 1:
                        # Phrases keep their value: "would buy again" is no mere wish.
                        expression.value *= _WISHED_PRAISE


def _find_wished(
    words: list[Word], position: int, end: int, clauses: list[int], start: int
) -> int:
    """Return the clause that says what is wished for, or -1: "Ich wünsche mir, dass …"."""
    own = clauses[position - start]
    last = position
    while last < end and clauses[last - start] == own:
        last += 1
    opening = last if last >= end or words[last].is_word else last + 1
    is_wished = opening < end and words[opening].form in _OPENS_WISH
    return clauses[opening - start] if is_wished else -1


def _find_expressions(
    words: list[Word], start: int, end: int, clauses: list[int], lexicon: Lexicon,
    found: Assessment,
) -> tuple[list[Expression], list[tuple[int, Word]]]:
    expressions: list[Expression] = []
    negators: list[tuple[int, Word]] = []
    factor, factor_position = 1.0, -9
    neither: Word | None = None
    position = start
    while position < end:
        word = words[position]
        if word.form == _NEITHER:
            neither = word
        elif neither is not None and word.form == _NOR:
            negators.append((position, neither))
        if not word.is_active:
            position += 1
            continue
        clause = clauses[position - start]
        length = 1
        value, negatable, if_negated = 0.0, True, 0.0
        phrase = lexicon.match_phrase(words, position, end) if word.phrases else None
        if phrase is not None and _negates_blame(phrase, words, position, clauses, start):
            phrase = None
        if phrase is not None and (phrase.kind == "negation" or not phrase.value) and (
                _holds_longer(phrase, words, position, end, lexicon)):
            position += 1  # "gar nichts auszusetzen" is "nichts auszusetzen"
            continue
        following = words[position + 1] if position + 1 < end else None
        if phrase is not None:
            length = len(phrase.words)
            # "Kein Problem" is not turned again by what stands around it; "rief mich zurück" is.
            inside = words[position : position + length]
            value = phrase.value
            negatable = value > 0 and not any(each.is_negator for each in inside)
            if phrase.kind == "negation":
                negators.append((position + length - 1, phrase.as_word))
                value = 0.0
            elif phrase.kind == "intensifier":
                factor, factor_position = phrase.value, position + length - 1
                value = 0.0
            elif phrase.kind == "irony":
                found.irony_count += 1
        elif word.is_too and following is not None and following.too_value:
            value, length = following.too_value, 2
        elif word.is_negator:
            negators.append((position, word))
        elif word.factor and (
                not word.value or (following is not None and following.is_judgement)):
            found.intensifier_count += 1
            previous = factor if factor_position == position - 1 else 1.0
            factor, factor_position = previous * word.factor, position
        else:
            particle = _find_particle(words, position, end, clauses, start) if word.split else 0
            if particle:
                value, length = word.split[words[particle].form], 1
            else:
                value, negatable, if_negated = word.value, word.is_negatable, word.if_negated
            if word.is_irony:
                found.irony_count += 1
            if value and position - factor_position <= 2:
                value *= factor
            if value > 0 and _is_quoted(words, position, start, end):
                value *= _QUOTED_PRAISE
                found.irony_count += 1
            if particle:
                expressions.append(
                    Expression(position, particle + 1, clause, max(min(value, 1.0), -1.0))
                )
                value = 0.0
        if value or if_negated:
            if length > 1 and phrase is None and position - factor_position <= 2:
                value *= factor
            value = max(min(value, 1.0), -1.0)
            expressions.append(Expression(
                position, position + length, clause, value, negatable, if_negated,
                is_too=phrase is None and word.is_too and length == 2))
        position += length
    return expressions, negators


def _holds_longer(
    phrase: Phrase, words: list[Word], position: int, end: int, lexicon: Lexicon
) -> bool:
    """Whether an expression begins inside a phrase and ends behind it."""
    for at in range(position + 1, position + len(phrase.words)):
        inner = lexicon.match_phrase(words, at, end) if words[at].phrases else None
        if inner is not None and inner.kind == "phrase" and (
                at + len(inner.words) > position + len(phrase.words)):
            return True
    return False


def _negates_blame(
    phrase: Phrase, words: list[Word], position: int, clauses: list[int], start: int
) -> bool:
    """Whether the negator of a phrase is about a blame behind it: "kam nie | zu spät", "keine
    Lieferung | war zu spät"."""
    inside = words[position : position + len(phrase.words)]
    if phrase.value >= 0 or phrase.kind != "phrase":
        return False
    if inside[-1].is_negator:
        behind = position + len(inside)
    elif inside[0].is_negator and inside[-1].if_negated:
        behind = position + len(inside) + 1
    else:
        return False
    if behind - start >= len(clauses) or clauses[behind - start] != clauses[position - start]:
        return False
    following = words[behind + 1 : behind + 2]
    return words[behind].value < 0 or (
        words[behind].is_too and any(word.too_value < 0 for word in following))


def _find_particle(
    words: list[Word], position: int, end: int, clauses: list[int], start: int
) -> int:
    # The particle ends its clause, so a preposition of the same spelling rarely matches.
    last = position
    while last + 1 < end and clauses[last + 1 - start] == clauses[position - start]:
        last += 1
    while last > position and not words[last].is_word:
        last -= 1
    return last if last > position and words[last].form in words[position].split else 0


def _find_target(
    position: int, negator: Word, clause: int, expressions: list[Expression]
) -> Expression | None:
    behind = None
    around = None
    expected = None
    for expression in expressions:
        if expression.clause != clause or not expression.is_negatable:
            continue
        if expression.if_negated and not negator.negation:
            continue
        if position < expression.start <= position + (2 if negator.looks_ahead else _REACH):
            if expression.is_too or not (expected or expression.if_negated):
                return expression
            expected = expected or expression
        elif expression.start < position:
            # "Grund zur Klage gab es keinen": of a noun, not of what gives it.
            is_of_noun = bool(expression.if_negated and behind is not None and behind.value < 0
                              and negator.form.startswith(_NO))
            behind = behind if is_of_noun else expression
            # "stürzt seit dem Update nicht mehr ab": a verb in two pieces is what is negated.
            around = expression if position < expression.end else around
    if expected is not None:
        return expected
    return None if negator.looks_ahead else around or behind


def _insists(words: list[Word], position: int, start: int, end: int) -> bool:
    """Whether "immer noch", "still" or "mehr" stand at the negator: "immer noch nicht"."""
    near = [at for at in (position - 2, position - 1, position + 1) if start <= at < end]
    return sum(words[at].insistence for at in near) >= 2


def _is_quoted(words: list[Word], position: int, start: int, end: int) -> bool:
    """Whether praise stands in quotation marks, or right before one quoted word."""
    def has_quote(at: int) -> bool:
        return start <= at < end and words[at].form in _QUOTES

    if has_quote(position - 1):
        return has_quote(position + 1) or has_quote(position + 2)
    return has_quote(position + 1) and has_quote(position + 3)


def _opens_with_praise(expressions: list[Expression], words: list[Word]) -> bool:
    """Whether a praise of its own opens the text and a complaint or a burden follows it, or
    after a comma much that is no praise."""
    if not expressions or expressions[0].value <= 0 or expressions[0].end > _OPENING_TOKENS:
        return False
    opening = expressions[0].end
    if opening >= len(words) or words[opening].form[0] not in ",!.…":
        return False
    if any(e.value <= -0.4 for e in expressions[1:]):
        return True
    if words[opening].form[0] == "," and all(e.value <= 0 for e in expressions[1:]):
        return sum(word.is_word for word in words[opening:]) >= _IRONIC_WORDS
    return any(word.is_burden for word in words[opening:])
