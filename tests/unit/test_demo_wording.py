"""The demo's texts must not be written from the product's own lexica, or accuracy means nothing.

Single words of everyday German are shared by necessity; expressions of several words are not.
"""

from __future__ import annotations

import csv
import itertools
import re
from pathlib import Path

import models_ml
from ingestion.demo.phrases import content_phrases

LEXICA = Path(models_ml.__file__).parent / "lexica"
SEEDS = Path(models_ml.__file__).parents[1] / "dbt_project" / "seeds"


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


def seed_expressions() -> set[str]:
    """Phrases of three words and more, each with every choice it leaves.

    Expressions of two words are everyday language, as single words are ("on hold", "error message").
    """
    found = set()
    for name in ("topic_terms", "signal_terms"):
        with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                choices = [word.split("|") for word in row["term"].split()]
                if row["kind"] != "together" and len(choices) > 2:
                    found |= {words(" ".join(each)) for each in itertools.product(*choices)}
    return found


def test_no_phrase_of_a_seed_stands_in_a_text_of_the_demo() -> None:
    expressions = seed_expressions()
    assert len(expressions) > 300
    texts = [words(phrase) for phrase in content_phrases()]
    shared = {entry.strip() for entry in expressions for text in texts if entry in text}
    assert shared == set()


def test_no_words_together_of_a_seed_stand_in_a_text_of_the_demo() -> None:
    """Three given words without a choice could be written from one clause."""
    with (SEEDS / "topic_terms.csv").open(encoding="utf-8", newline="") as rows:
        terms = [row["term"].lower().split() for row in csv.DictReader(rows)
                 if row["kind"] == "together"]
    texts = [set(words(phrase).split()) for phrase in content_phrases()]
    narrow = [term for term in terms if len(term) > 2 and not any("|" in word for word in term)]
    assert len(narrow) > 20
    assert [term for term in narrow for text in texts if set(term) <= text] == []
