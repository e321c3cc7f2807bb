"""Rules of the raw tables, judged per load: a load that breaks one is quarantined.

Row rules run over streamed chunks; counts, uniqueness and references over one row of metrics a
load, which the caller computes in DuckDB with `metrics.load_metrics_sql`. Open lists
(`known_values`) are not checked: an unknown value is kept and reported, never rejected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from expectations.metrics import reference_metric
from expectations.rules import Rule, between, key_form, metric_between, never_empty
from expectations.specification import RawTable
from expectations.validation import (
    build_suite,
    count_failures,
    documented_metrics,
    find_metric_failures,
    find_violations,
    require_columns,
    require_rows,
)
from expectations.verdicts import LoadVerdict

_CORRECT_MAPPING = (
    "Correct the column's mapping in the source declaration or the extract, then replay the load."
)
_REPLAY = "Replay the load from its extract."


@dataclass(frozen=True)
class Thresholds:
    """What a load may show at most or at least before it is quarantined.

    A share means little in a small daily file, so up to `rejected_rows` rejects are allowed in any.
    """

    rejected_share: float = 0.05
    rejected_rows: int = 5
    rows_read: int = 1


def row_rules(table: RawTable) -> tuple[Rule, ...]:
    """Return the rules that every row must keep.

    `load_id` has none: a row with a wrong one is missing in the count of its load (`stored_rows`).
    """
    rules = []
    delivered = {column.name for column in table.columns}
    for column in table.raw_columns:
        if column.required and column.name != "load_id":
            rules.append(never_empty(column.name, _CORRECT_MAPPING,
                                     " of a record that is there" * (column.name in delivered)))
        if column.name == "record_key":
            rules.append(key_form(column.name, _REPLAY))
        if column.minimum is not None or column.maximum is not None:
            rules.append(between(column, _CORRECT_MAPPING))
    return tuple(rules)


def metrics_rules(table: RawTable, thresholds: Thresholds) -> tuple[Rule, ...]:
    """Return the rules that the metrics of every load must keep."""
    allowed = f"{thresholds.rejected_share:.0%}"
    return (
        metric_between(
            "rows_read",
            "rows_read",
            minimum=thresholds.rows_read,
            requirement=f"The extract has at least {thresholds.rows_read:,} rows.",
            violation=f"the extract has {{rows}}, expected are {thresholds.rows_read:,} or more",
            remedy="Ask for the extract again, or withdraw the load if there is nothing in it.",
        ),
        metric_between(
            "accounted_rows",
            "unaccounted_row_count",
            minimum=0,
            maximum=0,
            requirement="Rows read = rows accepted + rejected + repeated.",
            violation="{rows_read:,} rows were read, but {rows_accepted:,} accepted, "
            "{rows_rejected:,} rejected and {rows_repeated:,} repeated do not add up to them",
            remedy=_REPLAY,
        ),
        metric_between(
            "stored_rows",
            "missing_row_count",
            minimum=0,
            maximum=0,
            requirement="The stored files hold exactly the rows accepted.",
            violation="{rows_accepted:,} rows were accepted, but the stored files hold "
            "{row_count:,}",
            remedy=_REPLAY,
        ),
        metric_between(
            "rejected_share",
            "judged_rejected_share",
            maximum=thresholds.rejected_share,
            count="rows_rejected",
            requirement=f"At most {allowed} of the rows read, or {thresholds.rejected_rows} rows, "
            "are rejected.",
            violation="{rejected_share:.1%} of the rows read were rejected ({rows} of "
            f"{{rows_read:,}}), at most {allowed} are allowed",
            remedy="Look at the reasons in the load's rejects, correct the extract or the source "
            "declaration, then replay the load.",
        ),
        metric_between(
            "unique_key",
            "duplicate_key_count",
            column="record_key",
            maximum=0,
            requirement="`record_key` is unique within a load.",
            violation="`record_key` occurs again in {rows} of the load",
            remedy="Name all columns of the key in the source declaration, or declare `repeats`, "
            "then replay the load.",
        ),
        *(
            metric_between(
                "reference_key",
                reference_metric(column.name),
                column=column.name,
                maximum=0,
                requirement=f"`{column.name}` and `{column.key_name}` are given together.",
                violation=f"`{column.name}` and `{column.key_name}` are not given together in "
                "{rows}",
                remedy=_REPLAY,
            )
            for column in table.raw_columns
            if column.references
        ),
    )


def documented_rules(table: RawTable, thresholds: Thresholds) -> tuple[Rule, ...]:
    """Return every rule of the table, in the order in which it is told."""
    return (*metrics_rules(table, thresholds), *row_rules(table))


def build_row_suite(table: RawTable) -> Any:
    """Return the `ExpectationSuite` for chunks of rows."""
    return build_suite(f"raw/{table.table} rows", row_rules(table))


def build_metrics_suite(table: RawTable, thresholds: Thresholds) -> Any:
    """Return the `ExpectationSuite` for the frame of metrics, one row a load."""
    return build_suite(f"raw/{table.table} loads", metrics_rules(table, thresholds))


def describe_suite(table: RawTable, thresholds: Thresholds) -> list[str]:
    """Return every rule of the table as a sentence."""
    return [rule.requirement for rule in documented_rules(table, thresholds)]


def chunk_columns(table: RawTable) -> list[str]:
    """Return the columns that chunks for `validate_loads` must have."""
    return list(dict.fromkeys(
        ["load_id", "is_deleted", *(rule.column for rule in row_rules(table))]))


def validate_loads(
    table: RawTable,
    chunks: Iterable[pd.DataFrame],
    metrics: pd.DataFrame,
    *,
    thresholds: Thresholds,
) -> list[LoadVerdict]:
    """Return one verdict per load of `metrics`, in its order.

    `chunks` hold all rows of these loads with at least `chunk_columns`, many loads to a chunk if
    they are small; `metrics` is what `metrics.load_metrics_sql` gives. Raises `ValueError` when the
    chunks lack a column, or rows that the metrics count: a gate that saw less must not pass.
    """
    rules = row_rules(table)
    streamed: Counter[str] = Counter()
    broken: dict[str, Counter[Rule]] = {load_id: Counter() for load_id in metrics["load_id"]}
    for chunk in chunks:
        require_columns(table.table, chunk, chunk_columns(table))
        streamed.update(chunk["load_id"].value_counts().to_dict())  # type: ignore[arg-type]
        for part, of_part in _by_deletion(table, chunk, rules):
            for rule, positions in find_violations(table.table, part, of_part):
                for load_id, count in part["load_id"].iloc[positions].value_counts().items():
                    if load_id in broken:
                        broken[load_id][rule] += count
    many = metrics["rows_rejected"] > thresholds.rejected_rows
    judged = metrics.assign(judged_rejected_share=metrics["rejected_share"].where(many, 0.0))
    failures = find_metric_failures(table.table, judged, metrics_rules(table, thresholds))
    documented = documented_rules(table, thresholds)
    records: list[Any] = judged.to_dict("records")
    verdicts = []
    for position, (load_id, row_count) in enumerate(
        zip(metrics["load_id"], metrics["row_count"], strict=True)
    ):
        require_rows(f"{table.table}, load {load_id}", streamed[load_id], row_count)
        in_rows = count_failures(table.table, rules, broken[load_id])
        numbers = documented_metrics(records[position], documented, broken[load_id])
        verdicts.append(LoadVerdict(load_id, (*failures[position], *in_rows), numbers))
    return verdicts


def _by_deletion(
    table: RawTable, chunk: pd.DataFrame, rules: tuple[Rule, ...],
) -> list[tuple[pd.DataFrame, tuple[Rule, ...]]]:
    """Parts of a chunk, each with the rules it must keep: deleted records have no content."""
    is_deleted = chunk["is_deleted"].fillna(False).astype(bool)
    if not is_deleted.any():
        return [(chunk, rules)]
    delivered = {column.name for column in table.columns}
    return [(chunk[~is_deleted], rules),
            (chunk[is_deleted], tuple(rule for rule in rules if rule.column not in delivered))]
