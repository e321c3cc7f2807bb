"""Personal data as a person may see it who did not ask for it: enough to compare, not to know.

Which columns are personal says the input contract; commands show the values with `--reveal`.
"""

from __future__ import annotations

import re
from functools import cache

from ingestion.contract import personal_columns

HIDDEN = "***"
HIDDEN_CLASSES = ("direct", "indirect", "text")


def mask(column: str, value: object) -> str:
    """Hide the value of a column of the contract unless its class allows to show it.

    A word keeps its first letter, an e-mail address that of both parts and its ending, a telephone
    number both ends, a date its year, a postal code its area.
    """
    text = str(value)
    if column not in _hidden_columns():
        return text
    if column == "email" and "@" in text:
        local, _, domain = text.rpartition("@")
        name, dot, ending = domain.rpartition(".")
        return f"{local[:1]}{HIDDEN}@{name[:1]}{HIDDEN}{dot}{ending}"
    if column == "phone" and len(text) > 7:
        return f"{text[:3]}{HIDDEN}{text[-2:]}"
    if column.endswith("_date"):
        return f"{text[:4]}-**-**"
    if column == "postal_code":
        return f"{text[:2]}{HIDDEN}"
    return re.sub(r"[^\s-]+", lambda word: _initial(word.group()) + HIDDEN, text)


def show(column: str, value: object, *, reveal: bool) -> str:
    """The value as it is where it is asked for, else masked."""
    return str(value) if reveal else mask(column, value)


@cache
def _hidden_columns() -> frozenset[str]:
    return frozenset(name for name, pii in personal_columns().items() if pii in HIDDEN_CLASSES)


def _initial(word: str) -> str:
    return word[0] if word[0].isalpha() else ""
