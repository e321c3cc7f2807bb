"""What a term of each kind finds."""

from __future__ import annotations

import pandas as pd
import pytest

from models_ml.clauses import split_clauses
from models_ml.term_matching import compile_terms, join_evidence


def find(text: str, *terms: tuple[str, str], language: str = "de", weight: float = 0.5) -> set[str]:
    frame = pd.DataFrame(terms, columns=["term", "kind"])
    frame = frame.assign(language=language, weight=weight, label=frame["term"])
    index = compile_terms(frame, "label")[language]
    return {hit.label for clause in split_clauses(text, language) for hit in index.find(clause)}


@pytest.mark.parametrize(("language", "term", "kind", "text", "is_found"), [
    ("de", "online", "word", "ONLINE bestellt", True),
    ("de", "online", "word", "Onlineshop", False),
    ("de", "Paket", "noun", "alle Pakete da", True),
    ("de", "Lieferung", "noun", "die Expresslieferungen", True),
    ("de", "Lieferung", "noun", "die Lieferungsfrist", False),
    ("de", "App", "noun", "die Handyapp", False),  # too short for the end of a compound
    ("de", "App", "noun", "die Handy-App", True),
    ("de", "Öffnungszeit", "noun", "Oeffnungszeiten", True),
    ("de", "Push-Nachricht", "noun", "keine Push-Nachrichten mehr", True),
    ("de", "unfreundlich", "adjective", "der unfreundlichste Verkäufer", True),
    ("de", "abstürzen", "verb", "die App stürzt beim Start ab", True),
    ("de", "abstürzen", "verb", "weil sie abstürzt", True),
    ("de", "abstürzen", "verb", "sie stürzt, ab morgen nicht", False),
    ("de", "anrufen", "verb", "ich rufe an", True),
    ("de", "anrufen", "verb", "ich rufe an der Tür", False),  # a preposition here
    ("de", "liefer", "prefix", "Lieferzeit", True),
    ("de", "liefer", "prefix", "geliefert", False),
    ("de", "verpackung", "part", "Originalverpackungen", True),
    ("de", "zu spät", "phrase", "viel zu spät", True),
    ("de", "zu spät", "phrase", "spät zu Bett", False),
    ("de", "ging|geht kaputt", "phrase", "es geht kaputt", True),
    ("de", "nie angekommen", "phrase", "nie, angekommen ist es heute", False),
    ("de", "app absturz*", "together", "Abstürze der App", False),
    ("de", "app abst*", "together", "Abstürze der App", True),
    ("de", "app abst*", "together", "die App, Abstürze", False),
    ("de", "warte|warten warten|lange", "together", "wir warten", False),  # one word is not two
    ("en", "delivery", "noun", "two deliveries", True),
    ("en", "courier", "noun", "the courier’s van", True),
    ("en", "sales rep", "noun", "the sales reps", True),
    ("en", "send back", "verb", "sending back", True),
    ("en", "ship", "verb", "it shipped", True),
    ("en", "rude", "adjective", "the rudest", True),
    ("en", "lift", "noun", "a shoplift", False),  # compounds are German
    ("en", "won't turn on", "phrase", "It won’t turn on", True),
    ("de", "😡", "word", "na toll 😡😡", True),
    ("de", "Name", "noun", "[NAME] war da", False),
])
def test_a_term_finds(language: str, term: str, kind: str, text: str, is_found: bool) -> None:
    assert (find(text, (term, kind), language=language) == {term}) == is_found


def test_words_of_a_phrase_do_not_count_on_their_own() -> None:
    terms = (("rechnung", "noun"), ("kauf auf rechnung", "phrase"), ("auf rechnung", "phrase"))
    assert find("Kauf auf Rechnung", *terms) == {"kauf auf rechnung"}
    assert find("Die Rechnung", *terms) == {"rechnung"}


def test_a_phrase_of_weight_0_takes_its_words_out() -> None:
    terms = pd.DataFrame({
        "term": ["auf jeden fall", "fall jeden", "fall"], "kind": ["phrase", "together", "word"],
        "weight": [0, 0.5, 0.5], "language": "de", "label": ["stop", "pair", "word"]})
    index = compile_terms(terms, "label")["de"]
    hits = [hit for clause in split_clauses("auf jeden Fall", "de") for hit in index.find(clause)]
    assert [(hit.label, hit.weight) for hit in hits] == [("stop", 0)]


def test_terms_for_all_languages() -> None:
    terms = pd.DataFrame({"term": ["ok"], "kind": "word", "weight": 1, "language": "all",
                          "label": "ok"})
    assert sorted(compile_terms(terms, "label")) == ["de", "en"]


@pytest.mark.parametrize(("weights", "evidence"), [
    ((), 0.0), ((0.3,), 0.3), ((0.5, 0.5), 0.75), ((1.0, 0.2), 1.0),
])
def test_evidence_joins_as_noisy_or(weights: tuple[float, ...], evidence: float) -> None:
    assert join_evidence(weights) == pytest.approx(evidence)


@pytest.mark.parametrize(("term", "kind", "told"), [
    ("-", "part", "'-': no word"), ("app geht|", "together", "'app geht|': a choice"),
    ("app *", "phrase", r"'app \*': a choice"),
])
def test_a_term_that_finds_nothing_is_named(term: str, kind: str, told: str) -> None:
    terms = pd.DataFrame({"term": ["ok", term], "kind": ["word", kind], "weight": 1,
                          "language": "de", "label": "x"})
    with pytest.raises(ValueError, match=told):
        compile_terms(terms, "label")
