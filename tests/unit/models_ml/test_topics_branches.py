"""Topics of branches other than trade, plurals with an umlaut, what only sounds like a topic."""

from __future__ import annotations

import pytest

from models_ml.inflection_german import inflect
from models_ml.topics import detect_topics
from tests.unit.models_ml.text_seeds import read_seed, texts_of


def topics_of(language: str, text: str) -> set[str]:
    return set(detect_topics(texts_of((language, text)), read_seed("topics"),
                             read_seed("topic_terms"))["topic"])


@pytest.mark.parametrize(("noun", "plural"), [
    ("vertrag", "vertraege"), ("mangel", "maengeln"), ("handbuch", "handbuechern"),
    ("aufzug", "aufzuege"), ("kauf", "kaeufe"), ("laden", "laeden"),
])
def test_a_noun_takes_an_umlaut_in_its_plural(noun: str, plural: str) -> None:
    assert plural in set(inflect(noun, "noun"))


@pytest.mark.parametrize("noun", ["lieferung", "kauf", "konto", "station"])
def test_no_other_word_is_made(noun: str) -> None:
    assert not {"kaeufer", "lieferuenge", "koente", "statioene"} & set(inflect(noun, "noun"))


@pytest.mark.parametrize(("language", "text", "topic"), [
    ("de", "Zu wenig Stellplätze vor der Klinik", "store_parking"),
    ("de", "Die Aufzüge standen still", "store_parking"),
    ("de", "Leitung abends instabil, kein WLAN", "product_function"),
    ("de", "Die Prämie wurde kräftig angehoben", "price_level"),
    ("de", "Der Anspruch wurde verweigert", "service_solution"),
    ("de", "Die Betten waren hart", "product_quality"),
    ("de", "Der Dauerauftrag wurde nicht angelegt", "payment_failure"),
    ("en", "My claim was declined", "service_solution"),
    ("en", "The rent was raised", "price_level"),
    ("en", "Broadband unstable since May", "product_function"),
    ("en", "The meals were cold", "product_quality"),
])
def test_topics_of_other_branches(language: str, text: str, topic: str) -> None:
    assert topic in topics_of(language, text)


@pytest.mark.parametrize(("language", "text", "topic"), [
    ("de", "Günstiger als in anderen Läden", "store"),
    ("de", "Der Automat hat meine Bankkarte eingezogen", "double_charge"),
    ("en", "There is room for improvement", "product_quality"),
])
def test_what_only_sounds_like_a_topic_is_none(language: str, text: str, topic: str) -> None:
    assert topic not in topics_of(language, text)
