"""Names and describes segments in English and German by what distinguishes them, and by that alone.

A class has the words of its place on the axes. A centre has those of the features that differ most
from all customers, in standard deviations. Descriptions give the means themselves. The words for
each feature and axis are below; nothing else is ever said of a segment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

LEAST_DIFFERENCE = 0.3
"""Standard deviations from which on a feature distinguishes a segment."""

LEAST_PEOPLE = 5
"""People it takes to say anything of them: a mean, or what distinguishes them."""

NAMED_FEATURES = 2
DESCRIBED_FEATURES = 3

Both = tuple[str, str]
"""English, German."""


@dataclass(frozen=True)
class Words:
    """How to speak of a feature: its mean as a number, more of it, less of it."""

    mean: Both
    more: Both
    less: Both
    unit: Literal["number", "days", "money", "score"] = "number"


@dataclass(frozen=True)
class FeatureDifference:
    """A feature in a segment and in all customers; `difference` in standard deviations."""

    feature: str
    mean: float | None
    all_mean: float | None
    difference: float
    customers_count: int


FEATURES: dict[str, Words] = {
    "recency_days": Words(("last purchase", "letzter Kauf"), ("bought long ago", "Kauf lange her"),
                          ("bought lately", "Kauf vor Kurzem"), "days"),
    "order_days_count": Words(("days with a purchase", "Tage mit einem Kauf"),
                              ("buy often", "kaufen oft"), ("buy seldom", "kaufen selten")),
    "revenue": Words(("revenue", "Umsatz"), ("high revenue", "hoher Umsatz"),
                     ("low revenue", "geringer Umsatz"), "money"),
    "tenure_days": Words(("first purchase", "erster Kauf"), ("long-standing", "lange dabei"),
                         ("new", "neu dabei"), "days"),
    "loyalty_level": Words(("level in the loyalty programme", "Stufe im Treueprogramm"),
                           ("in the loyalty programme", "im Treueprogramm"),
                           ("outside the loyalty programme", "nicht im Treueprogramm")),
    "score": Words(("score given, from 0 to 1", "Bewertung von 0 bis 1"),
                   ("satisfied", "zufrieden"), ("dissatisfied", "unzufrieden"), "score"),
    "polarity": Words(("sentiment of texts, from −1 to 1", "Stimmung der Texte von −1 bis 1"),
                      ("positive words", "positive Worte"), ("negative words", "negative Worte"),
                      "score"),
    "ease_score": Words(("ease, from 0 to 1", "Leichtigkeit von 0 bis 1"),
                        ("find it easy", "haben es leicht"),
                        ("find it hard", "haben es schwer"), "score"),
    "complaints_count": Words(("complaints", "Beschwerden"), ("complain", "beschweren sich"),
                              ("no complaints", "ohne Beschwerden")),
    "cases_count": Words(("service cases", "Servicefälle"),
                         ("often with the service", "oft beim Service"),
                         ("seldom with the service", "selten beim Service")),
    "late_delivery_share": Words(("share of late deliveries", "Anteil verspäteter Lieferungen"),
                                 ("late deliveries", "verspätete Lieferungen"),
                                 ("deliveries on time", "pünktliche Lieferungen"), "score"),
}

CLASSES: dict[str, tuple[Both, Both, Both]] = {
    "purchases": (("buy little", "kaufen wenig"), ("buy much", "kaufen viel"),
                  ("buy most", "kaufen am meisten")),
    "recency": (("bought lately", "Kauf vor Kurzem"), ("bought some time ago", "Kauf etwas her"),
                ("bought long ago", "Kauf lange her")),
    "value": (("low revenue", "geringer Umsatz"), ("high revenue", "hoher Umsatz"),
              ("highest revenue", "höchster Umsatz")),
    "loyalty": (("outside the loyalty programme", "nicht im Treueprogramm"),
                ("in the loyalty programme", "im Treueprogramm"),
                ("high loyalty tier", "hohe Treuestufe")),
    "tenure": (("new", "neu dabei"), ("some time with us", "einige Zeit dabei"),
               ("long-standing", "lange dabei")),
}
"""Words for the classes of an axis, the lowest first."""

ALL: Both = ("All customers", "Alle Kunden")
AVERAGE: Both = ("Like the average", "Wie der Durchschnitt")


def name_classes(classes: Mapping[str, int], counts: Mapping[str, int]) -> Both:
    """Name of a combination of classes.

    Args:
        classes: axis -> class of the segment, from 0.
        counts: axis -> how many classes it has.
    """
    return _joined([CLASSES[axis][2 if _is_last_of_halves(axis, place, counts) else place]
                    for axis, place in classes.items()])


def name_centres(differences: Sequence[Sequence[FeatureDifference]]) -> list[Both]:
    """One name per segment, from its largest differences; equal names get one more feature each.

    Where even all features give the same name a number tells them apart.
    """
    names: list[Both] = [AVERAGE] * len(differences)
    open_names = list(range(len(differences)))
    for count in range(NAMED_FEATURES, max((len(one) for one in differences), default=0) + 1):
        for number in open_names:
            names[number] = _joined(_words(differences[number])[:count])
        often = Counter(names)
        open_names = [number for number in open_names if often[names[number]] > 1]
    seen: Counter[Both] = Counter()
    for number, name in enumerate(names):
        seen[name] += 1
        if seen[name] > 1:
            names[number] = (f"{name[0]} ({seen[name]})", f"{name[1]} ({seen[name]})")
    return names


def describe_segment(differences: Sequence[FeatureDifference], *, currency: str) -> Both:
    """Means of the most different features beside those of all customers, with n."""
    told = [one for one in _by_difference(differences)
            if one.mean is not None and one.all_mean is not None][:DESCRIBED_FEATURES]
    if not told:
        return ("No feature differs from the other customers.",
                "Kein Merkmal unterscheidet sich von den anderen Kunden.")
    english = "; ".join(
        f"{FEATURES[one.feature].mean[0]} {_english(one.mean, one.feature, currency)} (all: "
        f"{_english(one.all_mean, one.feature, currency)}; n = {one.customers_count:,})"
        for one in told)
    german = "; ".join(
        f"{FEATURES[one.feature].mean[1]} {_german(one.mean, one.feature, currency)} (alle: "
        f"{_german(one.all_mean, one.feature, currency)}; "
        f"n = {f'{one.customers_count:,}'.replace(',', '.')})" for one in told)
    return f"On average: {english}.", f"Im Mittel: {german}."


def _is_last_of_halves(axis: str, place: int, counts: Mapping[str, int]) -> bool:
    """Of two equal halves in time the second has the last word, without a middle one."""
    return axis in ("recency", "tenure") and counts[axis] == 2 and place == 1


def _by_difference(differences: Sequence[FeatureDifference]) -> list[FeatureDifference]:
    large = [one for one in differences if abs(one.difference) >= LEAST_DIFFERENCE
             and one.customers_count >= LEAST_PEOPLE]
    return sorted(large, key=lambda one: (-abs(one.difference), one.feature))


def _words(differences: Sequence[FeatureDifference]) -> list[Both]:
    return [FEATURES[one.feature].more if one.difference > 0 else FEATURES[one.feature].less
            for one in _by_difference(differences)]


def _joined(words: Sequence[Both]) -> Both:
    if not words:
        return AVERAGE
    english, german = (", ".join(word[language] for word in words) for language in (0, 1))
    return english[:1].upper() + english[1:], german[:1].upper() + german[1:]


def _english(value: float | None, feature: str, currency: str) -> str:
    unit = FEATURES[feature].unit
    number = f"{value:,.0f}" if unit in ("days", "money") else (
        f"{value:,.2f}".replace("-", "−"))
    return {"days": f"{number} days ago", "money": f"{number} {currency}"}.get(unit, number)


def _german(value: float | None, feature: str, currency: str) -> str:
    unit = FEATURES[feature].unit
    number = _english(value, feature, currency).split(" ")[0].translate(
        str.maketrans(",.", ".,"))
    return {"days": f"vor {number} Tagen", "money": f"{number} {currency}"}.get(unit, number)
