"""How a file writes its numbers: decimal sign, thousands, and the currency they are marked with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ingestion.conversion import MARKED_CURRENCIES, currency_marks, number_patterns

NULL_SHARE = 0.97  # of what is no null code must be numbers for a column of numbers
_MARKED = re.compile(r"\d[.,'\u2019 \u00a0\u2009\u202f]\d")
_CURRENCIES = {mark: code for code in MARKED_CURRENCIES for mark in currency_marks(code)}
_SIGNS = "|".join(map(re.escape, sorted(_CURRENCIES, key=len, reverse=True)))
_WITH_SIGN = re.compile(rf"[+-]?\s*({_SIGNS})?\s*[+-]?\d[\d.,'\u2019\s]*-?\s*({_SIGNS})?")
_STYLES = ((".", ""), (",", ""), (",", "."), (".", ","), (",", " "), (".", " "), (".", "'"))


@dataclass(frozen=True)
class Style:
    """How a file writes numbers, and the `currency` that its amounts are marked with."""

    decimal: str
    thousands: str
    is_sure: bool
    currency: str = ""


def find_style(values: Iterable[Counter[str]], *, delimiter: str) -> Style:
    """How the file writes numbers: what reads most of its columns as such."""
    columns = list(values)
    currency = _currency(columns)
    marked = [c for c in ({t: n for t, n in column.items() if _MARKED.search(t)}
                          for column in columns) if c]
    read = {style: sum(share_of(Counter(c), number_pattern(*style, currency)) >= NULL_SHARE
                       for c in marked)
            for style in _STYLES}
    best = max(read.values(), default=0)
    fitting = [style for style in _STYLES if read[style] == best]
    if not best:
        return Style(".", "", is_sure=True, currency=currency)
    for mark, other in ((".", ","), (",", ".")):
        if {(mark, ""), (other, mark)} <= set(fitting):  # 1.234 alone can be either
            return replace(_of_two(mark, other, delimiter), currency=currency)
    decimal, thousands = fitting[0]
    # What the sample does not have, other files may; grouping is checked when it is read.
    return Style(decimal, thousands or {".": ",", ",": "."}[decimal], is_sure=True,
                 currency=currency)


def _currency(columns: Iterable[Counter[str]]) -> str:
    """The one currency that columns of amounts are marked with; none where there are several."""
    found = set()
    for column in columns:
        signs = Counter[str]()
        for text, count in column.items():
            if (match := _WITH_SIGN.fullmatch(text)) and (sign := match[1] or match[2]):
                signs[_CURRENCIES[sign]] += count
        total = sum(column.values())
        found |= {currency for currency, count in signs.items() if count >= total / 2}
    return found.pop() if len(found) == 1 else ""


def _of_two(mark: str, other: str, delimiter: str) -> Style:
    """Numbers in which the only mark always stands before three digits: thousands, mostly.

    A file with semicolons was written where the comma is decimal, one with commas where it is not.
    """
    local = {";": ",", ",": "."}.get(delimiter, other)
    return Style(local, mark if local == other else other, is_sure=False)


def share_of(values: Counter[str], pattern: re.Pattern[str]) -> float:
    """Share of the values that are wholly of a pattern."""
    total = sum(values.values())
    return sum(n for text, n in values.items() if pattern.fullmatch(text)) / total if total else 0


def number_pattern(decimal: str, thousands: str, currency: str = "") -> re.Pattern[str]:
    """The numbers that ingestion reads under this style."""
    return re.compile("|".join(number_patterns(decimal, thousands, currency)))
