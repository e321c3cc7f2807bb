"""Sentences about alerts in German and English, from names, figures and slices.

Names of slices come from extracts: control characters are taken out and they are cut. What shows a
sentence as mark-up escapes it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models_ml.alert_events import Size

LANGUAGES = ("en", "de")
LONGEST_NAME = 60
DIMENSIONS = {
    "channel": ("channel", "Kanal"), "store": ("store", "Filiale"),
    "partner": ("partner", "Partner"), "product_category": ("category", "Warengruppe"),
    "touchpoint": ("touchpoint", "Kontaktpunkt"), "reason": ("reason", "Anlass"),
    "signal": ("signal", "Signal"),
}
_MONTHS_EN = ("January", "February", "March", "April", "May", "June", "July", "August",
              "September", "October", "November", "December")
_MONTHS_DE = ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
              "Oktober", "November", "Dezember")


@dataclass(frozen=True)
class Named:
    """A series in words: its unit, and its names by language."""

    unit: str
    names: tuple[str, str]


@dataclass(frozen=True)
class Slice:
    """A slice of an alert in words; names of the value by language."""

    dimension: str
    names: tuple[str, str]
    observed: float
    usual: float


def tell_date(day: np.datetime64, language: str) -> str:
    """A day as `13 March 2025` or `13. März 2025`."""
    text = str(day.astype("datetime64[D]"))
    year, month, number = text[:4], int(text[5:7]), int(text[8:10])
    if language == "de":
        return f"{number}. {_MONTHS_DE[month - 1]} {year}"
    return f"{number} {_MONTHS_EN[month - 1]} {year}"


def tell_value(value: float, unit: str, language: str) -> str:
    """A value in its unit: shares in per cent, everything else with two significant digits."""
    if unit == "share":
        text, end = f"{100 * value:.0f}", " %" if language == "de" else "%"
    else:
        digits = 1 if abs(value) >= 1 else 3
        text, end = f"{value:.{digits}f}", ""
    return (text.replace(".", ",") if language == "de" else text) + end


def tell_headline(series: Named, size: Size, start: np.datetime64, language: str) -> str:
    """What happened: `On-time delivery has been lower since 13 March 2025: 22% instead of 91%.`"""
    name = clean_name(series.names[LANGUAGES.index(language)])
    observed, expected = (tell_value(value, series.unit, language)
                          for value in (size.observed, size.expected))
    is_higher = size.observed > size.expected
    if language == "de":
        return (f"{name}: seit {tell_date(start, language)} {'höher' if is_higher else 'niedriger'}"
                f" als erwartet, {observed} statt {expected}.")
    return (f"{name}: {'higher' if is_higher else 'lower'} than expected since "
            f"{tell_date(start, language)}, {observed} instead of {expected}.")


def tell_reason(
    reasons: Sequence[tuple[Named, Size]], slices: Sequence[Slice], language: str,
) -> str:
    """What moved with it and where it shows most; says so where nothing did."""
    place = LANGUAGES.index(language)
    parts = []
    told = "; ".join(
        f"{clean_name(named.names[place])} {tell_value(size.observed, named.unit, language)} "
        f"{'statt' if language == 'de' else 'instead of'} "
        f"{tell_value(size.expected, named.unit, language)}" for named, size in reasons)
    if told:
        parts.append(f"{'Zugleich' if language == 'de' else 'At the same time'}: {told}.")
    else:
        parts.append("Sonst bewegte sich nichts Beobachtetes mit." if language == "de"
                     else "Nothing else that is watched moved with it.")
    if slices:
        shown = "; ".join(f"{DIMENSIONS[one.dimension][place]} {clean_name(one.names[place])}"
                          for one in slices)
        parts.append(f"{'Am stärksten betroffen' if language == 'de' else 'Most affected'}: "
                     f"{shown}.")
    return " ".join(parts)


def clean_name(name: str) -> str:
    """A name on one line, without control characters, cut where it is long."""
    line = " ".join("".join(
        character if character.isprintable() else " " for character in name).split())
    return line if len(line) <= LONGEST_NAME else line[:LONGEST_NAME - 1] + "…"
