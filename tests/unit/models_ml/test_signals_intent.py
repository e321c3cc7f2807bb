"""Intent and urgency of what people say in other branches: mood, leaving, cancelled by others."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from models_ml.signals import detect_signals
from models_ml.topics import detect_topics
from tests.unit.models_ml.text_seeds import read_seed, texts_of


def signals_of(language: str, text: str, polarity: float = math.nan) -> pd.Series:
    texts = texts_of((language, text)).assign(polarity=polarity)
    return detect_signals(texts, read_seed("signal_terms")).iloc[0]


def topics_of(language: str, text: str) -> set[str]:
    return set(detect_topics(texts_of((language, text)), read_seed("topics"),
                             read_seed("topic_terms"))["topic"])


@pytest.mark.parametrize(("polarity", "intent"), [
    (-0.3, "complaint"), (-0.26, "complaint"), (-0.2, "statement"), (0.3, "praise"),
    (0.2, "statement"),
])
def test_a_clear_polarity_is_no_mere_statement(polarity: float, intent: str) -> None:
    assert signals_of("de", "Der Knopf ist nach einer Woche abgefallen", polarity)[
        "intent"] == intent


@pytest.mark.parametrize(("language", "text", "polarity", "intent"), [
    ("de", "Ich bin alles andere als begeistert", -0.5, "complaint"),
    ("en", "The stay was far from perfect", -0.4, "complaint"),
    ("en", "She was anything but friendly", -0.4, "complaint"),
    ("en", "Nothing but praise for the team", 0.6, "praise"),
    ("de", "Der Service lässt zu wünschen übrig", -0.5, "complaint"),
    ("de", "Ich kann mich über das Team nicht beschweren", 0.4, "praise"),
    ("de", "Nie wieder eine andere Werkstatt", 0.6, "praise"),
    ("de", "Ich werde die Krankenkasse wechseln", 0.0, "cancellation_threat"),
    ("de", "Dann löse ich mein Konto auf, ich kann das Konto auch gleich auflösen", 0.0,
     "cancellation_threat"),
    ("de", "Wir suchen uns jetzt einen neuen Versorger", 0.0, "cancellation_threat"),
    ("de", "Ich würde nie den Arzt wechseln", 0.0, "statement"),
    ("en", "We are thinking about switching banks", 0.0, "cancellation_threat"),
    ("en", "I am leaving a good review", 0.4, "praise"),
    ("de", "Mein Girokonto werde ich auflösen", 0.0, "cancellation_threat"),
    ("en", "We take our savings to another bank", 0.0, "cancellation_threat"),
    ("en", "I am closing my account next week", 0.0, "cancellation_threat"),
    ("en", "My train was cancelled without notice", -0.4, "complaint"),
    ("en", "The doctor cancelled twice", -0.4, "complaint"),
    ("en", "I will cancel my policy", 0.0, "cancellation_threat"),
    ("de", "Vielleicht könntet ihr abends länger öffnen", 0.0, "idea"),
    ("de", "Eine Suche nach Namen würde uns viel Zeit sparen", 0.0, "idea"),
    ("en", "A bulk upload would save us hours", 0.0, "idea"),
])
def test_intent_across_branches(language: str, text: str, polarity: float, intent: str) -> None:
    assert signals_of(language, text, polarity)["intent"] == intent


@pytest.mark.parametrize(("language", "text", "label"), [
    ("de", "Ausfall gemeldet, eine Stunde danach repariert", "low"),
    ("de", "Die Störung ist nicht behoben", "high"),
    ("de", "Der Ausfall muss bis morgen behoben werden", "high"),
    ("en", "Reported the outage. Resolved within an hour", "low"),
    ("en", "The outage is still not resolved", "high"),
    ("en", "The heater started smoking", "high"),
    ("de", "Ich bekomme Rechnungen einer fremden Person angezeigt", "high"),
    ("en", "I received someone else's statement", "high"),
    ("de", "Ich sehe die Befunde einer anderen Patientin", "high"),
    ("de", "Die Gerichte sind fade, die Anzeige am Display flackert", "low"),
    ("de", "Die Bestellung wird nicht angezeigt", "low"),
    ("de", "Wir gehen vor Gericht", "high"),
    ("de", "Das Essen im Krankenhaus ist fade", "low"),
    ("en", "The hospital food is bland", "low"),
    ("en", "The tennis court was dirty", "low"),
    ("en", "I will see you in court", "high"),
    ("de", "Mein Kind musste deswegen ins Krankenhaus", "high"),
    ("de", "Die Meldung nach dem Unfall war umständlich", "medium"),
])
def test_what_presses_and_what_was_solved(language: str, text: str, label: str) -> None:
    assert signals_of(language, text, -0.3)["urgency_label"] == label


@pytest.mark.parametrize(("language", "text", "topic"), [
    ("de", "Ich kann mich nicht beschweren", "complaint"),
    ("en", "Can't really complain", "complaint"),
    ("en", "No complaints from me", "complaint"),
    ("de", "Preiserhöhung ohne Ankündigung", "subscription_cancellation"),
    ("de", "Mein Zug wurde storniert", "subscription_cancellation"),
    ("en", "Our flight got cancelled", "subscription_cancellation"),
])
def test_what_only_sounds_like_a_topic_is_none(language: str, text: str, topic: str) -> None:
    assert topic not in topics_of(language, text)


@pytest.mark.parametrize(("language", "text", "topic"), [
    ("de", "Auf meine Beschwerde kam keine Antwort", "complaint"),
    ("en", "I want to complain", "complaint"),
    ("de", "Kündigung des Vertrags", "subscription_cancellation"),
    ("en", "My subscription was cancelled", "subscription_cancellation"),
    ("de", "Ich sehe die Rechnungen einer fremden Person", "data_misuse"),
])
def test_the_topic_itself_is_found(language: str, text: str, topic: str) -> None:
    assert topic in topics_of(language, text)


@pytest.mark.parametrize(("language", "text", "polarity"), [
    ("de", "Man kann sich immer auf Sie verlassen, danke!", 0.4),
    ("de", "Es fehlt noch ein Teil in der Packung.", -0.4),
    ("de", "Ich wechsle die Batterie jedes Jahr.", 0.0),
    ("de", "Ich sehe mich nach anderen Farben um.", 0.0),
    ("de", "Herzlichen Glückwunsch zum neuen Shop, den alten fand man wenigstens.", 0.0),
    ("en", "You let us down.", -0.5),
    ("en", "Let us see how it goes.", 0.0),
    ("en", "You will see me again!", 0.0),
    ("en", "I was looking for a new phone and found it here.", 0.0),
    ("en", "I was thinking about leaving a tip.", 0.0),
])
def test_words_of_a_threat_or_an_idea_that_say_neither(
    language: str, text: str, polarity: float,
) -> None:
    assert signals_of(language, text, polarity)["intent"] not in ("cancellation_threat", "idea")
