"""Which department a text goes to by the company's rules, and by the topics it speaks of.

Classifiers on past cases, and when a person decides, do not belong here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

import pandas as pd

from models_ml.clauses import split_clauses
from models_ml.frames import require_columns
from models_ml.negation import holds_negation, is_negated
from models_ml.term_matching import TermIndex, compile_terms, terms_version
from models_ml.topics import read_families

TOPIC_REASON = "topic:"
"""Begins the reason of a text that no rule names: the topic whose department it goes to."""

_TERM_PROBABILITY = 0.95
_MOST_PROBABLE = 0.99
_READ_CHARACTERS = 10_000
_ALGORITHM_VERSION = "4"
COLUMNS = ("text_key", "department", "routing_reason", "routing_probability")


class _Rule(NamedTuple):
    rule: str
    topic: str
    has_term: bool
    is_negation: bool
    intent: str
    department: str


class _Topic(NamedTuple):
    topic: str
    family: str
    score: float
    is_praise: bool


def route_by_rules(
    texts: pd.DataFrame,
    topics_found: pd.DataFrame,
    signals: pd.DataFrame,
    rules: pd.DataFrame,
    topics: pd.DataFrame,
) -> pd.DataFrame:
    """Send each text to a department, with the reason and how sure that is.

    Grain: one row per text that a rule or a topic can place; others are absent. Rules are tried by
    priority, the smallest first; the first counts whose conditions all hold: its topic (or one
    below it) was found and is not spoken of well, its term stands in a clause and is not negated,
    the text has its intent. Rules name problems, and "Die App ist nicht abgestürzt" is none; a term
    that holds a negation itself is taken as it stands. A text that no rule names goes to the
    department of its topics: the one with the largest sum of topic scores.
    Topics spoken of well count only where the text names no others, as there is nothing to act on.

    routing_probability: for a rule the product of topic_score, .95 for a term and
    intent_probability, as far as it asks for them; for topics the best score of the department
    times its share of all scores. It is at most .99 and not calibrated.

    Args:
        texts: text_key, text (masked), language.
        topics_found: text_key, topic, sentiment_label, topic_score; of `detect_topics`.
        signals: text_key, intent, intent_probability; of `detect_signals`.
        rules: rule, priority, topic, term, intent, department; an empty condition is none. A term
            is of kind `together` (see `compile_terms`) and holds in every language.
        topics: topic, parent_topic, department.

    Raises:
        ValueError: a column is missing, a rule repeats, has no condition or names an unknown topic.
    """
    require_columns(texts, ["text_key", "text", "language"], "texts")
    require_columns(topics_found, ["text_key", "topic", "sentiment_label", "topic_score"],
                    "topics_found")
    require_columns(signals, ["text_key", "intent", "intent_probability"], "signals")
    require_columns(topics, ["department"], "topics")
    families = read_families(topics)
    departments = dict(zip(topics["topic"], topics["department"], strict=True))
    ordered, index = _read_rules(rules, families)
    negations = {rule.rule for rule in ordered if rule.is_negation}
    found = _read_topics(topics_found, families)
    intents = {
        key: (intent, float(probability))
        for key, intent, probability in zip(
            signals["text_key"], signals["intent"], signals["intent_probability"], strict=True)
    }
    rows = []
    columns = (texts[name].to_numpy(dtype=object) for name in ("text_key", "text", "language"))
    for key, text, language in zip(*columns, strict=True):
        named = found.get(key, [])
        named = [each for each in named if not each.is_praise] or named
        terms = _find_terms(text, language, index, negations)
        routed = _apply_rules(ordered, named, terms, intents.get(key, ("", 0.0)))
        if routed is None and named:
            routed = _follow_topics(named, departments)
        if routed is not None:
            rows.append((key, *routed))
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({
        "text_key": "str", "department": "str", "routing_reason": "str",
        "routing_probability": "float64",
    })
    return frame.sort_values("text_key", ignore_index=True)


def rules_version(rules: pd.DataFrame) -> str:
    """Return a version that changes with the rules."""
    return terms_version(_ALGORITHM_VERSION, [rules])


def _read_rules(
    rules: pd.DataFrame, families: Mapping[str, str]
) -> tuple[list[_Rule], TermIndex | None]:
    require_columns(rules, ["rule", "priority", "topic", "term", "intent", "department"], "rules")
    if rules["rule"].duplicated().any():
        raise ValueError("rules: rule repeats")
    frame = rules.assign(priority=rules["priority"].astype(float)).sort_values(
        ["priority", "rule"])
    ordered = []
    for row in frame.itertuples(index=False):
        rule = _Rule(str(row.rule), _text(row.topic), bool(_text(row.term)),
                     holds_negation(_text(row.term)), _text(row.intent), str(row.department))
        if not (rule.topic or rule.has_term or rule.intent):
            raise ValueError(f"rules: {rule.rule!r} has no condition")
        if rule.topic and rule.topic not in families:
            raise ValueError(f"rules: {rule.rule!r} names the unknown topic {rule.topic!r}")
        ordered.append(rule)
    terms = frame[frame["term"].map(_text) != ""]
    terms = terms.assign(language="any", weight=1.0,
                         kind=["together" if " " in term else "phrase" for term in terms["term"]])
    return ordered, compile_terms(terms, "rule").get("any")


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value).strip()


def _read_topics(
    topics_found: pd.DataFrame, families: Mapping[str, str]
) -> dict[str, list[_Topic]]:
    found: dict[str, list[_Topic]] = defaultdict(list)
    rows = zip(topics_found["text_key"], topics_found["topic"], topics_found["topic_score"],
               topics_found["sentiment_label"], strict=True)
    for key, topic, score, label in rows:
        found[key].append(_Topic(topic, families[topic], float(score), label == "positive"))
    return found


def _find_terms(
    text: object, language: str, index: TermIndex | None, negations: Set[str]
) -> set[str]:
    if index is None or not isinstance(text, str):
        return set()
    found: set[str] = set()
    for clause in split_clauses(text[:_READ_CHARACTERS], language):
        for hit in index.find(clause):
            if hit.label not in found and (
                    hit.label in negations
                    or not is_negated(hit, clause, language, is_inside=True)):
                found.add(hit.label)
    return found


def _apply_rules(
    rules: Sequence[_Rule],
    named: Sequence[_Topic],
    terms: set[str],
    signal: tuple[str, float],
) -> tuple[str, str, float] | None:
    intent, intent_probability = signal
    for rule in rules:
        probability = _MOST_PROBABLE
        if rule.topic:
            scores = [each.score for each in named
                      if rule.topic in (each.topic, each.family) and not each.is_praise]
            if not scores:
                continue
            probability *= max(scores)
        if rule.has_term:
            if rule.rule not in terms:
                continue
            probability *= _TERM_PROBABILITY
        if rule.intent:
            if rule.intent != intent:
                continue
            probability *= intent_probability
        return rule.department, rule.rule, probability
    return None


def _follow_topics(
    named: Sequence[_Topic], departments: Mapping[str, str]
) -> tuple[str, str, float]:
    sums: dict[str, float] = defaultdict(float)
    for each in named:
        sums[departments[each.topic]] += each.score
    department = max(sums, key=lambda name: (sums[name], name))
    best = max((each for each in named if departments[each.topic] == department),
               key=lambda each: (each.score, each.topic))
    share = sums[department] / sum(sums.values())
    return department, TOPIC_REASON + best.topic, min(_MOST_PROBABLE, best.score * share)
