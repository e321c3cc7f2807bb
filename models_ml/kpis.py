"""The value of a KPI from its records, one record after the other.

The models compute the same from sums per person and cell; this is the other way to it, by which
`cx360 explain kpi` and the tests check them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

METHODS = ("share", "score", "nps", "mean", "sum", "count", "persons", "ratio", "per_person",
           "person_share")
OF_PEOPLE = ("persons", "per_person", "person_share")
WEIGHTED = ("share", "score", "nps", "mean")
POINTS = ("score", "nps")
TOLERANCE = 1e-9


class Record(NamedTuple):
    """A thing observed that counts for a KPI, and what is measured of it.

    `divisor` is of ratios, `weight` of surveys, and the greatest `order` a person's latest record.
    """

    key: str
    person: str
    x: float
    divisor: float | None = None
    weight: float | None = None
    order: str | None = None


class Tally:
    """Adds up records to the value of a KPI.

    Args:
        method: one of `METHODS`.
    """

    def __init__(self, method: str) -> None:
        if method not in METHODS:
            raise ValueError(f"{method}: unknown method; there are {', '.join(METHODS)}")
        self.method = method
        self.records = 0
        self.total = self.divisor = 0.0
        self._weights = self._weighted_total = 0.0
        self._has_weights = False
        self._people: set[str] = set()
        self._reached: set[str] = set()

    def add(self, record: Record) -> None:
        """Count one record."""
        self.records += 1
        self.total += record.x
        self.divisor += record.divisor or 0.0
        if self.method in OF_PEOPLE:
            self._people.add(record.person)
            if record.x > 0:
                self._reached.add(record.person)
        elif self.method in WEIGHTED:
            self._has_weights |= record.weight is not None
            weight = 1.0 if record.weight is None else record.weight
            self._weights += weight
            self._weighted_total += weight * record.x

    @property
    def n(self) -> int:
        """What the value rests on: people where the method is of people, else records."""
        return len(self._people) if self.method in OF_PEOPLE else self.records

    @property
    def value(self) -> float | None:
        """The value; none of nothing, or where the divisor is nothing."""
        if not self.records:
            return None
        match self.method:
            case "sum":
                return self.total
            case "count" | "persons":
                return float(self.n)
            case "ratio":
                return self.total / self.divisor if self.divisor else None
            case "person_share":
                return len(self._reached) / self.n
        return (100.0 if self.method in POINTS else 1.0) * self.total / self.n

    @property
    def weighted(self) -> float | None:
        """The value with survey weights, where any record has one."""
        if not self._has_weights or not self._weights:
            return None
        return (100.0 if self.method in POINTS else 1.0) * self._weighted_total / self._weights


def counted_records(method: str, records: Iterable[Record]) -> Iterable[Record]:
    """The records that count: of a person's answers to NPS only the latest."""
    if method != "nps":
        return records
    latest: dict[str, Record] = {}
    for record in records:
        before = latest.get(record.person)
        if before is None or (record.order or "") > (before.order or ""):
            latest[record.person] = record
    return latest.values()


def share_of(part: float | None, whole: float | None) -> float | None:
    """A part of a whole, at most all of it."""
    return min(1.0, part / whole) if part is not None and whole else None


def is_same(one: float | None, other: float | None) -> bool:
    """Whether two values are the same but for rounding."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def period_bounds(label: str) -> tuple[date, date]:
    """First day of a period and the day after its last.

    Args:
        label: a day, week, month, quarter or year: `2026-03-14`, `2026-W11`, `2026-03`, `2026-Q1`,
            `2026`.

    Raises:
        ValueError: it is none of these, or not in the calendar.
    """
    if re.fullmatch(r"\d{4}-\d\d-\d\d", label):
        first = date.fromisoformat(label)
        return first, first + timedelta(days=1)
    if week := re.fullmatch(r"(\d{4})-W(\d\d)", label):
        first = date.fromisocalendar(int(week[1]), int(week[2]), 1)
        return first, first + timedelta(days=7)
    found = re.fullmatch(r"(\d{4})(?:-(?:(\d\d)|Q([1-4])))?", label)
    if not found:
        raise ValueError(f"{label}: no period; write it as 2026-03-14, 2026-W11, 2026-03, 2026-Q1 "
                         "or 2026")
    year, start, months = int(found[1]), 1, 12
    if found[2]:
        start, months = int(found[2]), 1
    elif found[3]:
        start, months = 3 * int(found[3]) - 2, 3
    after = start + months
    return date(year, start, 1), date(year + after // 13, (after - 1) % 12 + 1, 1)
