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
    """How to speak of a feature: its mean as a figure, customers with more of it, with less of it.

    `more` and `less` follow "customers"; who has a word of its own is called by it where the
    feature comes first.
    """

    mean: Both
    more: Both
    less: Both
    unit: Literal["number", "days", "money", "points", "percent"] = "number"
    more_first: Both | None = None
    less_first: Both | None = None


@dataclass(frozen=True)
class FeatureDifference:
    """A feature in a segment and in all customers; `difference` in standard deviations."""

    feature: str
    mean: float | None
    all_mean: float | None
    difference: float
    customers_count: int


FEATURES: dict[str, Words] = {
    "recency_days": Words(
        ("last purchase {} days ago", "letzter Kauf vor {} Tagen"),
        ("without a recent purchase", "ohne Kauf in letzter Zeit"),
        ("with a recent purchase", "mit Kauf vor Kurzem"), "days"),
    "order_days_count": Words(
        ("{} days with a purchase", "{} Tage mit einem Kauf"),
        ("with many purchases", "mit vielen Käufen"), ("with few purchases", "mit wenigen Käufen"),
        "number", ("frequent buyers", "Vielkäufer"), ("occasional buyers", "Gelegenheitskäufer")),
    "revenue": Words(
        ("revenue of {}", "Umsatz von {}"), ("with high revenue", "mit hohem Umsatz"),
        ("with low revenue", "mit geringem Umsatz"), "money"),
    "tenure_days": Words(
        ("first purchase {} days ago", "erster Kauf vor {} Tagen"),
        ("with a long history", "mit langer Kundenbeziehung"),
        ("with a short history", "mit kurzer Kundenbeziehung"), "days",
        ("long-standing customers", "langjährige Kunden"), ("new customers", "neue Kunden")),
    "loyalty_level": Words(
        ("level {} in the loyalty programme", "Stufe {} im Treueprogramm"),
        ("in the loyalty programme", "im Treueprogramm"),
        ("outside the loyalty programme", "außerhalb des Treueprogramms")),
    "score": Words(
        ("score of {} out of 100", "Bewertung mit {} von 100 Punkten"),
        ("with good scores", "mit guten Bewertungen"),
        ("with bad scores", "mit schlechten Bewertungen"), "points",
        ("satisfied customers", "zufriedene Kunden"),
        ("dissatisfied customers", "unzufriedene Kunden")),
    "polarity": Words(
        ("sentiment of texts {} (from −1 to 1)", "Stimmung der Texte {} (von −1 bis 1)"),
        ("with positive words", "mit positiven Äußerungen"),
        ("with negative words", "mit negativen Äußerungen")),
    "ease_score": Words(
        ("ease of {} out of 100", "Leichtigkeit mit {} von 100 Punkten"),
        ("with little effort", "mit geringem Aufwand"), ("with much effort", "mit hohem Aufwand"),
        "points"),
    "complaints_count": Words(
        ("{} complaints", "{} Beschwerden"), ("with complaints", "mit Beschwerden"),
        ("with few complaints", "mit wenigen Beschwerden")),
    "cases_count": Words(
        ("{} service cases", "{} Servicefälle"),
        ("with many service cases", "mit vielen Servicefällen"),
        ("with few service cases", "mit wenigen Servicefällen")),
    "late_delivery_share": Words(
        ("{} of deliveries late", "{} der Lieferungen verspätet"),
        ("with late deliveries", "mit verspäteten Lieferungen"),
        ("with punctual deliveries", "mit pünktlichen Lieferungen"), "percent"),
}

