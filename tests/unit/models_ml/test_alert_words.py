"""Sentences about alerts in both languages."""

from __future__ import annotations

import numpy as np

from models_ml.alert_events import Size
from models_ml.alert_words import (
    LONGEST_NAME,
    Named,
    Slice,
    clean_name,
    tell_headline,
    tell_reason,
    tell_value,
)

ON_TIME = Named("share", ("On-time delivery", "Liefertreue"))
WAITING = Named("minutes", ("Waiting time", "Wartezeit"))
FELL = Size(20, 300, 0.2187, 0.914, -0.72, -0.68, -3.2, -14.0)
ROSE = Size(20, 40, 3.42, 1.58, 1.2, 2.5, 1.3, 5.8)
DAY = np.datetime64("2025-03-13")


def test_a_headline_says_what_how_much_and_since_when() -> None:
    assert tell_headline(ON_TIME, FELL, DAY, "en") == (
        "On-time delivery: lower than expected since 13 March 2025, 22% instead of 91%.")
    assert tell_headline(ON_TIME, FELL, DAY, "de") == (
        "Liefertreue: seit 13. März 2025 niedriger als erwartet, 22 % statt 91 %.")
    assert "höher" in tell_headline(WAITING, ROSE, DAY, "de")


def test_a_reason_names_what_moved_and_where() -> None:
    slices = [Slice("channel", ("App", "App"), 0.2, 0.9)]
    assert tell_reason([(WAITING, ROSE)], slices, "de") == (
        "Zugleich: Wartezeit 3,4 statt 1,6. Am stärksten betroffen: Kanal App.")
    assert tell_reason([(WAITING, ROSE)], slices, "en") == (
        "At the same time: Waiting time 3.4 instead of 1.6. Most affected: channel App.")


def test_where_nothing_moved_it_says_so() -> None:
    assert tell_reason([], [], "en") == "Nothing else that is watched moved with it."
    assert tell_reason([], [], "de") == "Sonst bewegte sich nichts Beobachtetes mit."


def test_small_values_keep_digits() -> None:
    assert tell_value(0.0174, "contacts per order", "en") == "0.017"
    assert tell_value(0.0174, "contacts per order", "de") == "0,017"


def test_a_name_from_an_extract_stays_on_one_short_line() -> None:
    assert clean_name("Kanal\r\nBcc: a@b.example\x00\u202e!") == "Kanal Bcc: a@b.example !"
    assert len(clean_name("x" * 500)) == LONGEST_NAME
