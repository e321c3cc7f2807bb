"""Constructions that turn what their words say: comparatives, "weder … noch", fronted wishes."""

from __future__ import annotations

import pandas as pd
import pytest

from models_ml.sentiment import score_lexicon


def label_of(language: str, text: str) -> str:
    scored = score_lexicon(pd.DataFrame({"text_key": ["k"], "text": [text],
                                         "language": [language]}))
    return str(scored["sentiment_label"].iloc[0])


@pytest.mark.parametrize(("language", "text", "label"), [
    ("en", "The check-in couldn't have been smoother", "positive"),
    ("en", "It could not get any easier", "positive"),
    ("en", "They couldn't have been ruder", "negative"),
    ("en", "The flat could not be better", "positive"),
    ("de", "Besser hätte die Beratung nicht sein können", "positive"),
    ("de", "Einfacher geht es nicht", "positive"),
    ("de", "Schlechter kann man Kunden nicht behandeln", "negative"),
    ("de", "Weder höflich noch hilfsbereit", "negative"),
    ("de", "Das Essen war weder warm noch lecker", "negative"),
    ("de", "Weder Flur noch Treppe waren gepflegt", "negative"),
    ("en", "The desk could not have been less friendly", "negative"),
    ("de", "Ärger gab es keinen", "neutral"),
    ("de", "Grund zur Beanstandung gab es keinen", "neutral"),
    ("de", "Niemals zu einem anderen Arzt", "positive"),
    ("de", "Herd defekt, gleich am Montag repariert", "positive"),
    ("de", "Weder Ärger noch Probleme gehabt", "positive"),
    ("de", "Froh wäre ich, wenn mich jemand zurückruft", "neutral"),
    ("de", "Toll wäre, wenn der Chat länger offen hätte", "neutral"),
    ("de", "Hygiene sieht anders aus", "negative"),
    ("de", "Höflich geht anders", "negative"),
    ("de", "Unter schnell verstehe ich etwas anderes", "negative"),
    ("de", "Nie wieder eine andere Bank", "positive"),
    ("de", "Nie wieder diese Bank", "negative"),
    ("de", "Hier gibt es überhaupt nichts auszusetzen", "positive"),
    ("de", "Da ist gar nichts zu beanstanden", "positive"),
    ("de", "Falls ein Fehler auftritt, melde ich mich", "neutral"),
    ("de", "Das Menü ist anders und gut", "positive"),
    ("en", "I have had much better", "negative"),
    ("en", "I'd be happy if it arrived one day", "neutral"),
    ("en", "Phone battery lasts for ages", "positive"),
    ("en", "Takes ages to answer", "negative"),
])
def test_constructions(language: str, text: str, label: str) -> None:
    assert label_of(language, text) == label
