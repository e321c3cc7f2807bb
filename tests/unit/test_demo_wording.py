"""The demo's texts must not be written from the product's own lexica, or accuracy means nothing.

Single words of everyday German are shared by necessity; expressions of several words are not.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import models_ml
from ingestion.demo.phrases import content_phrases

LEXICA = Path(models_ml.__file__).parent / "lexica"


def words(text: str) -> str:
    return " " + " ".join(re.findall(r"\w+", text.lower())) + " "


def lexicon_expressions() -> set[str]:
    found = set()
    for path in LEXICA.glob("*.tsv"):
        with path.open(encoding="utf-8", newline="") as rows:
            for row in csv.reader((line for line in rows if not line.startswith("#")),
                                  delimiter="\t", quoting=csv.QUOTE_NONE):
                if row and len(words(row[0]).split()) > 1:
                    found.add(words(row[0]))
    return found


def test_no_expression_of_a_lexicon_stands_in_a_text_of_the_demo() -> None:
    expressions = lexicon_expressions()
    assert len(expressions) > 5
    texts = [words(phrase) for phrase in content_phrases()]
    assert len(texts) > 100
    shared = {entry.strip() for entry in expressions for text in texts if entry in text}
    assert shared == set()
