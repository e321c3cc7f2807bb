"""What a text as a whole tells beside its topics: experience dimension, emotion, urgency, intent.

By an editable list of terms (`signal_terms.csv`); which department acts on it is
`routing_rules.py`.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set

import pandas as pd

from models_ml.clauses import Clause, split_clauses
from models_ml.frames import require_columns
from models_ml.negation import REMEDIES, holds_negation, is_negated
from models_ml.term_matching import (
    Hit,
    TermIndex,
    compile_terms,
    join_evidence,
    terms_version,
)

DIMENSIONS = ("emotional", "sensory", "brand", "cognitive", "behavioural")
"""Dimensions of customer experience; of two with equal evidence the first counts."""
EMOTIONS = ("anger", "fear", "disappointment", "joy", "trust", "surprise")
INTENTS = ("cancellation_threat", "idea", "question", "complaint", "praise", "statement")
NONE = "none"

URGENCY_MEDIUM, URGENCY_HIGH = 0.3, 0.6
_DIMENSION_MINIMUM = 0.5
_EMOTION_MINIMUM = 0.45
_CLEAR_POLARITY = 0.25
# What asks for an answer is rarer and weighs more than the mood around it.
_INTENT_FACTORS: Mapping[str, float] = {"cancellation_threat": 3.0, "idea": 2.0, "question": 1.5}
_STATEMENT_ODDS = 0.7
_DOUBT, _CERTAIN = 0.04, 0.98
_BEFORE_CONTRAST = 0.6
# Reasons of urgency that nobody gives who does not complain.
_GRIEVANCES, _GRIEVANCE = ("repeated_contact", "danger", "legal", "outage", "privacy"), 0.6
# A clear polarity alone is more than a mere statement: "Nach zweimal Tragen schon Löcher".
_MOOD, _MOOD_SLOPE = 0.3, 0.5
_MOOD_TERMS: Mapping[str, float] = {"complaint": 1.0, "praise": -1.0}
# What was solved presses no more: "Störung gemeldet, zwei Stunden später behoben".
_SOLVABLE = ("outage", "repeated_contact", "money")
_UNSOLVED = frozenset((
    "nicht", "nie", "kein", "keine", "nichts", "niemand", "muss", "soll", "wird", "werden", "wann",
    "wenn", "falls", "bis", "bitte", "not", "never", "nothing", "isn't", "hasn't", "wasn't", "get",
    "be", "must", "if", "when", "until", "please", "still", "want", "need",
))
_NEGATED_SIGNALS = frozenset(
    ("emotion", "urgency", "complaint", "praise", "cancellation_threat")
)
# Verb and pronoun ask where they open a clause of a question only: "Kann ich nur empfehlen" and
# "Hier gibt es die besten Brötchen" are no questions.
_ASKING_VERBS = frozenset((
    "gibt", "kann", "darf", "muss", "haben", "habt", "koennen", "am", "are", "can", "could", "do",
    "does", "is", "will",
))
_QUESTION_END = re.compile(r"[\s\"'”“»)]*[.!…]*\?")
_READ_CHARACTERS = 10_000
_ANY_LANGUAGE = "any"
_ALGORITHM_VERSION = "5"
COLUMNS = (
    "text_key", "experience_dimension", "emotion", "urgency", "urgency_label", "intent",
    "intent_probability",
)


def detect_signals(texts: pd.DataFrame, terms: pd.DataFrame) -> pd.DataFrame:
    """Conclude dimension, emotion, urgency and intent of each text from its terms.

    Grain: one row per text. A term that is negated in its clause does not count, but for dimension,
    question and idea; one that holds a negation itself is taken as it stands. Before "aber" in a
    sentence a term counts .6 of its weight. Evidence e of a value is `1 - product(1 - weight)` over
    its terms. Of terms for a question, a single word counts at the beginning of a sentence, verb
    and pronoun ("kann ich") at that of a clause of a question.

    experience_dimension: emotional, cognitive, behavioural, sensory (Brakus, Schmitt & Zarantonello
    2009, Brand experience; Lemon & Verhoef 2016, Understanding customer experience) or brand: the
    largest sum of weights from .5, else none.
    emotion: largest evidence from .45, else none; one against a clear polarity counts half.
    intent: odds e / (1 - e), where e is at least .04 and at most .98, times 3 for a threat to
    cancel, 2 for an idea, 1.5 for a question, beside .7 for a mere statement; intent_probability is
    the share of the largest, which is not calibrated. A polarity p beyond .25 is evidence of
    .3 + .5 |p| for complaint or praise, and terms of the other of the two count half against it;
    urgency by danger, law, outage, privacy or repeated contact is evidence for complaint, a
    question mark for a question.
    urgency: `1 - product(1 - u)` over the strongest term of each reason, .3 for a threat to cancel,
    .15 for a complaint, a quarter of a negative polarity, .1 for "!!" or capitals; half of it for a
    clearly positive text. An outage, repeated contact or lost money counts where no clause of its
    sentence or the next says that it was solved. low below .3, high from .6.

    Args:
        texts: text_key, text (masked), language; polarity (-1..1, may be empty) where it is known.
        terms: signal, value, language, term, kind, weight; see `compile_terms`.

    Returns:
        text_key, experience_dimension, emotion, urgency (0..1), urgency_label, intent,
        intent_probability; sorted by text_key. Of a text in another language only terms of all
        languages (emoji) are found; without any it is a statement without anything else.

    Raises:
        ValueError: a column is missing, a text_key repeats, a signal or value is not known, or a
            term is malformed.
    """
    require_columns(texts, ["text_key", "text", "language"], "texts")
    if texts["text_key"].duplicated().any():
        raise ValueError("texts: text_key repeats")
    labelled = _label(terms)
    indexes = compile_terms(labelled, "label", group="signal")
    negations = {number for number, term in enumerate(terms["term"]) if holds_negation(str(term))}
    # Emoji are terms of all languages, also of those without any term of their own.
    shared = compile_terms(labelled[labelled["language"] == "all"].assign(language=_ANY_LANGUAGE),
                           "label", group="signal").get(_ANY_LANGUAGE)
    columns = [texts[name].to_numpy(dtype=object) for name in ("text_key", "text", "language")]
    if "polarity" in texts.columns:
        columns.append(texts["polarity"].astype(float).to_numpy())
    else:
        columns.append(pd.Series(math.nan, index=texts.index).to_numpy())
    rows = []
    for key, text, language, polarity in zip(*columns, strict=True):
        read = text[:_READ_CHARACTERS] if isinstance(text, str) else ""
        tone = 0.0 if math.isnan(polarity) else float(polarity)
        weights = _collect(read, language, indexes.get(language, shared), negations)
        intent, probability = _conclude_intent(weights, read, tone)
        urgency = _conclude_urgency(weights, read, tone, intent)
        label = "high" if urgency >= URGENCY_HIGH else (
            "medium" if urgency >= URGENCY_MEDIUM else "low")
        rows.append((key, _conclude_dimension(weights), _conclude_emotion(weights, tone), urgency,
                     label, intent, probability))
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({
        "text_key": "str", "experience_dimension": "str", "emotion": "str", "urgency": "float64",
        "urgency_label": "str", "intent": "str", "intent_probability": "float64",
    })
    return frame.sort_values("text_key", ignore_index=True)


def signals_version(terms: pd.DataFrame) -> str:
    """Return a version that changes with the rules or the terms."""
    return terms_version(_ALGORITHM_VERSION, [terms])


_Weights = dict[tuple[str, str], list[float]]


def _label(terms: pd.DataFrame) -> pd.DataFrame:
    require_columns(terms, ["signal", "value"], "terms")
    known = {"experience_dimension": DIMENSIONS, "emotion": EMOTIONS, "intent": INTENTS}
    pairs = set(zip(terms["signal"], terms["value"], strict=True))
    for signal, value in sorted(pairs):
        # What makes a text urgent is an open list of reasons.
        if signal != "urgency" and value not in known.get(signal, ()):
            raise ValueError(f"terms: signal {signal!r} has no value {value!r}")
    return terms.assign(label=terms["signal"] + "|" + terms["value"])


def _collect(
    text: str, language: str, index: TermIndex | None, negations: Set[int]
) -> _Weights:
    found: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    if index is not None:
        clauses = split_clauses(text, language)
        turns = {clause.sentence: clause.start for clause in clauses if clause.opens == "contrast"}
        ends = {clause.sentence: clause.end for clause in clauses}
        solved = {clause.sentence for clause in clauses if _is_solved(clause)}
        questions = {sentence for sentence, end in ends.items() if _QUESTION_END.match(text, end)}
        for clause in clauses:
            factor = _BEFORE_CONTRAST if clause.start < turns.get(clause.sentence, 0) else 1.0
            for hit in index.find(clause):
                signal, value = hit.label.split("|")
                if not hit.weight:
                    continue  # only stops its words from counting
                if value == "question" and not _asks(hit, clause, clause.sentence in questions):
                    continue
                if value in _SOLVABLE and not solved.isdisjoint(
                        (clause.sentence, clause.sentence + 1)):
                    continue
                if found[signal, value].get(hit.term) == factor * hit.weight:
                    continue  # a thousand emoji say it no better than one
                negatable = signal in _NEGATED_SIGNALS or value in _NEGATED_SIGNALS
                if not (negatable and is_negated(hit, clause, language,
                                                 is_inside=hit.term not in negations)):
                    found[signal, value][hit.term] = factor * hit.weight
    return {key: list(weights.values()) for key, weights in found.items() if weights}


def _is_solved(clause: Clause) -> bool:
    words = {token.word for token in clause.tokens}
    return not words.isdisjoint(REMEDIES) and words.isdisjoint(_UNSOLVED)


def _asks(hit: Hit, clause: Clause, is_question: bool) -> bool:
    """Whether a term of a question stands where it asks."""
    if hit.first == hit.last:  # "wie" asks at the beginning of a sentence only
        return hit.first == 0 and clause.opens == "sentence"
    if hit.last - hit.first == 1 and clause.tokens[hit.first].word in _ASKING_VERBS:
        opens_at = 1 if clause.opens in ("joint", "contrast") else 0
        return is_question and hit.first <= opens_at
    return True


def _conclude_dimension(weights: _Weights) -> str:
    sums = {name: sum(weights.get(("experience_dimension", name), ())) for name in DIMENSIONS}
    best = max(DIMENSIONS, key=lambda name: sums[name])
    return best if sums[best] >= _DIMENSION_MINIMUM else NONE


def _conclude_emotion(weights: _Weights, tone: float) -> str:
    def weigh(name: str) -> float:
        evidence = join_evidence(weights.get(("emotion", name), ()))
        against = (tone < -_CLEAR_POLARITY and name in ("joy", "trust")) or (
            tone > _CLEAR_POLARITY and name in ("anger", "fear", "disappointment"))
        return evidence / 2 if against else evidence

    best = max(EMOTIONS, key=weigh)
    return best if weigh(best) >= _EMOTION_MINIMUM else NONE


def _conclude_intent(weights: _Weights, text: str, tone: float) -> tuple[str, float]:
    grievance = [_GRIEVANCE for reason in _GRIEVANCES if ("urgency", reason) in weights][:1]
    hints: Mapping[str, Sequence[float]] = {
        "question": [0.7] if text.rstrip().endswith("?") else [0.5] if "?" in text else [],
        "complaint": grievance + (
            [_MOOD - _MOOD_SLOPE * tone] if tone < -_CLEAR_POLARITY else []),
        "praise": [_MOOD + _MOOD_SLOPE * tone] if tone > _CLEAR_POLARITY else [],
    }
    odds = {}
    for name in INTENTS:
        is_against = tone * _MOOD_TERMS.get(name, 0.0) > _CLEAR_POLARITY
        terms = [weight / 2 if is_against else weight
                 for weight in weights.get(("intent", name), ())]
        evidence = min(_CERTAIN, join_evidence([_DOUBT, *terms, *hints.get(name, ())]))
        odds[name] = _INTENT_FACTORS.get(name, 1.0) * evidence / (1.0 - evidence)
    odds["statement"] += _STATEMENT_ODDS
    best = max(INTENTS, key=lambda name: odds[name])
    return best, odds[best] / sum(odds.values())


def _conclude_urgency(weights: _Weights, text: str, tone: float, intent: str) -> float:
    hints = [max(found) for (signal, _), found in weights.items() if signal == "urgency"]
    hints.append({"cancellation_threat": 0.3, "complaint": 0.15}.get(intent, 0.0))
    hints.append(max(0.0, -tone) / 4)
    letters = [letter for letter in text if letter.isalpha()]
    if "!!" in text or (len(letters) >= 10 and sum(map(str.isupper, letters)) > len(letters) / 2):
        hints.append(0.1)
    urgency = join_evidence(hints)
    return urgency / 2 if tone > _CLEAR_POLARITY else urgency
