"""The kinds of rule that suites are made of, as data.

A rule is the one source of its expectation, of the sentence that documents it and of the sentence
that reports its failure. Which table has which rules does **not** belong here (`raw.py`, `ml.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from expectations.specification import BoundedColumn

# Record keys and text keys are md5, written as 32 lower-case hexadecimal digits.
KEY_FORM = "^[0-9a-f]{32}$"


@dataclass(frozen=True)
class Rule:
    """One rule on the rows of a table, or (with `metric`) on its frame of metrics.

    `column` names what the rule is about. `violation` says what is wrong; its placeholders are
    `{rows}` ("3 rows") and, in a rule on metrics, the columns of the metrics frame. `count` is the
    metric that tells how many rows are concerned.
    """

    name: str
    column: str
    expectation: str
    parameters: Mapping[str, Any] = field(hash=False)
    requirement: str
    violation: str
    remedy: str
    metric: str = ""
    count: str = ""

    @property
    def checked_column(self) -> str:
        """Column of the validated frame."""
        return self.metric or self.column

    @property
    def documented_metric(self) -> str:
        """What Data Docs show: the rule's metric; of a rule on rows, how many rows break it."""
        return self.metric or f"{self.column}_{self.name}_violation_count"

    def explain(self, table: str, count: int, metrics: Mapping[str, Any] | None = None) -> str:
        """Return the sentence that reports a failure; it holds counts, never a row's values."""
        rows = f"{count:,} row" if count == 1 else f"{count:,} rows"
        return f"{table}: {self.violation.format(rows=rows, **(metrics or {}))}. {self.remedy}"


def never_empty(column: str, remedy: str, of_what: str = "") -> Rule:
    """Every row has a value; `of_what` says of which rows this is asked, if not of all."""
    return Rule(
        "not_null",
        column,
        "ExpectColumnValuesToNotBeNull",
        {},
        f"`{column}`{of_what} is never empty.",
        f"`{column}` is empty in {{rows}}, but every row needs a value",
        remedy,
    )


def key_form(column: str, remedy: str) -> Rule:
    """Every value is a record key or text key."""
    return Rule(
        "key_form",
        column,
        "ExpectColumnValuesToMatchRegex",
        {"regex": KEY_FORM},
        f"`{column}` is an md5 of 32 hexadecimal digits.",
        f"`{column}` is not an md5 of 32 hexadecimal digits in {{rows}}",
        remedy,
    )


def between(column: BoundedColumn, remedy: str) -> Rule:
    """Every value lies within the column's bounds, which are themselves allowed."""
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("at least", column.minimum), ("at most", column.maximum))
        if bound is not None
    ]
    return Rule(
        "range",
        column.name,
        "ExpectColumnValuesToBeBetween",
        {"min_value": column.minimum, "max_value": column.maximum},
        f"`{column.name}` is {' and '.join(bounds)}.",
        f"`{column.name}` is out of range in {{rows}}; it must be {' and '.join(bounds)}",
        remedy,
    )


def one_of(column: str, values: tuple[str, ...], remedy: str) -> Rule:
    """Every value is on a closed list."""
    listed = ", ".join(values)
    return Rule(
        "value_set",
        column,
        "ExpectColumnValuesToBeInSet",
        {"value_set": list(values)},
        f"`{column}` is one of {listed}.",
        f"`{column}` has an unknown value in {{rows}}; known are {listed}",
        remedy,
    )


def metric_between(
    name: str,
    metric: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    requirement: str,
    violation: str,
    remedy: str,
    column: str = "",
    count: str = "",
) -> Rule:
    """A metric lies within bounds; the rows concerned are the metric itself or metric `count`."""
    return Rule(
        name,
        column,
        "ExpectColumnValuesToBeBetween",
        {"min_value": minimum, "max_value": maximum},
        requirement,
        violation,
        remedy,
        metric,
        count or metric,
    )
