"""Rules of the ML tables: a table that breaks one blocks everything that reads it.

Row rules run over streamed chunks; uniqueness and coverage over one row of metrics, which the
caller computes in DuckDB with `metrics.table_metrics_sql`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pandas as pd

from expectations.rules import Rule, between, key_form, metric_between, never_empty, one_of
from expectations.specification import MlTable
from expectations.validation import (
    build_suite,
    count_failures,
    documented_metrics,
    find_metric_failures,
    find_violations,
    require_columns,
    require_rows,
)
from expectations.verdicts import TableVerdict

_REBUILD = "Correct the step that writes the table, then materialise it again."


def row_rules(table: MlTable) -> tuple[Rule, ...]:
    """Return the rules that every row must keep."""
    rules = []
    for column in table.columns:
        if not column.nullable or column.name in table.key:
            rules.append(never_empty(column.name, _REBUILD))
        if column.name.endswith("_key"):
            rules.append(key_form(column.name, _REBUILD))
        if column.minimum is not None or column.maximum is not None:
            rules.append(between(column, _REBUILD))
        if column.values:
            rules.append(one_of(column.name, tuple(column.values), _REBUILD))
    return tuple(rules)


def metrics_rules(table: MlTable, *, covers_expected: bool) -> tuple[Rule, ...]:
    """Return the rules that the table's metrics must keep.

    With `covers_expected`, every key of the expected relation must be in the table.
    """
    key = ", ".join(f"`{column}`" for column in table.key)
    unique = metric_between(
        "unique_key",
        "duplicate_key_count",
        column=", ".join(table.key),
        maximum=0,
        requirement=f"{key} together are unique." if len(table.key) > 1 else f"{key} is unique.",
        violation=f"the key ({key}) occurs again in {{rows}}",
        remedy=_REBUILD,
    )
    complete = metric_between(
        "complete_keys",
        "missing_key_count",
        column=", ".join(table.key),
        maximum=0,
        requirement=f"Every {key} that the step was given has a row.",
        violation=f"the table lacks {{rows}} of the step's input, by {key}",
        remedy=_REBUILD,
    )
    return (unique, complete) if covers_expected else (unique,)


def documented_rules(table: MlTable, *, covers_expected: bool) -> tuple[Rule, ...]:
    """Return every rule of the table, in the order in which it is told."""
    return (*metrics_rules(table, covers_expected=covers_expected), *row_rules(table))


def build_row_suite(table: MlTable) -> Any:
    """Return the `ExpectationSuite` for chunks of rows."""
    return build_suite(f"ml/{table.name} rows", row_rules(table))


def build_metrics_suite(table: MlTable, *, covers_expected: bool) -> Any:
    """Return the `ExpectationSuite` for the one row of metrics."""
    rules = metrics_rules(table, covers_expected=covers_expected)
    return build_suite(f"ml/{table.name} table", rules)


def describe_suite(table: MlTable, *, covers_expected: bool) -> list[str]:
    """Return every rule of the table as a sentence."""
    rules = documented_rules(table, covers_expected=covers_expected)
    return [rule.requirement for rule in rules]


def chunk_columns(table: MlTable) -> list[str]:
    """Return the columns that chunks for `validate_table` must have."""
    return list(dict.fromkeys(rule.column for rule in row_rules(table)))


def validate_table(
    table: MlTable,
    chunks: Iterable[pd.DataFrame],
    metrics: pd.DataFrame,
    *,
    covers_expected: bool,
    passed_rows: int = 0,
) -> TableVerdict:
    """Return the verdict on an ML table.

    `chunks` hold all its rows with at least `chunk_columns`, `metrics` is what
    `metrics.table_metrics_sql` gives. `passed_rows` of the table are not in the chunks, because
    they are proven to be rows that kept the same rules before. Raises `ValueError` when the chunks
    lack a column, or rows that the metrics count.
    """
    rules = row_rules(table)
    # Great Expectations compares numbers of Arrow one by one. Where a number may be missing they
    # stay so, because numpy does not tell missing from "not a number".
    never_missing = [column.name for column in table.columns if not column.nullable]
    broken: Counter[Rule] = Counter()
    streamed = 0
    for chunk in chunks:
        require_columns(table.name, chunk, chunk_columns(table))
        streamed += len(chunk)
        native = chunk.astype({name: "float64" for name in never_missing
                               if name in chunk and chunk[name].dtype == "double[pyarrow]"})
        for rule, positions in find_violations(table.name, native, rules):
            broken[rule] += len(positions)
    row_count = int(metrics["row_count"].iloc[0])
    require_rows(table.name, streamed + passed_rows, row_count)
    (failures,) = find_metric_failures(
        table.name, metrics, metrics_rules(table, covers_expected=covers_expected)
    )
    documented = documented_rules(table, covers_expected=covers_expected)
    numbers: list[Any] = metrics.to_dict("records")
    return TableVerdict(
        table.name,
        row_count,
        (*failures, *count_failures(table.name, rules, broken)),
        documented_metrics(numbers[0], documented, broken),
    )
