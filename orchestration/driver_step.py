"""The driver step: what moves satisfaction, per measure, slice and set of factors.

Answers become counts in the engine (`driver_queries.py`), the statistics belong to
`models_ml/drivers.py` and what it calls, the picture to `driver_chart.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ingestion.raw_zone import RawZone
from models_ml.drivers import Drivers, Factor, find_drivers, find_made_of_others, leave_out
from models_ml.frames import conform
from models_ml.missing_answers import (
    AnswerCounts,
    NotIdentified,
    describe_available,
    estimate_moments,
)
from models_ml.tables import TABLES
from models_ml.tables_drivers import DIMENSIONS, FACTOR_SETS, SLICE_KEY
from orchestration import driver_queries as queries
from orchestration.driver_chart import draw_drivers
from orchestration.fingerprint import as_of_date
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import write_ml_table
from orchestration.settings import Settings
from orchestration.warehouse import reading

MODEL_VERSION = "1"
SEED = 20
FEWEST_ANSWERS = 100
FEWEST_PER_FACTOR = 10
"""Answers that a slice needs, and for each factor."""
SLICES = (*((dimension, grain) for dimension in DIMENSIONS for grain in ("all", "year")),
          ("all", "quarter"))
# Segments are made of purchases up to today: who bought again is in another one for it.
MADE_OF_OUTCOME = ("repurchase", "segment")
# Ranks that say the same as the score: of a measure with two values, for one.
SAME_AS_RANKS = 0.999


def find_satisfaction_drivers(
    settings: Settings, progress: Progress = lambda message: None,
) -> Outcome:
    """Write driver_models and satisfaction_drivers."""
    as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
    models: list[dict[str, object]] = []
    factors: list[pd.DataFrame] = []
    # Matrices are small: several threads on each wait for one another, most of all beside the
    # engine's.
    with threadpool_limits(1), reading(settings.warehouse_path, settings.memory_limit) as con:
        queries.prepare(con, settings, as_of)
        names = queries.read_names(con)
        for outcome in queries.list_outcomes(con):
            progress(f"drivers: {outcome}")
            for model, frame in explain_outcome(con, outcome):
                models.append(model)
                factors.append(frame)
    tables = {"driver_models": pd.DataFrame(models, columns=_columns("driver_models")),
              "satisfaction_drivers": pd.concat(
                  [pd.DataFrame(columns=_columns("satisfaction_drivers")), *factors])
              if factors else pd.DataFrame(columns=_columns("satisfaction_drivers"))}
    typed = {name: conform(frame.assign(model_version=MODEL_VERSION), TABLES[name])
             for name, frame in tables.items()}
    written = tuple(write_ml_table(settings, name, [frame]) for name, frame in typed.items())
    return Outcome(written, {"models": len(models)}, draw_drivers(
        typed["driver_models"], typed["satisfaction_drivers"], names))


def explain_outcome(
    con: duckdb.DuckDBPyConnection, outcome: str,
) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    """Models of an outcome: their row of driver_models, their rows of satisfaction_drivers."""
    chosen = queries.choose_factors(con, outcome)
    used_share = queries.spread_answers(con, outcome, chosen["factor"].tolist())
    for dimension, grain in SLICES:
        if (outcome, dimension) == MADE_OF_OUTCOME:
            continue
        # What there is too little of is said of all answers, and not of every slice.
        fewest = 1 if (dimension, grain) == ("all", "all") else FEWEST_ANSWERS
        for piece in queries.list_slices(con, dimension, grain, fewest):
            answers = queries.read_answers(con, piece, len(chosen))
            for factor_set, places in _factor_sets(chosen):
                model, frame = _explain(answers.counts, chosen, places)
                if model["note"] == "too_few_answers" and fewest > 1:
                    continue
                key = {"outcome": outcome, "factor_set": factor_set, "dimension": piece.dimension,
                       "dimension_value": piece.value, "grain": piece.grain,
                       "period": piece.period,
                       "period_start": None if piece.grain == "all" else piece.period_start}
                yield ({**key, **model, "respondents_count": answers.respondents,
                        "outcome_mean": answers.outcome_mean, "used_share": used_share},
                       frame.assign(**key))


def _factor_sets(chosen: pd.DataFrame) -> Iterator[tuple[str, list[int]]]:
    """All factors, and those of a kind where there are others beside them."""
    yield "all", list(range(len(chosen)))
    for factor_set in FACTOR_SETS[1:]:
        places = np.flatnonzero(chosen["factor_kind"].eq(factor_set)).tolist()
        if 0 < len(places) < len(chosen):
            yield factor_set, places


def _explain(
    counts: AnswerCounts, chosen: pd.DataFrame, places: list[int],
) -> tuple[dict[str, object], pd.DataFrame]:
    """Row of driver_models and rows of satisfaction_drivers, without the slice."""
    size = len(chosen)
    picked = counts.pick([*places, size, size + 1])
    given = chosen.iloc[places].reset_index(drop=True)
    rows, _, variance = describe_available(picked)
    total = int(counts.rows.sum())
    out = leave_out(picked, len(places))
    note, drivers = None, None
    kept = [place for place in range(len(places)) if place not in out]
    if not kept:
        note = "no_factors"
    elif not variance[-2] > 0:
        note = "no_variation"
    elif total < max(FEWEST_ANSWERS, FEWEST_PER_FACTOR * len(kept)):
        note = "too_few_answers"
    else:
        while drivers is None and note is None:
            try:
                drivers = _find(picked, given, kept)
            except (NotIdentified, np.linalg.LinAlgError):
                made = find_made_of_others(picked, kept) if len(kept) > 1 else None
                if made is None:
                    note = "not_identified"
                else:
                    out[made] = "same_as_another"
                    kept.remove(made)
    complete = np.asarray(picked.observed[:, kept].all(axis=1))[picked.pattern]
    model: dict[str, object] = {
        "answers_count": total, "factors_count": len(kept),
        "complete_share": float(counts.rows[complete].sum() / total),
        "r_squared": None, "r_squared_low": None, "r_squared_high": None,
        "importance_method": None, "order_changes_count": None, "note": note}
    described = pd.DataFrame({
        "factor": given["factor"], "factor_kind": given["factor_kind"],
        "answers_count": rows[:len(places)].astype(int), "note": None})
    if drivers:
        model |= {"r_squared": drivers.r_squared, "r_squared_low": drivers.r_squared_low,
                  "r_squared_high": drivers.r_squared_high, "importance_method": drivers.method,
                  "order_changes_count": drivers.order_changes, "note": drivers.note}
        described = described.drop(columns="note").merge(drivers.factors, on="factor", how="left")
    described["note"] = [out.get(place, value) for place, value in enumerate(described["note"])]
    described = described.reindex(columns=[
        column for column in _columns("satisfaction_drivers")
        if column not in (*SLICE_KEY, "period_start", "model_version")])
    flags = ["is_significant", "is_sign_unexpected", "is_quadrant_sure"]
    described[flags] = described[flags].eq(True)
    return model, described


def _find(picked: AnswerCounts, given: pd.DataFrame, kept: list[int]) -> Drivers:
    score = picked.observed.shape[1] - 2
    together = picked.pick([score, score + 1])
    _, _, variance = describe_available(together)
    weight = together.weight.sum()
    mean = together.sums.sum(axis=0) / weight
    covariance = together.products[:, 0, 1].sum() / weight - mean[0] * mean[1]
    has_ranks = covariance < SAME_AS_RANKS * np.sqrt(variance[0] * variance[1])
    variables = [*kept, score, *([score + 1] if has_ranks else [])]
    moments = estimate_moments(picked.pick(variables).merge_patterns())
    rows: list[Any] = list(given.iloc[kept].itertuples())
    factors = [Factor(row.factor, int(row.expected_sign), *(
        (0.0, 0.0) if pd.isna(row.worst_value) or pd.isna(row.best_value)
        else (row.worst_value, row.best_value)))
        for row in rows]
    return find_drivers(
        moments, factors, variables=range(len(kept)), outcome=len(kept),
        ranked_outcome=len(kept) + 1 if has_ranks else None, seed=SEED)


def _columns(table: str) -> list[str]:
    return [column.name for column in TABLES[table].columns]

