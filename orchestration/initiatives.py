"""What people did to improve things: `decisions/initiatives.csv` in the company's folder.

One row declares an initiative: what, from when, for whom, at what cost. On the form of the file see
`decision_files.py`; what an initiative brought is measured by the impact step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter
from pathlib import Path

from orchestration.decision_files import read_latest, read_signature
from orchestration.settings import Settings

COLUMNS = ("initiative_id", "name_en", "name_de", "started_on", "ended_on", "scope", "scope_value",
           "comparison", "cost", "decided_by", "decided_at", "reason")
SCOPES = ("campaign", "region", "acquisition_channel", "store", "channel", "all")
_CHOSEN_BY_BEHAVIOUR = ("segment", "product", "product_category", "category")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")


@dataclass(frozen=True)
class Initiative:
    """One row. `scope_values` are those treated, `comparison` those compared with: () for all other
    values, or for a campaign's customers held back by lot. `cost` None: nobody said.
    """

    row: int
    initiative_id: str
    name_en: str
    name_de: str
    started_on: date
    ended_on: date | None
    scope: str
    scope_values: tuple[str, ...]
    comparison: tuple[str, ...]
    cost: Decimal | None
    decided_on: date


def initiatives_file(settings: Settings) -> Path:
    """Where the initiatives lie: in the company's folder, else what the demo's extracts bring."""
    own = settings.company_folder / "decisions" / "initiatives.csv"
    return own if own.exists() or not settings.is_demo else demo_initiatives_file(settings)


def demo_initiatives_file(settings: Settings) -> Path:
    """The decisions of the demo company's people, written with its extracts."""
    return settings.extracts / "decisions" / "initiatives.csv"


def read_initiatives(settings: Settings) -> tuple[Initiative, ...]:
    """Return the initiatives by id; none without the file. Of rows about one id the latest counts.

    Raises:
        DecisionError: naming every row that cannot be used.
    """
    path = initiatives_file(settings)
    return parse_initiatives(path.read_bytes(), str(path)) if path.exists() else ()


def parse_initiatives(content: bytes, name: str) -> tuple[Initiative, ...]:
    """Read the content of a file of initiatives; see `read_initiatives`."""
    found = read_latest(content, name, COLUMNS, _read_row, attrgetter("initiative_id"))
    return tuple(sorted(found, key=attrgetter("initiative_id")))


def _read_row(row: int, cells: dict[str, str]) -> Initiative | list[str]:
    """The initiative of a row, or everything that is wrong with it."""
    problems = []

    def refuse(column: str, what: str) -> None:
        problems.append(f"row {row}, column {column}: {what}")

    if not _ID.fullmatch(cells["initiative_id"]):
        refuse("initiative_id", "write a short name of letters, digits, - and _ that no other "
               "initiative has")
    for column, language in (("name_en", "English"), ("name_de", "German")):
        if not cells[column]:
            refuse(column, f"empty; write the {language} name")
    days: dict[str, date | None] = {}
    for column in ("started_on", "ended_on"):
        # The same forms of a date as of the signature.
        days[column] = (read_signature(row, {**cells, "decided_at": cells[column]})[0]
                        if cells[column] else None)
        if days[column] is None and (cells[column] or column == "started_on"):
            refuse(column, "no date; write one as 2026-03-31 or 31.03.2026"
                   + ("" if column == "started_on" else ", or nothing where it goes on"))
    started, ended = days["started_on"], days["ended_on"]
    if started and ended and ended < started:
        refuse("ended_on", "lies before started_on; correct one of them")
    scope = cells["scope"].lower()
    values, comparison = _values(cells["scope_value"]), _values(cells["comparison"])
    _check_scope(scope, values, comparison, refuse)
    cost = _amount(cells["cost"])
    if cells["cost"] and cost is None:
        refuse("cost", "no amount; write one as 12500 or 12500.00 or 12.500,00, in the reporting "
               "currency, or nothing where it is not known")
    decided_on, unsigned = read_signature(row, cells)
    problems += unsigned
    if problems or started is None or decided_on is None:
        return problems
    return Initiative(row, cells["initiative_id"], cells["name_en"], cells["name_de"], started,
                      ended, scope, values, comparison, cost, decided_on)


def _check_scope(
    scope: str, values: tuple[str, ...], comparison: tuple[str, ...],
    refuse: Callable[[str, str], None],
) -> None:
    """Refuse a scope that tells no two sides apart, or whose sides choose themselves."""
    if scope in _CHOSEN_BY_BEHAVIOUR:
        refuse("scope", "who is in it is decided by what customers buy, so that the comparison "
               "would be with others from the start; write one of " + ", ".join(SCOPES))
    elif scope not in SCOPES:
        refuse("scope", "write one of " + ", ".join(SCOPES))
    elif scope == "all" and (values or comparison):
        refuse("scope_value", "all customers have no value and nobody to compare with; leave "
               "scope_value and comparison empty")
    elif scope != "all" and not values:
        refuse("scope_value", f"empty; write the {scope}, several separated by |")
    elif scope == "campaign" and len(values) > 1:
        refuse("scope_value", "names several campaigns; write a row for each")
    elif scope == "campaign" and comparison not in ((), ("others",)):
        refuse("comparison", "write nothing for the customers held back by lot, or others for "
               "everybody whom the campaign did not reach")
    elif set(split_named(values)) & set(split_named(comparison)):
        refuse("comparison", "names a value of scope_value; nobody is on both sides")


def _values(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for part in text.split("|") if (value := part.strip())))


def _amount(text: str) -> Decimal | None:
    """An amount in English or German notation; None where it is none or could be two."""
    digits = re.sub(r"\s|[€$£]|EUR$|USD$|CHF$", "", text)
    if re.fullmatch(r"\d+([.,]\d{1,2})?", digits):
        plain = digits.replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d{1,2})?", digits) and digits.count(".") + (
            "," in digits) > 1:
        plain = digits.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d{1,2})?", digits) and digits.count(",") + (
            "." in digits) > 1:
        plain = digits.replace(",", "")
    else:
        return None
    return Decimal(plain)


def split_named(values: Iterable[str]) -> list[str]:
    """Values as they are compared: small letters, single blanks."""
    return [" ".join(value.lower().split()) for value in values]
