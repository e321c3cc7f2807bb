"""Misspellings: which edits lead to a known word, and which are left alone."""

from __future__ import annotations

import pytest

from models_ml.spelling import SpellingIndex

INDEX = SpellingIndex(["defekt", "unfreundlich", "ausgezeichnet", "katastrophe", "falschen"])


@pytest.mark.parametrize(("word", "known"), [
    ("deffekt", "defekt"),
    ("unfreundlch", "unfreundlich"),
    ("unfreunndlich", "unfreundlich"),
    ("ausgezeichent", "ausgezeichnet"),
    ("ausgeseichnet", "ausgezeichnet"),
    ("ausgewischnet", None),
    ("defekd", None),
    ("flaschen", None),
    ("freundlich", None),
    ("tisch", None),
    ("", None),
])
def test_one_edit(word: str, known: str | None) -> None:
    assert INDEX.find(word) == known
