"""Experience dimension, emotion, urgency and intent of a text; on the shipped seed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from models_ml import signals
from models_ml.negation import is_negated
from models_ml.signals import COLUMNS, detect_signals, signals_version
from tests.unit.models_ml.text_seeds import read_seed, texts_of


def signals_of(language: str, text: str, polarity: float | None = None) -> pd.Series:
    texts = texts_of((language, text))
    if polarity is not None:
        texts = texts.assign(polarity=polarity)
    return detect_signals(texts, read_seed("signal_terms")).iloc[0]


@pytest.mark.parametrize(("language", "text", "intent"), [
    ("de", "Wie kann ich meine Adresse ändern?", "question"),
    ("de", "Wann habt ihr am Samstag geöffnet", "question"),
    ("de", "Gibt es das auch in Blau?", "question"),
    ("de", "Hallo, kann ich das Paket umtauschen?", "question"),
    ("de", "Kann man echt nicht meckern.", "praise"),
    ("de", "Da kann man echt nicht meckern.", "praise"),
    ("de", "Hier gibt es die besten Brötchen der Stadt.", "praise"),
    ("de", "Kann ich jedem nur ans Herz legen.", "praise"),
    ("de", "An diesem Service kann ich nichts aussetzen.", "praise"),
    ("de", "Kann ich mir nicht erklären. Wo ist mein Paket?", "question"),
    ("en", "Can I return this?", "question"),
    ("en", "All I can do is wait", "statement"),
    ("en", "I wouldn't wish this service on my worst enemy", "complaint"),
    ("de", "Das hat den Ausschlag gegeben", "statement"),
    ("de", "Es wäre schön, wenn man auch mit Karte zahlen könnte", "idea"),
    ("de", "Mein Vorschlag: ein Lieferfenster am Abend anbieten", "idea"),
    ("de", "Ich kündige zum nächsten Monat", "cancellation_threat"),
    ("de", "Nie wieder bestelle ich hier", "cancellation_threat"),
    ("de", "Das Gerät ist kaputt und niemand hilft", "complaint"),
    ("de", "Die Lieferung war schnell, aber die App stürzt ständig ab", "complaint"),
    ("de", "Vielen Dank für die tolle Beratung", "praise"),
    ("de", "Gerne wieder 👍", "praise"),
    ("de", "Ich war am Montag in der Filiale", "statement"),
    ("de", "Ich werde nicht kündigen", "statement"),
    ("de", "Niemals würde ich bei so einem Anbieter den Vertrag kündigen", "statement"),
    ("de", "An eine Kündigung denke ich nicht", "statement"),
    ("de", "Eine Kündigung kommt für mich nicht in Frage", "statement"),
    ("de", "Wenn das nicht klappt, werde ich kündigen", "cancellation_threat"),
    ("de", "Ich habe gekündigt", "cancellation_threat"),
    ("de", "Ich weiß, wie das geht", "statement"),
    ("en", "How do I reset my password", "question"),
    ("en", "Do you ship to Austria?", "question"),
    ("en", "It would be great to have a dark mode", "idea"),
    ("en", "I wish there were smaller sizes", "idea"),
    ("en", "I will take my business elsewhere", "cancellation_threat"),
    ("en", "Never again, you lost a customer", "cancellation_threat"),
    ("en", "The handle broke and nobody replied", "complaint"),
    ("en", "Love it, works great", "praise"),
    ("en", "I will never shop anywhere else", "praise"),
    ("de", "Nie wieder woanders!", "praise"),
    ("en", "I bought it on Tuesday", "statement"),
    ("pt", "Adorei a loja", "statement"),
    ("pt", "Adorei a loja 👍", "praise"),
    ("unknown", "👎", "complaint"),
])
def test_intent(language: str, text: str, intent: str) -> None:
    found = signals_of(language, text)
    assert found["intent"] == intent
    assert 0.3 < found["intent_probability"] < 1


@pytest.mark.parametrize(("language", "text"), [
    ("de", "keine Probleme mit der Lieferung"), ("de", "Nie Ärger mit der Rechnung"),
    ("de", "Die Rückgabe lief ohne Schwierigkeiten"), ("de", "Die App stürzt nie ab"),
    ("de", "Die App stürzt nicht mehr ab"), ("de", "Probleme mit dem Login gab es keine"),
    ("de", "Beschwerden habe ich nie"), ("de", "Nie auch nur den kleinsten Ärger"),
    ("de", "Nix zu bemängeln"), ("de", "Die App stürzt nich ab"),
    ("de", "Kein Grund zur Beschwerde"), ("de", "Kein einziges Problem mit der Retoure"),
    ("en", "Never any trouble with the app"), ("en", "Zero problems with the delivery"),
    ("en", "Not a single problem with payment"), ("en", "No need for a lawyer"),
    ("en", "There was no reason for a complaint"), ("en", "The app doesnt crash"),
    ("en", "cant complain"),
])
@pytest.mark.parametrize("polarity", [0.3, 0.7])
def test_a_negated_problem_is_neither_complaint_nor_urgent(
    language: str, text: str, polarity: float
) -> None:
    found = signals_of(language, text, polarity)
    assert found["intent"] in ("praise", "statement")
    assert found["urgency"] == 0
    assert found["emotion"] not in ("anger", "disappointment", "fear")


@pytest.mark.parametrize("language", ["de", "unknown"])
def test_a_term_that_comes_again_is_not_looked_around_again(
    language: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which would cost, in a text of nothing but emoji, the square of its length."""
    looked = []

    def look(*given: Any, **settings: Any) -> bool:
        looked.append(given)
        return is_negated(*given, **settings)

    monkeypatch.setattr(signals, "is_negated", look)
    assert signals_of(language, "😡" * 10_000, -0.5)["emotion"] == "anger"
    assert 0 < len(looked) < 10


