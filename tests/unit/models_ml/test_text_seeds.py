"""The shipped seeds of text analysis agree with each other and with what they are joined to."""

from __future__ import annotations

import pandas as pd
import pytest

from ingestion.demo.phrases import DEPARTMENTS
from models_ml.routing_rules import route_by_rules
from models_ml.term_matching import compile_terms
from models_ml.topics import NO_TOPIC, read_families
from tests.unit.models_ml.text_seeds import read_seed, texts_of

BLOCKS = {"product", "service", "communication", "appearance"}
REQUIRED = set(
    "product_quality delivery price service staff app website store payment billing returns "
    "communication appearance sustainability subscription account privacy loyalty "
    "product_information".split()
)


def test_topics_are_a_tree_of_two_levels_with_known_departments() -> None:
    topics = read_seed("topics")
    families = read_families(topics)
    is_top = topics["parent_topic"] == ""
    assert (topics["level"] == is_top.map({True: 1, False: 2})).all()
    assert set(topics["block"]) == BLOCKS
    assert set(topics["department"]) <= set(read_seed("departments")["department"])
    assert set(topics.loc[is_top, "topic"]) >= REQUIRED
    assert set(families.values()) == set(topics.loc[is_top, "topic"])


def test_topics_of_cases_and_of_the_demo_are_topics_of_level_1() -> None:
    topics = read_seed("topics")
    top = set(topics.loc[topics["level"] == 1, "topic"])
    assert set(read_seed("case_reasons")["topic"]) - {"unknown"} <= top
    assert set(DEPARTMENTS) <= top


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_topic_has_terms_in_both_languages(language: str) -> None:
    terms = read_seed("topic_terms")
    own = terms[terms["language"].isin([language, "all"])]
    assert set(own["topic"]) == {*read_seed("topics")["topic"], NO_TOPIC}


@pytest.mark.parametrize(("name", "label"), [("topic_terms", "topic"), ("signal_terms", "value")])
def test_terms_compile_and_none_stands_twice(name: str, label: str) -> None:
    terms = read_seed(name)
    assert set(compile_terms(terms, label)) == {"de", "en"}
    key = [column for column in terms.columns if column != "weight"]
    assert not terms[key].duplicated().any()
    assert (terms["term"] == terms["term"].str.strip()).all()
    lists = terms["kind"].isin(["phrase", "together"])
    assert (terms.loc[lists, "term"].str.split().str.len() > 1).all()
    assert not terms.loc[~lists, "term"].str.contains(r"[*]").any()


def test_rules_name_known_topics_departments_and_intents() -> None:
    rules = read_seed("routing_rules")
    assert set(rules["department"]) <= set(read_seed("departments")["department"])
    intents = set(read_seed("signal_terms").query("signal == 'intent'")["value"])
    assert set(rules["intent"]) - {""} <= intents
    signals = pd.DataFrame(columns=["text_key", "intent", "intent_probability"])
    found = pd.DataFrame(columns=["text_key", "topic", "sentiment_label", "topic_score"])
    routed = route_by_rules(texts_of(("de", "x")), found, signals, rules, read_seed("topics"))
    assert routed.empty
