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


@pytest.mark.parametrize(("text", "model", "label"), [
    (TURNED, f"{MODEL_NAME}-de", "negative"),
    (TURNED, PERSON, "positive"),
    (PLAIN, f"{MODEL_NAME}-de", "positive"),
    ("Alles super, aber die Lieferung", f"{MODEL_NAME}-de", "positive"),
])
def test_an_only_topic_is_rated_as_its_text_but_not_against_its_side_of_a_contrast(
    text: str, model: str, label: str,
) -> None:
    seeds = {name: read_seed(name) for name in
             ("topics", "topic_terms", "signal_terms", "routing_rules")}
    readers = TextReaders(("de",), "DE", seeds,
                          pd.DataFrame(columns=["text_key", "field", "value"], dtype="str"))
    part = pd.DataFrame({"text_key": ["a"], "text": [text], "language": ["de"], "polarity": [0.9],
                         "sentiment_label": ["positive"], "model_name": [model]})
    found = readers.read_topics(part, TextModels(()))["feedback_topics"]
    assert found["sentiment_label"].tolist() == [label]
