"""Sentences that say in English and German what speaks for an improvement, with its numbers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from models_ml.root_causes import PAST
from models_ml.training_needs import ALL_TOPICS, BETTER

_PLACES = {
    "product": ("for the product {}", "beim Produkt {}"),
    "category": ("in the category {}", "in der Kategorie {}"),
    "supplier": ("for goods of the supplier {}", "bei Ware des Lieferanten {}"),
    "store": ("in the store {}", "in der Filiale {}"),
    "sales_channel": ("for orders by {}", "bei Bestellungen über {}"),
    "delivery": ("for orders delivered {}", "bei {} gelieferten Bestellungen"),
    "touchpoint": ("at the touchpoint {}", "am Touchpoint {}"),
    "month": ("in the month {}", "im Monat {}"),
}
_EXPOSURES = {"touchpoint": ("problems told there", "dort genannten Problemen")}
_ORDERS = ("orders", "Bestellungen")
_MEASURES = {
    "score": ("mean score", "mittlere Bewertung"),
    "reopened_share": ("share opened again", "Anteil wieder eröffnet"),
    "recontact_share": ("share with a re-contact", "Anteil mit erneutem Kontakt"),
}


def tell_root_cause(cell: Mapping[Hashable, Any], currency: str) -> tuple[str, str]:
    """Say in English and German how much a cell of `root_causes` stands out.

    Args:
        cell: a row with the names of topic and value (`topic_name_en`, `value_name_en`, …).
        currency: code of the money.
    """
    place, ort = (text.format(cell[f"value_name_{language}"]) for text, language in zip(
        _PLACES[cell["dimension"]], ("en", "de"), strict=True))
    of, von = _EXPOSURES.get(cell["dimension"], _ORDERS)
    ratio, low, high = (float(cell[name]) for name in (
        "shrunk_ratio", "shrunk_low", "shrunk_high"))
    english = [f"{cell['topic_name_en']} {place}: "
               f"{_english(cell['events_count'], 0)} problems of "
               f"{_english(cell['people_count'], 0)} people in "
               f"{_english(cell['exposure_count'], 0)} {of}, "
               f"{_english(ratio, 1)} times as many as elsewhere "
               f"(95 % interval {_english(low, 1)} to {_english(high, 1)})"]
    german = [f"{cell['topic_name_de']} {ort}: "
              f"{_german(cell['events_count'], 0)} Probleme von {_german(cell['people_count'], 0)} "
              f"Personen bei {_german(cell['exposure_count'], 0)} {von}, "
              f"{_german(ratio, 1)}-mal so viele wie sonst "
              f"(95-%-Intervall {_german(low, 1)} bis {_german(high, 1)})"]
    if cell["excess_cost_per_year"] > 0:
        when, wann, costs, kostet = (("in that month", "in diesem Monat", "cost", "kostete")
                                     if cell["dimension"] == PAST else
                                     ("a year", "im Jahr", "costs", "kostet"))
        english.append(f"the excess {costs} about {_english(cell['excess_cost_per_year'], 0)} "
                       f"{currency} {when} in contacts")
        german.append(f"was darüber liegt, {kostet} etwa "
                      f"{_german(cell['excess_cost_per_year'], 0)} {currency} {wann} an Kontakten")
    if cell["is_score_worse"]:
        english.append(f"sentiment {_english(cell['score'], 2)} against "
                       f"{_english(cell['rest_score'], 2)} elsewhere (0 to 1)")
        german.append(f"Stimmung {_german(cell['score'], 2)} gegenüber "
                      f"{_german(cell['rest_score'], 2)} sonst (0 bis 1)")
    return "; ".join(english) + ".", "; ".join(german) + "."


def tell_training_need(row: Mapping[Hashable, Any]) -> tuple[str, str]:
    """Say in English and German how a team does beside the others.

    Args:
        row: of `training_needs`, with `topic_name_en` and `topic_name_de`.
    """
    measure, mass = _MEASURES[row["measure"]]
    about, thema = ((f"on {row['topic_name_en']}", f"beim Thema {row['topic_name_de']}")
                    if row["topic"] != ALL_TOPICS else
                    ("over all topics", "über alle Themen"))
    is_worse = row["difference"] * BETTER[row["measure"]] < 0
    said, gesagt = (("worse", "schlechter") if row["is_needed"] else
                    ("no difference shown", "kein Unterschied nachgewiesen") if is_worse else
                    ("not worse", "nicht schlechter"))
    return (
        f"Team {row['team']} {about}: {measure} {_english(row['value'], 2)} in "
        f"{_english(row['cases_count'], 0)} cases against {_english(row['others_value'], 2)} of "
        f"others (difference {_english(row['difference_low'], 2)} to "
        f"{_english(row['difference_high'], 2)}): {said}.",
        f"Team {row['team']} {thema}: {mass} {_german(row['value'], 2)} in "
        f"{_german(row['cases_count'], 0)} Anliegen gegenüber {_german(row['others_value'], 2)} "
        f"bei anderen (Differenz {_german(row['difference_low'], 2)} bis "
        f"{_german(row['difference_high'], 2)}): {gesagt}.",
    )


def _english(value: Any, places: int) -> str:
    return f"{float(value):,.{places}f}"


def _german(value: Any, places: int) -> str:
    return _english(value, places).translate(str.maketrans(",.", ".,"))