CLASSES: dict[str, tuple[Both, Both, Both]] = {
    "purchases": (("occasional buyers", "Gelegenheitskäufer"), ("frequent buyers", "Vielkäufer"),
                  ("top buyers", "Topkäufer")),
    "recency": (("last purchase recent", "letzter Kauf vor Kurzem"),
                ("last purchase some time ago", "letzter Kauf vor einiger Zeit"),
                ("last purchase long ago", "letzter Kauf vor langer Zeit")),
    "value": (("customers with low revenue", "Kunden mit geringem Umsatz"),
              ("customers with high revenue", "Kunden mit hohem Umsatz"),
              ("customers with the highest revenue", "Kunden mit dem höchsten Umsatz")),
    "loyalty": (("outside the loyalty programme", "außerhalb des Treueprogramms"),
                ("in the loyalty programme", "im Treueprogramm"),
                ("high loyalty tier", "hohe Treuestufe")),
    "tenure": (("new", "neu dabei"), ("some time with us", "einige Zeit dabei"),
               ("long-standing", "lange dabei")),
}
"""Words for the classes of an axis, the lowest first."""

ALL: Both = ("All customers", "Alle Kunden")
AVERAGE: Both = ("Average customers", "Durchschnittliche Kunden")
_CUSTOMERS: Both = ("customers", "Kunden")
_WITH: Both = ("with ", "mit ")
_AND: Both = (" and ", " und ")


def name_classes(classes: Mapping[str, int], counts: Mapping[str, int]) -> Both:
    """Name of a combination of classes.

    Args:
        classes: axis -> class of the segment, from 0.
        counts: axis -> how many classes it has.
    """
    words = [CLASSES[axis][2 if _is_last_of_halves(axis, place, counts) else place]
             for axis, place in classes.items()]
    return _capitalised(", ".join(word[0] for word in words), ", ".join(word[1] for word in words))


def name_centres(differences: Sequence[Sequence[FeatureDifference]]) -> list[Both]:
    """One name per segment, from its largest differences; equal names get one more feature each.

    Where even all features give the same name a number tells them apart.
    """
    names: list[Both] = [AVERAGE] * len(differences)
    open_names = list(range(len(differences)))
    for count in range(NAMED_FEATURES, max((len(one) for one in differences), default=0) + 1):
        for number in open_names:
            names[number] = _called(_by_difference(differences[number])[:count])
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
        f"{FEATURES[one.feature].mean[0].format(_english(one.mean, one.feature, currency))} (all: "
        f"{_english(one.all_mean, one.feature, currency)}; n = {one.customers_count:,})"
        for one in told)
    german = "; ".join(
        f"{FEATURES[one.feature].mean[1].format(_german(one.mean, one.feature, currency))} (alle: "
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


def _called(differences: Sequence[FeatureDifference]) -> Both:
    """A noun with what distinguishes it: "dissatisfied customers with late deliveries"."""
    if not differences:
        return AVERAGE
    first = FEATURES[differences[0].feature]
    head = first.more_first if differences[0].difference > 0 else first.less_first
    told = [FEATURES[one.feature].more if one.difference > 0 else FEATURES[one.feature].less
            for one in (differences[1:] if head else differences)]
    return _capitalised(*(
        f"{(head or _CUSTOMERS)[language]} {_enumerated([one[language] for one in told], language)}"
        .strip() for language in (0, 1)))


def _enumerated(words: Sequence[str], language: int) -> str:
    """Words with commas and "and"; a "with" is said once in a row."""
    said = [word.removeprefix(_WITH[language])
            if place and words[place - 1].startswith(_WITH[language]) else word
            for place, word in enumerate(words)]
    return _AND[language].join((", ".join(said[:-1]), said[-1])) if said[1:] else "".join(said)


def _capitalised(english: str, german: str) -> Both:
    return english[:1].upper() + english[1:], german[:1].upper() + german[1:]


def _english(value: float | None, feature: str, currency: str) -> str:
    assert value is not None
    match FEATURES[feature].unit:
        case "days":
            return f"{value:,.0f}"
        case "money":
            return f"{value:,.0f} {currency}"
        case "points":
            return f"{100 * value:.0f}"
        case "percent":
            return f"{100 * value:.0f} %"
    return f"{value:,.2f}".replace("-", "−")


def _german(value: float | None, feature: str, currency: str) -> str:
    return _english(value, feature, currency).translate(str.maketrans(",.", ".,"))
