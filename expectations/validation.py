"""The one door to Great Expectations: rules in, suite or offending rows out.

Great Expectations is imported inside the functions, because the import takes 3-9 s. It validates
pandas frames only: on DuckDB its SQL push-down fails for most expectations.
"""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd

from expectations.deferred_imports import deferring
from expectations.rules import Rule
from expectations.verdicts import Failure

# Largest chunk that callers should stream. Arrow batches turned into frames with
# `to_pandas(types_mapper=pandas.ArrowDtype)` are the cheapest: 0.5 s a chunk of order lines.
MAXIMUM_CHUNK_ROWS = 500_000

_DEFERRED = ("altair", "scipy.stats")
"""A third of the import, for expectations that compare distributions, which no rule is."""


@cache
def great_expectations() -> Any:
    """Return the package, set up to send nothing and to cost little."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    is_collecting = gc.isenabled()
    # A fifth of the import is the search for garbage among modules and classes, which stay.
    gc.disable()
    try:
        with warnings.catch_warnings(), deferring(*_DEFERRED):
            # Its imports use deprecated modules, which ends a test run where warnings are errors.
            warnings.simplefilter("ignore", DeprecationWarning)
            import great_expectations
            from great_expectations.execution_engine import pandas_execution_engine
    finally:
        if is_collecting:
            gc.enable()

    # Frames up to this many bytes are hashed twice per validation, only to label the result: three
    # quarters of the time on a full chunk.
    pandas_execution_engine.HASH_THRESHOLD = 0
    return great_expectations


def open_context(**options: Any) -> Any:
    """Return a new context, without progress bars. It becomes the one context of the process."""
    gx = great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    _batch_definition.cache_clear()
    context = gx.get_context(**options)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context


@cache
def _batch_definition() -> Any:
    """Return the batch definition for any frame."""
    frames = open_context(mode="ephemeral").data_sources.add_pandas("frames")
    return frames.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


def build_suite(name: str, rules: Sequence[Rule]) -> Any:
    """Return the `ExpectationSuite` of `rules`; each expectation carries its rule in `meta`."""
    gx = great_expectations()
    expectations = [
        getattr(gx.expectations, rule.expectation)(
            column=rule.checked_column,
            **rule.parameters,
            notes=rule.requirement,
            meta={"position": position, "rule": rule.name, "column": rule.column},
        )
        for position, rule in enumerate(rules)
    ]
    return gx.ExpectationSuite(name=name, expectations=expectations)


def find_violations(
    table: str, frame: pd.DataFrame, rules: Sequence[Rule]
) -> Iterator[tuple[Rule, list[int]]]:
    """Yield every rule that `frame` breaks with the positions of the offending rows.

    Raises `ValueError` when a checked column is absent or cannot be compared (wrong type). No value
    of a row leaves this function: results of Great Expectations hold them, its messages too.
    """
    require_columns(table, frame, [rule.checked_column for rule in rules])
    if frame.empty or not rules:
        return
    # The context keeps the last frame alive: validate the small metrics frame after the chunks.
    batch = _batch_definition().get_batch(
        batch_parameters={"dataframe": frame.reset_index(drop=True)}
    )
    suite = build_suite(table, rules)
    # Whether is half the work of which rows, and nearly always the rules are kept.
    if batch.validate(suite, result_format={"result_format": "BOOLEAN_ONLY"}).success:
        return
    outcome = batch.validate(suite, result_format={"result_format": "COMPLETE"})
    results = {r.expectation_config.meta["position"]: r for r in outcome.results}
    for position, rule in enumerate(rules):
        result = results[position]
        if result.success:
            continue
        if "unexpected_index_list" not in result.result:
            kind = frame[rule.checked_column].dtype
            raise ValueError(
                f"{table}: rule {rule.name} could not be evaluated on `{rule.checked_column}`, "
                f"which has type {kind}. Write the column with the type its specification declares."
            )
        yield rule, list(result.result["unexpected_index_list"])


def find_metric_failures(
    table: str, metrics: pd.DataFrame, rules: Sequence[Rule]
) -> list[list[Failure]]:
    """Return for every row of `metrics` the failures it shows.

    Raises `ValueError` when a metric is absent or empty: an empty value would pass every rule.
    """
    needed = sorted({rule.metric for rule in rules} | {rule.count for rule in rules})
    require_columns(table, metrics, needed)
    if empty := [name for name in needed if metrics[name].isna().any()]:
        raise ValueError(f"{table}: the metrics have no value in {', '.join(empty)}.")
    records: list[Any] = metrics.to_dict("records")
    failures: list[list[Failure]] = [[] for _ in records]
    for rule, positions in find_violations(table, metrics, rules):
        for position in positions:
            count = int(records[position][rule.count])
            sentence = rule.explain(table, count, records[position])
            failures[position].append(Failure(rule.name, rule.column, count, sentence))
    return failures


def documented_metrics(
    metrics: Mapping[str, Any], rules: Sequence[Rule], broken: Mapping[Rule, int]
) -> dict[str, float]:
    """Return a number for every rule: from its row of `metrics`, or the offending rows."""
    return {
        rule.documented_metric: float(metrics[rule.metric] if rule.metric else broken.get(rule, 0))
        for rule in rules
    }


def count_failures(table: str, rules: Sequence[Rule], broken: Mapping[Rule, int]) -> list[Failure]:
    """Return the failures of rules on rows, in the order of `rules`, from offending rows a rule."""
    return [
        Failure(rule.name, rule.column, broken[rule], rule.explain(table, broken[rule]))
        for rule in rules
        if broken.get(rule)
    ]


def require_columns(table: str, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise `ValueError` when `frame` lacks one of `columns`."""
    if missing := sorted(set(columns) - set(frame.columns)):
        raise ValueError(f"{table}: the frame to validate has no column {', '.join(missing)}.")


def require_rows(subject: str, streamed: int, expected: int) -> None:
    """Raise `ValueError` unless the chunks held every row: a gate that saw less must not pass."""
    if streamed != expected:
        raise ValueError(
            f"{subject}: the chunks held {streamed:,} rows, the metrics count {expected:,}. "
            "Stream every row of what is validated."
        )
