"""Which topics a text speaks of, where, and with what sentiment, by an editable list of terms.

The topics and terms are seeds (`topics.csv`, `topic_terms.csv`); signals of a whole text, routing
and new themes do not belong here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from models_ml.clauses import Clause, split_clauses
from models_ml.frames import require_columns
from models_ml.sentiment import LABEL_THRESHOLDS, assess_spans
from models_ml.term_matching import TermIndex, compile_terms, join_evidence, terms_version

NO_TOPIC = "none"
"""Topic of a term that only stops its words from counting: "auf jeden Fall", "of course"."""

SAFETY_TOPIC = "product_safety"
"""Topic that comes before all others of its family where it was found: "Der Akku ist explodiert"
speaks of the battery more surely than of danger, but somebody may be hurt."""

MINIMUM_SCORE = 0.5
HINT_SCORE = 0.3
_SHARE_OF_BEST = 0.6
_SHRINKAGE = 0.5
_READ_CHARACTERS = 10_000
_ALGORITHM_VERSION = "3"
COLUMNS = (
    "text_key", "topic", "span_start", "span_end", "polarity", "sentiment_label", "topic_score",
)


@dataclass
class _Found:
    """A topic in a clause; `places` are the character ranges of its terms."""

    topic: str
    score: float
    clause: int
    places: list[tuple[int, int]]
    values: list[float] = field(default_factory=list)
    start: int = 0
    end: int = 0


def detect_topics(
    texts: pd.DataFrame,
    topics: pd.DataFrame,
    terms: pd.DataFrame,
    *,
    topic_scores: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Find the topics of each text, the span each rests on and its own sentiment.

    Grain: one row per text, topic and span; a text without a topic has none. The span is the
    clause that holds the terms, joined with the clause that says how the topic was where that is
    another one of the same sentence ("Die Lieferung, die gestern kam, war super").

    Score: the terms of a topic in a clause count together with those of the topics below it, as
    `1 - product(1 - weight)`; a topic counts from .5, and from .6 of the best of its clause. In a
    text in which none does, the best counts from .3. Of a topic and those below it, a clause gets
    the best one below that has .3 of its own, else the topic itself; `SAFETY_TOPIC` with .5 comes
    before all others.

    Polarity: `sum(v) / (n + 0.5)` over the expressions v of the span; of several topics in one
    clause each takes the expressions nearest to it. Without any it is that of the whole text, up to
    a contrast such as "aber", where the text has no other topic, else 0.

    Args:
        texts: text_key, text (masked), language; one row per distinct text.
        topics: topic, parent_topic (empty at level 1).
        terms: topic, language, term, kind, weight; see `compile_terms`.
        topic_scores: text_key, topic, score (0..1): probabilities of a classifier on the same
            texts. They join the terms' evidence; a topic with .5 that no term names rests on the
            whole text.

    Returns:
        text_key, topic, span_start, span_end (positions in text, end exclusive), polarity (empty
        for a language without a sentiment model), sentiment_label, topic_score; sorted by
        text_key, span_start, topic.

    Raises:
        ValueError: a column is missing, a text_key repeats, a term's topic is not in `topics`, a
            parent is not, or a term is malformed.
    """
    require_columns(texts, ["text_key", "text", "language"], "texts")
    if texts["text_key"].duplicated().any():
        raise ValueError("texts: text_key repeats")
    families = read_families(topics)
    require_columns(terms, ["topic"], "terms")
    if unknown := set(terms["topic"]) - set(families) - {NO_TOPIC}:
        raise ValueError(f"terms: no such topic as {', '.join(sorted(unknown))}")
    indexes = compile_terms(terms, "topic")
    learned = _read_scores(topic_scores)
    rows: list[tuple[object, ...]] = []
    columns = (texts[name].to_numpy(dtype=object) for name in ("text_key", "text", "language"))
    for key, text, language in zip(*columns, strict=True):
        index = indexes.get(language)
        if not isinstance(text, str) or (index is None and key not in learned):
            continue
        read = text[:_READ_CHARACTERS]
        clauses = split_clauses(read, language)
        found = _find_topics(clauses, index, families, learned.get(key, {}))
        if not found:
            continue
        has_model = language in LABEL_THRESHOLDS
        values = assess_spans(read, language)
        _place(found, clauses, values)
        is_alone = len({families[each.topic] for each in found}) == 1
        for each in found:
            used = each.values or (_reach(each, clauses, values) if is_alone else [])
            polarity = sum(used) / (len(used) + _SHRINKAGE) if has_model else np.nan
            rows.append((key, each.topic, each.start, each.end, polarity,
                         label_polarity(polarity, language), each.score))
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({
        "text_key": "str", "topic": "str", "span_start": "int64", "span_end": "int64",
        "polarity": "float64", "sentiment_label": "str", "topic_score": "float64",
    })
    # Two clauses of one topic that share the clause with their sentiment may begin alike.
    frame = frame.sort_values(["text_key", "span_start", "topic", "topic_score"],
                              ascending=[True, True, True, False], ignore_index=True)
    return frame.drop_duplicates(["text_key", "topic", "span_start"], ignore_index=True)


