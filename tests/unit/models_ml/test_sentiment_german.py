"""The German lexicon model: polarities redone on paper, and signs of one-line cases."""

from __future__ import annotations

import pytest

from models_ml.inflection_german import fold, inflect, split_forms
from models_ml.sentiment_english import OWN_LEXICON_FILES
from models_ml.sentiment_german import LEXICON_FILES, score_german


@pytest.mark.parametrize(("text", "expected"), [
    ("Gut.", 1 / 1.5),
    ("Nicht gut.", -0.8 / 1.5),
    ("Ein Problem.", -0.8 / 1.5),
    ("Kein einziger Defekt.", 0.5 * 0.8 / 1.5),
    ("Langsam.", -0.6 / 1.5),
    ("Sehr langsam.", -0.6 * 1.3 / 1.5),
    ("Etwas langsam.", -0.6 * 0.6 / 1.5),
    ("Gut, aber langsam.", (0.5 * 1 - 1.5 * 0.6) / 2.5),
    ("Gut. Langsam.", (1 - 0.6) / 2.5),
    ("Der Tisch steht dort.", 0.0),
    ("", 0.0),
])
def test_polarity_on_paper(text: str, expected: float) -> None:
    assert score_german(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", [
    "Die Seite stürzte dauernd ab",
    "Der Versand ist mir zu teuer",
    "Zwei Wochen verspätet geliefert",
    "Der Reißverschluss ist kaputt",
    "Die Dame an der Kasse war unfreundlich",
    "Nie wieder!",
    "Das funktioniert nicht",
    "Die Bedienung war alles andere als freundlich",
    "Mit dem Ergebnis bin ich überhaupt nicht zufrieden",
    "Kein guter Laden",
    "Leider fällt der Zug oft aus",
    "Die Beratung war nett, aber das Gerät ist defekt",
    "Schon wieder eine Zugverspätung",
    "Der Mitarbeiter war unhöflich und inkompetent",
    "Das Essen war kalt und geschmacklos",
    "Ich bin sehr enttäuscht",
    "Man wird nur vertröstet",
    "Das kann ich niemandem empfehlen",
    "Die App stürzt aber ständig ab",
    "Das Gerät funktioniert jedoch nicht",
    "Es hätte nicht schlimmer kommen können",
])
def test_complaints_are_negative(text: str) -> None:
    assert score_german(text) < -0.2


@pytest.mark.parametrize("text", [
    "Ich bin rundum zufrieden",
    "Schnelle Lieferung, gerne wieder",
    "Gar nicht schlecht",
    "Die Rückgabe lief ohne Probleme",
    "Das hat problemlos geklappt",
    "Der Eingang ist eng, aber die Beratung war großartig",
    "Superfreundliches Personal",
    "Es gibt nichts zu meckern",
    "Kann ich nur weiterempfehlen",
    "Die Verkäuferin hat mir toll geholfen",
    "Der schönste Laden der Stadt",
    "Pünktlich und sauber 👍",
])
def test_praise_is_positive(text: str) -> None:
    assert score_german(text) > 0.2


@pytest.mark.parametrize("text", [
    "Ich würde mir wünschen, dass ihr schneller liefert",
    "Es wäre schön, wenn die App schneller wäre",
    "Ich hätte mir gewünscht, dass die Beratung besser ist",
    "Es könnte schlimmer sein",
])
def test_what_is_wished_for_and_what_could_be_worse_is_neither(text: str) -> None:
    assert abs(score_german(text)) < 0.2


def test_a_negation_inside_a_verb_in_two_pieces_is_about_that_verb() -> None:
    assert score_german("Die App stürzt seit dem Update nicht mehr ab") > 0


@pytest.mark.parametrize(("text", "other"), [
    ("Die Lieferung war verspätet", "die lieferung war verspaetet"),
    ("GROSSARTIG", "großartig"),
    ("Die App stürzt ab", "Die App stuerzt ab!"),
])
def test_spelling_does_not_matter(text: str, other: str) -> None:
    assert score_german(text) == score_german(other) != 0


def test_inflection() -> None:
    assert fold("Spät ÄÖÜß") == "spaet aeoeuess"
    assert {"nette", "netten", "netter", "nettesten"} <= set(inflect("nett", "adjective"))
    assert {"miserable"} <= set(inflect("miserabel", "adjective"))
    assert {"fehlern", "fehlers"} <= set(inflect("fehler", "noun"))
    assert {"abstuerzt", "abgestuerzt", "abzustuerzen"} <= set(inflect("abstuerzen", "verb"))
    assert {"verspottet", "verspotteten"} <= set(inflect("verspotten", "verb"))
    assert ("stuerzt", "ab") in set(split_forms("ab|stuerzen"))
    assert not set(split_forms("loben"))


@pytest.mark.parametrize("path", sorted({*LEXICON_FILES, *OWN_LEXICON_FILES}),
                         ids=lambda path: path.name)
def test_lexicon_rows_are_well_formed(path) -> None:  # type: ignore[no-untyped-def]
    header, *rows = [row.split("\t") for row in path.read_text(encoding="utf-8").splitlines()]
    assert header == ["form", "kind", "value"]
    assert {kind for _, kind, _ in rows} <= {
        "adjective", "noun", "verb", "word", "form", "phrase", "split", "scalar", "prefix",
        "expected_verb", "expected_noun", "expected_word", "negation", "negation_ahead",
        "insistence", "intensifier", "contrast", "contrast_first", "concession", "boundary",
        "wish", "why", "number", "comment", "irony", "burden", "solution", "never", "degree",
        "degree_article", "ability", "surpassed", "comparative", "condition",
    }
    assert len({(form, kind) for form, kind, _ in rows}) == len(rows)
    bounds = [abs(float(value)) for _, kind, value in rows
              if kind not in ("intensifier", "insistence")]
    assert max(bounds) <= 1
