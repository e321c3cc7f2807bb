"""Where clauses begin and end."""

from __future__ import annotations

import pytest

from models_ml.clauses import split_clauses, tokenise


@pytest.mark.parametrize(("language", "text", "clauses"), [
    ("de", "Gut, aber teuer.", ["Gut", "aber teuer"]),
    ("de", "Preis und Leistung stimmen", ["Preis und Leistung stimmen"]),
    ("de", "Der Laden ist schön und die Leute sind nett",
     ["Der Laden ist schön", "und die Leute sind nett"]),
    ("de", "Kam z. B. am 3.5. an! Gut 😀", ["Kam z. B. am 3.5", "an", "Gut 😀"]),
    ("de", "Zu spät! 😡", ["Zu spät! 😡"]),
    ("de", "Erste Zeile\nzweite Zeile", ["Erste Zeile", "zweite Zeile"]),
    ("de", "Die Lieferung (gestern) war da", ["Die Lieferung", "gestern", "war da"]),
    ("en", "It works because they care however slowly",
     ["It works because they care", "however slowly"]),
    ("de", "Die App stürzt aber ständig ab", ["Die App stürzt aber ständig ab"]),
    ("de", "Er hat mir jedoch nicht geholfen", ["Er hat mir jedoch nicht geholfen"]),
    ("de", "App gut, der Service hingegen schlecht",
     ["App gut", "der Service hingegen schlecht"]),
    ("de", "App gut, Preis aber zu hoch", ["App gut", "Preis aber zu hoch"]),
    ("de", "Das Paket kam aber die Hälfte fehlte", ["Das Paket kam", "aber die Hälfte fehlte"]),
    ("de", "Die Ware ist gut aber teuer", ["Die Ware ist gut", "aber teuer"]),
    ("de", "Lieferung schnell aber ruppig", ["Lieferung schnell", "aber ruppig"]),
    ("en", "Nice app. The staff, however, was rude", ["Nice app", "The staff, however, was rude"]),
    ("en", "The app is slow, however, it works", ["The app is slow", "however", "it works"]),
    ("en", "It works though slowly", ["It works", "though slowly"]),
    ("en", "The parcel has yet to arrive", ["The parcel has yet to arrive"]),
    ("fr", "bon mais cher, oui", ["bon mais cher", "oui"]),
    ("de", "👍! Danke", ["👍! Danke"]),
    ("de", "😡😡", ["😡😡"]),
    ("de", " … ", []),
    ("de", "", []),
])
def test_clauses(language: str, text: str, clauses: list[str]) -> None:
    found = split_clauses(text, language)
    assert [text[clause.start : clause.end] for clause in found] == clauses


def test_sentences_and_how_a_clause_opens() -> None:
    found = split_clauses("Erst gut, dann schlecht. Nun ja, aber billig! Ende", "de")
    assert [(clause.sentence, clause.opens) for clause in found] == [
        (0, "sentence"), (0, "comma"), (1, "sentence"), (1, "contrast"), (2, "sentence")]


@pytest.mark.parametrize("text", [
    "Gut, die App aber nicht", "Gut. Sie stürzt jedoch ab", "Gut. Dagegen ist sie teuer"])
def test_a_clause_with_a_contrast_inside_opens_with_contrast(text: str) -> None:
    assert [clause.opens for clause in split_clauses(text, "de")] == ["sentence", "contrast"]


def test_a_contraction_is_one_word_with_and_without_its_apostrophe() -> None:
    assert [token.word for token in tokenise("Dont, can’t, WONT")] == [
        "don't", ",", "can't", ",", "won't"]


def test_tokens_are_folded_and_keep_their_place() -> None:
    text = "Übergröße [NAME] isn’t 😀"
    assert [(token.word, text[token.start : token.end]) for token in tokenise(text)] == [
        ("uebergroesse", "Übergröße"), ("[name]", "[NAME]"), ("isn't", "isn’t"), ("😀", "😀")]