def label_polarity(polarity: float, language: str) -> str:
    """Return negative, neutral or positive by the threshold of the language; unknown without."""
    threshold = LABEL_THRESHOLDS.get(language)
    if threshold is None or math.isnan(polarity):
        return "unknown"
    return "negative" if polarity < -threshold else (
        "positive" if polarity > threshold else "neutral")


def topics_version(topics: pd.DataFrame, terms: pd.DataFrame) -> str:
    """Return a version that changes with the rules, the topics or their terms."""
    return terms_version(_ALGORITHM_VERSION, [topics[["topic", "parent_topic"]], terms])


def read_families(topics: pd.DataFrame) -> dict[str, str]:
    """Return the level-1 topic of every topic.

    Raises:
        ValueError: a column is missing, a topic repeats, or a parent is no topic of level 1.
    """
    require_columns(topics, ["topic", "parent_topic"], "topics")
    if topics["topic"].duplicated().any():
        raise ValueError("topics: topic repeats")
    parents = {
        str(topic): "" if pd.isna(parent) else str(parent)
        for topic, parent in zip(topics["topic"], topics["parent_topic"], strict=True)
    }
    for topic, parent in parents.items():
        if parent and parents.get(parent) != "":
            raise ValueError(f"topics: parent {parent!r} of {topic!r} is no topic of level 1")
    return {topic: parent or topic for topic, parent in parents.items()}


def _read_scores(scores: pd.DataFrame | None) -> dict[str, dict[str, float]]:
    learned: dict[str, dict[str, float]] = defaultdict(dict)
    if scores is not None:
        require_columns(scores, ["text_key", "topic", "score"], "topic_scores")
        for key, topic, score in zip(scores["text_key"], scores["topic"], scores["score"],
                                     strict=True):
            learned[key][topic] = float(score)
    return learned


def _find_topics(
    clauses: Sequence[Clause],
    index: TermIndex | None,
    families: Mapping[str, str],
    learned: Mapping[str, float],
) -> list[_Found]:
    found: list[_Found] = []
    hints: list[_Found] = []
    for number, clause in enumerate(clauses if index is not None else ()):
        rated = _rate(clause, number, index, families)  # type: ignore[arg-type]
        for each in rated:
            each.score = join_evidence((each.score, learned.get(each.topic, 0.0)))
        best = max((each.score for each in rated), default=0.0)
        enough = max(MINIMUM_SCORE, _SHARE_OF_BEST * best)
        found += [each for each in rated if each.score >= enough]
        hints += rated
    named = {each.topic for each in found} | {families[each.topic] for each in found}
    if clauses:
        everything = [(clauses[0].start, clauses[-1].end)]
        found += [_Found(topic, score, -1, everything) for topic, score in sorted(learned.items())
                  if score >= MINIMUM_SCORE and topic not in named and topic in families]
    if not found and hints:
        best_hint = max(hints, key=lambda each: each.score)
        if best_hint.score >= HINT_SCORE:
            found = [best_hint]
    return found


