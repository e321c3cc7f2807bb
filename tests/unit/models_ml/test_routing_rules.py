"""Departments by rule and by topic."""

from __future__ import annotations

import pandas as pd
import pytest

from models_ml.routing_rules import route_by_rules, rules_version
from models_ml.signals import detect_signals
from models_ml.topics import detect_topics
from tests.unit.models_ml.text_seeds import read_seed, texts_of

TOPICS = pd.DataFrame({
    "topic": ["app", "app_crash", "delivery", "price"], "parent_topic": ["", "app", "", ""],
    "department": ["it", "it", "logistics", "marketing"]})


def rules_of(*rows: tuple[str, int, str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        rows, columns=["rule", "priority", "topic", "term", "intent", "department"])


def route(
    text: str,
    found: list[tuple[str, str, float]],
    rules: pd.DataFrame,
    intent: str = "complaint",
) -> list[tuple[str, str, float]]:
    texts = texts_of(("de", text))
    topics_found = pd.DataFrame(found, columns=["topic", "sentiment_label", "topic_score"])
    signals = pd.DataFrame({"text_key": ["k000"], "intent": intent, "intent_probability": 0.8})
    routed = route_by_rules(texts, topics_found.assign(text_key="k000"), signals, rules, TOPICS)
    return [(row.department, row.routing_reason, round(row.routing_probability, 4))
            for row in routed.itertuples()]


@pytest.mark.parametrize(("language", "text", "department", "reason"), [
    ("de", "App stürzt ab", "it", "app_crash"),
    ("de", "Die Lieferung war schnell, aber die App stürzt ständig ab", "it", "app_crash"),
    ("de", "Mir wurde doppelt abgebucht", "finance", "double_charge"),
    ("de", "Ich übergebe das jetzt meinem Anwalt", "service", "legal_threat"),
    ("de", "Der Stecker ist gefährlich, Stromschlag!", "product", "product_danger"),
    ("de", "Der Akku wird extrem heiß und riecht verbrannt!", "product", "product_danger"),
    ("de", "Das Gerät hat gebrannt", "product", "product_danger"),
    ("de", "Ich habe Glas im Joghurt gefunden", "product", "product_danger"),
    ("de", "Ausschlag von der Creme", "product", "product_danger"),
    ("en", "The battery exploded in my bag.", "product", "product_danger"),
    ("en", "There was a piece of glass in my yoghurt", "product", "product_danger"),
    ("en", "I got a rash from the cream", "product", "product_danger"),
    ("de", "Das Paket ist verschwunden", "logistics", "delivery_missing"),
    ("en", "I want to cancel my membership", "subscriptions", "subscription_cancellation"),
    ("en", "Your staff was rude", "service", "topic:friendliness"),
])
def test_the_shipped_rules(language: str, text: str, department: str, reason: str) -> None:
    texts = texts_of((language, text))
    topics = read_seed("topics")
    routed = route_by_rules(
        texts, detect_topics(texts, topics, read_seed("topic_terms")),
        detect_signals(texts, read_seed("signal_terms")), read_seed("routing_rules"), topics)
    assert routed["department"].tolist() == [department]
    assert routed["routing_reason"].tolist() == [reason]


def test_the_smallest_priority_counts_whatever_the_order_of_rows() -> None:
    rules = rules_of(("late", 20, "delivery", "", "", "logistics"),
                     ("angry", 10, "delivery", "", "complaint", "service"))
    found = [("delivery", "negative", 0.9)]
    for each in (rules, rules[::-1]):
        assert route("x", found, each) == [("service", "angry", round(0.99 * 0.9 * 0.8, 4))]
    assert route("x", found, rules, intent="question") == [("logistics", "late", 0.891)]


def test_all_conditions_of_a_rule_must_hold() -> None:
    rules = rules_of(("both", 1, "app", "passwort|login komme nicht", "", "service"))
    found = [("app", "negative", 0.9)]
    assert route("Ich komme mit dem Passwort nicht rein", found, rules) == [
        ("service", "both", round(0.99 * 0.9 * 0.95, 4))]
    assert route("Passwort weg, ich komme nicht rein", found, rules) == [
        ("it", "topic:app", 0.9)]  # the two words stand in two clauses


def test_a_rule_for_a_topic_holds_for_those_below_it() -> None:
    rules = rules_of(("any_app", 1, "app", "", "", "service"))
    assert route("x", [("app_crash", "negative", 1.0)], rules) == [("service", "any_app", 0.99)]


def test_praise_is_nothing_to_act_on_unless_there_is_nothing_else() -> None:
    rules = rules_of(("any_delivery", 1, "delivery", "", "", "service"))
    both = [("delivery", "positive", 0.9), ("app", "negative", 0.6)]
    assert route("x", both, rules) == [("it", "topic:app", 0.6)]
    assert route("x", both[:1], rules) == [("logistics", "topic:delivery", 0.9)]


@pytest.mark.parametrize(("text", "routed"), [
    ("Ich gehe zum Anwalt", [("service", "term", round(0.99 * 0.95, 4))]),
    ("Ich gehe nicht zum Anwalt", []),
    ("Ich brauche den Anwalt nicht", []),
    ("Die Rechnung kam nicht, ich gehe zum Anwalt", [("service", "term", round(0.99 * 0.95, 4))]),
])
def test_a_negated_term_is_none(text: str, routed: list[tuple[str, str, float]]) -> None:
    assert route(text, [], rules_of(("term", 1, "", "anwalt", "", "service"))) == routed


@pytest.mark.parametrize(("language", "text"), [
    ("de", "Die App ist nicht abgestürzt"), ("de", "Die App ist noch nie abgestürzt"),
    ("de", "Mir wurde nicht doppelt abgebucht"), ("en", "The app never crashes"),
    ("en", "The delivery was not late"), ("de", "Die App stürzt nie ab"),
    ("de", "Die App stürzt nicht mehr ab"), ("en", "No need for a lawyer, it is the warranty"),
])
def test_no_shipped_rule_takes_a_negated_problem_for_one(language: str, text: str) -> None:
    texts = texts_of((language, text))
    topics = read_seed("topics")
    routed = route_by_rules(
        texts, detect_topics(texts, topics, read_seed("topic_terms")),
        detect_signals(texts, read_seed("signal_terms")), read_seed("routing_rules"), topics)
    assert routed["routing_reason"].str.startswith("topic:").all()


def test_topics_vote_with_their_scores() -> None:
    found = [("delivery", "negative", 0.9), ("app", "neutral", 0.6), ("app_crash", "negative", 0.5)]
    rules = rules_of(("none", 1, "price", "", "", "service"))
    assert route("x", found, rules) == [("it", "topic:app", round(0.6 * 1.1 / 2.0, 4))]


def test_a_text_that_nothing_places_is_absent() -> None:
    rules = rules_of(("term", 1, "", "anwalt", "", "service"))
    assert route("Hallo", [], rules) == []
    assert route("Anwalt", [], rules) == [("service", "term", round(0.99 * 0.95, 4))]


@pytest.mark.parametrize(("rules", "message"), [
    (rules_of(("empty", 1, "", "", "", "it")), "'empty' has no condition"),
    (rules_of(("odd", 1, "garden", "", "", "it")), "names the unknown topic 'garden'"),
    (rules_of(("a", 1, "app", "", "", "it"), ("a", 2, "app", "", "", "it")), "rule repeats"),
])
def test_a_malformed_rule_is_named(rules: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        route("x", [], rules)


def test_version_changes_with_rules() -> None:
    rules = read_seed("routing_rules")
    assert rules_version(rules) != rules_version(rules.head(2))
