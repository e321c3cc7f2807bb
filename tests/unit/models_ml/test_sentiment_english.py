"""The English lexicon model: polarities redone on paper, the joined word list, inflection."""

from __future__ import annotations

import pytest

from models_ml.inflection_english import fold, inflect
from models_ml.sentiment_english import join_libraries, load_english, score_english


@pytest.mark.parametrize(("text", "expected"), [
    ("Great.", 0.8 / 1.5),
    ("Not friendly.", -0.8 * 0.8 / 1.5),
    ("Great, but slow.", (0.5 * 0.8 - 1.5 * 0.6) / 2.5),
    ("Very slow.", -0.6 * 1.3 / 1.5),
    ("A bit slow.", -0.6 * 0.6 / 1.5),
    ("Is it slow?", -0.6 * 0.6 / 1.5),
    ("Why is it slow?", -0.6 / 1.5),
    ("The table is over there.", 0.0),
    ("", 0.0),
])
def test_polarity_on_paper(text: str, expected: float) -> None:
    assert score_english(text) == pytest.approx(expected)


def test_words_of_both_libraries_are_averaged() -> None:
    joined = join_libraries()
    # VADER rates "betrayed" -3.0 of 4, and TextBlob does not know it; both know "awful".
    assert joined["betrayed"] == pytest.approx(-3.0 / 3)
    assert joined["awful"] == pytest.approx((-1.0 - 2.0 / 3) / 2)
    assert all(0.15 <= abs(value) <= 1 for value in joined.values())
    assert len(joined) > 7000


@pytest.mark.parametrize(("text", "sign"), [
    ("Everything is fine.", 1), ("The hotel was fine", 1), ("Fines on top!", -1),
    ("They steal your money", -1), ("Could not be worse", -1),
])
def test_a_word_of_two_meanings_is_read_by_its_commoner_one(text: str, sign: int) -> None:
    assert score_english(text) * sign > 0.15


def test_what_could_be_worse_is_no_complaint() -> None:
    assert abs(score_english("It could have been worse")) < 0.15


def test_own_words_outrank_the_libraries() -> None:
    assert join_libraries()["united"] > 0
    assert load_english().vocabulary["United"].value == 0


@pytest.mark.parametrize(("word", "kind", "expected"), [
    ("rude", "adjective", {"ruder", "rudest", "rudely"}),
    ("noisy", "adjective", {"noisier", "noisiest", "noisily"}),
    ("terrible", "adjective", {"terribly"}),
    ("delay", "verb", {"delays", "delayed", "delaying"}),
    ("deny", "verb", {"denies", "denied", "denying"}),
    ("ruin", "verb", {"ruined", "ruining"}),
    ("stop", "verb", {"stopped", "stopping"}),
    ("glitch", "noun", {"glitches"}),
])
def test_inflection(word: str, kind: str, expected: set[str]) -> None:
    assert expected <= set(inflect(word, kind))


def test_apostrophes_are_one() -> None:
    assert fold("Don’t") == "don't"
    assert score_english("It doesn’t work") == score_english("It doesn't work") < -0.2