def _rate(
    clause: Clause, number: int, index: TermIndex, families: Mapping[str, str]
) -> list[_Found]:
    """Return the topics of one clause with their scores, at most one of a family."""
    weights: dict[str, dict[int, float]] = defaultdict(dict)
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for hit in index.find(clause):
        if hit.label != NO_TOPIC:
            weights[hit.label][hit.term] = hit.weight
            family = families[hit.label]
            places[family].append((clause.tokens[hit.first].start, clause.tokens[hit.last].end))
    found = []
    for family in dict.fromkeys(families[topic] for topic in weights):
        evidence = [w for topic, terms in weights.items() if families[topic] == family
                    for w in terms.values()]
        below = {topic: join_evidence(terms.values()) for topic, terms in weights.items()
                 if families[topic] == family and topic != family}
        topic = max(below, key=lambda name: (below[name], name), default=family)
        if below.get(SAFETY_TOPIC, 0.0) >= MINIMUM_SCORE:
            topic = SAFETY_TOPIC
        if below.get(topic, 0.0) < HINT_SCORE:
            topic = family
        found.append(_Found(topic, join_evidence(evidence), number, places[family]))
    return found


def _place(
    found: Sequence[_Found],
    clauses: Sequence[Clause],
    values: Sequence[tuple[int, int, float]],
) -> None:
    """Give every topic its span and the expressions of sentiment that are about it."""
    by_clause: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    for start, end, value in values:
        middle = (start + end) / 2
        for number, clause in enumerate(clauses):
            if clause.start <= middle <= clause.end and value:
                by_clause[number].append((start, end, value))
                break
    topics_of: dict[int, list[_Found]] = defaultdict(list)
    for each in found:
        topics_of[each.clause].append(each)
    for number, expressions in by_clause.items():
        if number in topics_of:
            _share_out(topics_of[number], expressions)
    for each in found:
        if each.clause < 0:
            each.start, each.end = each.places[0]
            continue
        clause = clauses[each.clause]
        each.start, each.end = clause.start, clause.end
        if by_clause.get(each.clause):
            continue
        other = _find_judgement(each.clause, clauses, by_clause, topics_of)
        if other is not None:
            each.values = [v for _, _, v in by_clause[other]]
            each.start = min(each.start, clauses[other].start)
            each.end = max(each.end, clauses[other].end)


def _reach(
    found: _Found, clauses: Sequence[Clause], values: Sequence[tuple[int, int, float]]
) -> list[float]:
    """Return what a text says with no contrast between it and its only topic."""
    if found.clause < 0:
        return [value for _, _, value in values if value]
    turns = [clause.start for clause in clauses if clause.opens == "contrast"]
    first = max((turn for turn in turns if turn <= found.places[0][0]), default=0)
    last = min((turn for turn in turns if turn > found.places[0][0]), default=None)
    return [value for start, _, value in values
            if value and start >= first and (last is None or start < last)]


def _share_out(rivals: Sequence[_Found], expressions: Sequence[tuple[int, int, float]]) -> None:
    """Give each expression of a clause to the nearest topic; one without any takes all.

    Of topics equally near the one that has fewer gets it: in "Lieferung prompt, App furchtbar"
    without the comma, what stands between two topics belongs to the one with nothing of its own.
    """
    nearest = []
    for start, end, value in expressions:
        distances = [_distance(rival, start, end) for rival in rivals]
        nearest.append((value, [rival for rival, distance in zip(rivals, distances, strict=True)
                                if distance == min(distances)]))
    for value, owners in sorted(nearest, key=lambda pair: len(pair[1])):
        fewest = min(len(owner.values) for owner in owners)
        for owner in [owner for owner in owners if len(owner.values) == fewest]:
            owner.values.append(value)
    for rival in rivals:
        rival.values = rival.values or [value for _, _, value in expressions]


def _distance(found: _Found, start: int, end: int) -> int:
    """Return how many characters lie between an expression and the topic's nearest term."""
    return min(max(0, first - end, start - last) for first, last in found.places)


def _find_judgement(
    number: int,
    clauses: Sequence[Clause],
    by_clause: Mapping[int, object],
    topics_of: Mapping[int, object],
) -> int | None:
    """Return the clause of the same sentence that judges clause `number`, ahead before behind."""
    for step in (1, -1):
        other = number
        while 0 <= other + step < len(clauses):
            crossed = other + 1 if step > 0 else other
            other += step
            if (clauses[other].sentence != clauses[number].sentence
                    or clauses[crossed].opens == "contrast"):
                break
            if by_clause.get(other):
                if topics_of.get(other):
                    break
                return other
    return None
