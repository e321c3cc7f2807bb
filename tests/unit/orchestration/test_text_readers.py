"""What a text as a whole is rated, and what becomes of it for its topics."""

from __future__ import annotations

import pandas as pd
import pytest

from models_ml.sentiment_trained import MODEL_NAME
from orchestration.text_readers import PERSON, TextReaders
from orchestration.text_training import TextModels
from tests.unit.models_ml.text_seeds import read_seed

TURNED = "Alles super, aber die Lieferung war beschädigt"
PLAIN = "Die Lieferung war beschädigt"


def readers() -> TextReaders:
    seeds = {name: read_seed(name) for name in
             ("topics", "topic_terms", "signal_terms", "routing_rules")}
    return TextReaders(("de",), "DE", seeds,
                       pd.DataFrame(columns=["text_key", "field", "value"], dtype="str"))


@pytest.mark.parametrize(("delivered", "masked"), [
    ("Viel zu sp&auml;t, gru&szlig;lose K&#xFC;ndigung", "Viel zu spät, grußlose Kündigung"),
    ("Mail an max.muster&#64;web.de", "Mail an [EMAIL]"),
    ("R&D; und AT&T &lt;3", "R&D; und AT&T <3"),
])
def test_entities_are_read_as_the_characters_they_stand_for(delivered: str, masked: str) -> None:
    part = pd.DataFrame({"text_key": ["a"], "text": [delivered], "author_names": [None]})
    assert readers().read_texts(part)["feedback_texts"]["masked_text"].tolist() == [masked]


@pytest.mark.parametrize(("text", "model", "label"), [
    (TURNED, f"{MODEL_NAME}-de", "negative"),
    (TURNED, PERSON, "positive"),
    (PLAIN, f"{MODEL_NAME}-de", "positive"),
    ("Alles super, aber die Lieferung", f"{MODEL_NAME}-de", "positive"),
])
def test_an_only_topic_is_rated_as_its_text_but_not_against_its_side_of_a_contrast(
    text: str, model: str, label: str,
) -> None:
    part = pd.DataFrame({"text_key": ["a"], "text": [text], "language": ["de"], "polarity": [0.9],
                         "sentiment_label": ["positive"], "model_name": [model]})
    found = readers().read_topics(part, TextModels(()))["feedback_topics"]
    assert found["sentiment_label"].tolist() == [label]
