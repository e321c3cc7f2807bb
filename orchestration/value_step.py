"""The value step: from purchase days and contracts to what each customer is worth.

Histories are counted by SQL, models are fitted and judged on the counts, every distinct history is
scored once, and SQL joins the scores back to the customers. Queries belong to `value_queries.py`,
what joins the scores to `value_scores.py`, what is told of the models to `value_models.py`, the
picture to `value_chart.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd

from ingestion.raw_zone import RawZone
from models_ml import purchase_choice
from models_ml.future_value import STEP_MONTHS, Horizon, score_histories
from models_ml.purchase_choice import Tried
from models_ml.purchase_models import fit_purchase_model
from models_ml.purchase_season import (
    CYCLES,
    IDENTIFIED,
    MONTHS,
    NO_SEASON,
    Season,
    declare_season,
    estimate_season,
    expect_by_month,
)
from models_ml.retention_model import fit_retention_models
from models_ml.spend_model import SpendModel, fit_spend_model
from models_ml.tables_value import HORIZON_MONTHS
from orchestration import value_queries as queries
from orchestration.fingerprint import as_of_date
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import copy_ml_table, ml_file, write_ml_table
from orchestration.settings import Settings
from orchestration.value_chart import draw_value
from orchestration.value_models import Fitted, calibrate, list_splits, tell_models
from orchestration.value_scores import join_scores, keep_history_scores, score_tenures
from orchestration.warehouse import reading

SEASON_ROUNDS = 2


def estimate_values(settings: Settings, progress: Progress = lambda message: None) -> Outcome:
    """Write customer_values, value_models and value_calibration."""
    as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
    with reading(settings.warehouse_path, settings.memory_limit) as con:
        span = queries.prepare(con, str(ml_file(settings, "customer_records")), as_of)
        discount_rate, declared = queries.read_rules(con)
        held_days, tried, judged = 0, [], []
        if span:
            cut, held_days, origins, days = purchase_choice.plan_splits(span.first, as_of)
            for until in origins:
                progress(f"value: models compared on what came after {until}")
                tried += try_at(con, span, until, days, declared)
            if cut:
                progress(f"value: models judged on what came after {cut}")
                judged = try_at(con, span, cut, held_days, declared)
            for one in list_splits([*tried, *judged]):
                progress(f"value: {one.season.source} until {one.until}")
        # A history too short to compare anything leaves the simplest model.
        name = purchase_choice.choose(tried) if tried else "bg_nbd"
        churn_days = held_days or purchase_choice.LONGEST_HOLDOUT_DAYS
        fitted = _fit(con, span, as_of, name, churn_days, declared, discount_rate)
        progress(f"value: {fitted.season.source} until {as_of}")
        join_scores(con, as_of=as_of, basis=span.basis if span else "margin", spend=fitted.spend,
                    churn_days=churn_days, purchases_name=fitted.name, version=fitted.version,
                    retention_name=fitted.retention[0].name if fitted.retention else "")
        models = tell_models(fitted, tried, judged, as_of)
        calibration = calibrate(fitted, judged)
        written = (
            write_ml_table(settings, "value_models", [models]),
            write_ml_table(settings, "value_calibration", [calibration]),
            copy_ml_table(settings, "customer_values", con, "customer_values",
                          expected=_customers_to_value(fitted)),
        )
    counts = {"customers": written[-1].rows, "histories": fitted.model.histories
              if fitted.model else 0, "holdout_days": held_days}
    return Outcome(written, counts, draw_value(models, calibration))


def try_at(
    con: duckdb.DuckDBPyConnection, span: queries.Span, until: date, days: int,
    declared: Sequence[float],
) -> list[Tried]:
    """Every model on a date's history, judged on what came in the days after it."""
    season = fit_season(con, span, until, until + timedelta(days=days), declared)
    return purchase_choice.try_models(replace(queries.read_split(con, until, days), season=season))


def fit_season(
    con: duckdb.DuckDBPyConnection, span: queries.Span, until: date, last: date,
    declared: Sequence[float],
) -> Season:
    """Set the clock to the season that the data until a date identify, or that was declared."""
    season = declare_season(declared) if declared else NO_SEASON
    queries.set_clock(con, season, span.first, until, last)
    if declared:
        return season
    for _ in range(SEASON_ROUNDS):
        cohorts, months = queries.read_cohorts(con, until)
        ends = months["clock"].to_numpy(float)
        if len(ends) < CYCLES * MONTHS:
            return NO_SEASON
        histories, _ = queries.read_histories(con, until)
        # The end of the month before is the begin of the first.
        expected = expect_by_month(
            fit_purchase_model("bg_nbd", histories), cohorts["clock"].to_numpy(float),
            cohorts["count"].to_numpy(float),
            np.concatenate([[0.0], ends]))
        season = estimate_season(
            months["month"].to_numpy("datetime64[M]"), months["actual"].to_numpy(float), expected,
            season)
        if season.source != IDENTIFIED:
            season = NO_SEASON
        queries.set_clock(con, season, span.first, until, last)
        if season == NO_SEASON:
            break
    return season


def _fit(
    con: duckdb.DuckDBPyConnection, span: queries.Span | None, as_of: date, name: str,
    churn_days: int, declared: Sequence[float], discount_rate: float,
) -> Fitted:
    """Fit what is used to the whole history, and score it; tables of scores for `join_scores`."""
    tenures = queries.read_tenures(con, as_of)
    has_tenure = float(tenures.count @ tenures.months) > 0
    retention = fit_retention_models(tenures) if has_tenure else ()
    score_tenures(con, retention[0] if retention else None, churn_days, discount_rate)
    no_purchases = Fitted("", None, None, NO_SEASON, retention)
    if not span:
        return no_purchases
    steps = [_months_after(as_of, months)
             for months in range(STEP_MONTHS, max(HORIZON_MONTHS) + 1, STEP_MONTHS)]
    churn_date = as_of + timedelta(days=churn_days)
    season = fit_season(con, span, as_of, max(*steps, churn_date) + timedelta(days=1), declared)
    # Only one baseline needs what was bought lately; without it histories are fewer.
    recent_days = churn_days if name == "last_period" else 0
    histories, recent = queries.read_histories(con, as_of, recent_days)
    if histories.observed.max() <= 0:
        return no_purchases
    is_baseline = name in purchase_choice.BASELINES
    model = fit_purchase_model("bg_nbd" if is_baseline else name, histories)
    spending = queries.read_spending(con)
    spend = (fit_spend_model(spending) if len(spending.mean)
             else SpendModel(1.0, 3.0, 1e-9, 0.0, "no positive margin", 0, 0))
    now, *ahead = queries.clock_at(con, [as_of, *steps])
    churn_clock = queries.clock_at(con, [churn_date])[0]
    rate = (recent / churn_days if name == "last_period"
            else purchase_choice.naive_rate(histories.frequency, histories.observed)
            if is_baseline else None)
    scored = score_histories(
        model, spend, histories,
        Horizon(np.array(ahead) - now, float(churn_clock - now), discount_rate), rate)
    keep_history_scores(con, scored.assign(
        next_purchase_date=queries.days_at(con, now + scored.pop("next_purchase_days").to_numpy()),
        recent=recent, **{column: getattr(histories, column) for column in queries.HISTORY}))
    return Fitted(name, model, spend, season, retention)


def _months_after(day: date, months: int) -> date:
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def _customers_to_value(fitted: Fitted) -> str:
    """Everybody who must have a row: a single day of purchases is no history to value."""
    customers = "select customer_id from contract_terms"
    if fitted.model:
        customers += " union select customer_id from purchase_days where is_purchase"
    return f"({customers})"