@pytest.mark.parametrize(("language", "text"), [
    ("de", "Keine Antwort, nur Probleme mit der Lieferung"),
    ("de", "Die App funktioniert nicht"),
    ("de", "Ich warte auf das Paket, der Ärger hört nie auf"),
    ("en", "The app does not work"), ("en", "I never got my refund, this is a problem"),
])
def test_a_negation_elsewhere_leaves_the_complaint(language: str, text: str) -> None:
    assert signals_of(language, text, -0.5)["intent"] == "complaint"


@pytest.mark.parametrize(("polarity", "intent"), [
    (-0.8, "complaint"), (0.8, "praise"), (0.0, "statement"), (float("nan"), "statement"),
])
def test_polarity_decides_where_no_term_does(polarity: float, intent: str) -> None:
    assert signals_of("de", "Die Zugfahrt mit dem Hund", polarity)["intent"] == intent


@pytest.mark.parametrize(("language", "text", "label"), [
    ("de", "Bitte dringend um Antwort, ich brauche die Ware bis Freitag", "high"),
    ("de", "Der Akku qualmt, das ist gefährlich", "high"),
    ("de", "Ich schreibe jetzt zum dritten Mal, als nächstes kommt mein Anwalt", "high"),
    ("de", "Brauche Hilfe bis morgen", "medium"),
    ("de", "Ich kündige", "medium"),
    ("de", "Die Farbe gefällt mir", "low"),
    ("de", "Keine Eile, das ist nicht dringend", "low"),
    ("en", "URGENT: need a reply asap", "high"),
    ("en", "The charger caught fire, this is dangerous", "high"),
    ("en", "Called three times and still no answer", "medium"),
    ("en", "Nice colours", "low"),
    ("en", "Not urgent", "low"),
])
def test_urgency(language: str, text: str, label: str) -> None:
    found = signals_of(language, text)
    assert found["urgency_label"] == label
    assert 0 <= found["urgency"] <= 1


def test_urgency_joins_the_strongest_term_of_each_reason() -> None:
    terms = pd.DataFrame({
        "signal": "urgency", "value": ["legal", "legal", "danger"], "language": "de",
        "term": ["anwalt", "klage", "rauch"], "kind": "word", "weight": [0.5, 0.4, 0.2]})
    texts = texts_of(("de", "Anwalt und Klage, Rauch"), ("de", "kein Anwalt"))
    found = detect_signals(texts.assign(polarity=[-0.2, 0.0]), terms)["urgency"]
    complaint = 0.15  # law and danger make it a complaint
    assert found.tolist() == pytest.approx(
        [1 - 0.5 * 0.8 * (1 - complaint) * (1 - 0.05), 0.0])


@pytest.mark.parametrize(("language", "text", "emotion"), [
    ("de", "Ich freue mich riesig über den Gutschein", "joy"),
    ("de", "Auf euch ist Verlass", "trust"),
    ("de", "Das ist eine Frechheit", "anger"),
    ("de", "Bin sehr enttäuscht", "disappointment"),
    ("de", "Ich habe Angst um meine Daten", "fear"),
    ("de", "Das hätte ich nicht gedacht", "surprise"),
    ("de", "Keine Sorge", "none"),
    ("de", "Ich warte am Bahnhof", "none"),
    ("de", "😡", "anger"),
    ("unknown", "😡", "anger"),
    ("en", "I am furious", "anger"),
    ("en", "What a letdown", "disappointment"),
    ("en", "We are so happy with it", "joy"),
    ("en", "A company you can count on", "trust"),
    ("en", "I'm worried about my data", "fear"),
    ("en", "I was not happy", "none"),
])
def test_emotion(language: str, text: str, emotion: str) -> None:
    assert signals_of(language, text)["emotion"] == emotion


@pytest.mark.parametrize(("language", "text", "dimension"), [
    ("de", "Ich bin so enttäuscht", "emotional"),
    ("de", "Die Anleitung ist unverständlich", "cognitive"),
    ("de", "Ich kaufe hier jede Woche", "behavioural"),
    ("de", "Es riecht nach Plastik", "sensory"),
    ("de", "Eine seriöse Firma mit gutem Ruf", "brand"),
    ("de", "Hallo", "none"),
    ("en", "I hate it", "emotional"),
    ("en", "The explanation was confusing", "cognitive"),
    ("en", "I ordered twice last week", "behavioural"),
    ("en", "It smells awful", "sensory"),
    ("en", "The brand has a good reputation", "brand"),
])
def test_experience_dimension(language: str, text: str, dimension: str) -> None:
    assert signals_of(language, text)["experience_dimension"] == dimension


def test_one_row_per_text_sorted_whatever_their_order() -> None:
    texts = texts_of(("de", "Danke"), ("en", ""), ("unknown", "xyz"))
    found = detect_signals(texts, read_seed("signal_terms"))
    assert found.columns.tolist() == list(COLUMNS)
    assert found["text_key"].tolist() == ["k000", "k001", "k002"]
    pd.testing.assert_frame_equal(found, detect_signals(texts[::-1], read_seed("signal_terms")))


def test_a_value_that_does_not_exist_is_named() -> None:
    terms = read_seed("signal_terms").head(1).assign(signal="emotion", value="envy")
    with pytest.raises(ValueError, match="signal 'emotion' has no value 'envy'"):
        detect_signals(texts_of(("de", "x")), terms)


def test_version_changes_with_terms() -> None:
    terms = read_seed("signal_terms")
    assert signals_version(terms) == signals_version(terms.copy())
    assert signals_version(terms) != signals_version(terms.head(5))
