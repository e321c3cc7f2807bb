"""The segment step: from features of customers in the warehouse to segments that keep their ids.

The as-of date groups the customers; the same way of grouping, fitted to what was known at the start
of the holdout, says what it is worth. Points and SQL belong to `segment_points.py`, what earlier
runs called the segments to `segment_state.py`, the statistics to `models_ml/segment_*.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pandas as pd

from ingestion.raw_zone import RawZone
from ingestion.readers.files import literal
from models_ml.frames import conform
from models_ml.segment_divisions import (
    CentreDivision,
    Choice,
    ClassDivision,
    Fit,
    Labels,
    choose_division,
    square_distances,
)
from models_ml.segment_matching import match_segments
from models_ml.segment_names import (
    ALL,
    Both,
    FeatureDifference,
    describe_segment,
    name_centres,
    name_classes,
)
from models_ml.segment_outcomes import explain_outcome
from models_ml.segmentations import MODEL_VERSION, SEED, Segmentation, list_segmentations
from models_ml.tables import TABLES
from orchestration.fingerprint import as_of_date
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import copy_ml_table, ml_file, write_ml_table
from orchestration.segment_chart import render_segments
from orchestration.segment_features import measure_features
from orchestration.segment_points import (
    WeightedPoints,
    assign_customers,
    compare_features,
    label_centres,
    make_rfm_cells,
    measure_points,
    sum_outcomes,
)
from orchestration.segment_state import SegmentHistory
from orchestration.settings import Settings
from orchestration.warehouse import keep_frame, reading

LEAST_CUSTOMERS = 50
"""Fewer are not divided: what would be found of them is chance."""


@dataclass(frozen=True)
class Grouped:
    """Rows that a segmentation adds to the ML tables, and the table of its members."""

    model: dict[str, object]
    segments: pd.DataFrame
    features: pd.DataFrame
    registry: pd.DataFrame
    members: str | None


@dataclass(frozen=True)
class Holdout:
    """What came of the customers after the start of the holdout.

    `revenue`: segment -> customers, their mean revenue.
    """

    start: date | None = None
    customers: int = 0
    explained: float | None = None
    cells_explained: float | None = None
    cells: int | None = None
    revenue: dict[int, tuple[int, float]] | None = None


def segment_customers(
    settings: Settings, progress: Progress = lambda message: None,
) -> Outcome:
    """Write the ML tables of segments, and record their ids, members and moves in `state/`."""
    as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
    history = SegmentHistory(settings.state_path, as_of)
    with reading(settings.warehouse_path, settings.memory_limit) as con:
        measure_features(con, settings, as_of)
        make_rfm_cells(con)
        has_programme = con.execute(
            "select coalesce(max(loyalty_level), 0) > 0 from features").fetchall()[0][0]
        found = []
        for segmentation in list_segmentations(has_loyalty_programme=has_programme):
            progress(f"segments: {segmentation.name}")
            found.append(group_customers(con, segmentation, history,
                                         currency=settings.company.reporting_currency))
        members = " union all ".join(
            f"select customer_id, '{one.model['segmentation']}' as segmentation, segment_id, "
            f"distance, '{one.model['model_name']}' as model_name, "
            f"'{MODEL_VERSION}' as model_version from {one.members}"
            for one in found if one.members)
        con.execute("create temp table members as " + (
            members or "select null as customer_id, null as segmentation, null as segment_id, "
            "null as distance, null as model_name, null as model_version where false"))
        moves = history.record(
            con, "members", pd.concat([one.registry for one in found]),
            aliases=f"read_parquet({literal(str(ml_file(settings, 'customer_aliases')))})")
        names = {str(one.model["segmentation"]): str(one.model["model_name"]) for one in found}
        moves = moves.assign(model_name=moves["segmentation"].map(names).fillna("former"),
                             model_version=MODEL_VERSION)
        tables = {
            "segments": pd.concat([one.segments for one in found]),
            "segment_features": pd.concat([one.features for one in found]),
            "segment_models": pd.DataFrame([one.model for one in found]),
            "segment_moves": moves,
        }
        written = [copy_ml_table(settings, "customer_segments", con, "members"),
                   *(write_ml_table(settings, name, [conform(rows, TABLES[name])])
                     for name, rows in tables.items())]
    return Outcome(tuple(written), {f"{one.model['segmentation']} segments": len(one.segments)
                                    for one in found},
                   render_segments(tables["segments"], tables["segment_models"]))


def group_customers(
    con: duckdb.DuckDBPyConnection, segmentation: Segmentation, history: SegmentHistory, *,
    currency: str,
) -> Grouped:
    """Group the customers of a segmentation, match the segments with the former and name them."""
    today = measure_points(con, segmentation, "today")
    stamp = {"segmentation": segmentation.name, "model_name": segmentation.model_name,
             "model_version": MODEL_VERSION}
    customers = int(today.weights.sum())
    if not customers:
        return Grouped(
            {**stamp, **_model_row("no_data", f"no customer has {segmentation.needed}", today),
             **_outcome_row(Holdout())},
            _no_rows("segments"), _no_rows("segment_features"), _no_registry(), None)
    former = history.former(segmentation.name, today.features)
    fits = segmentation.fits(former.earlier_count) if customers >= LEAST_CUSTOMERS else []
    choice = choose_division(today.points, today.weights, fits, seed=SEED)
    numbers, labels = np.unique(choice.division.assign(today.points), return_inverse=True)
    centres = label_centres(today.points, today.weights, labels)
    if choice.fit_number is None:
        ids = [segmentation.whole_id]
    elif segmentation.layouts:
        ids = [segmentation.class_id(choice.fit_number, int(number)) for number in numbers]
    else:
        ids = match_segments(
            _overlap(con, today, labels, history, former.ids, segmentation.name),
            former_ids=former.ids, former_centres=former.centres, centres=centres,
            prefix=segmentation.name, last_number=former.last_number)
    distances = np.sqrt(((today.points - centres[labels]) ** 2).sum(axis=1))
    members = assign_customers(con, today, [ids[label] for label in labels], distances)
    compared = compare_features(con, segmentation, members)
    names = _names(choice, numbers, [compared.get(one, []) for one in ids])
    fit = None if choice.fit_number is None else fits[choice.fit_number]
    holdout = _hold_out(con, segmentation, fit, numbers, centres)
    first = {one: former.first_dates.get(one, history.as_of) for one in ids}
    counts = np.bincount(labels, weights=today.weights).astype(int)
    segments = []
    for place, (number, one) in enumerate(zip(numbers, ids, strict=True)):
        described = describe_segment(compared.get(one, []), currency=currency)
        outcome_count, outcome_mean = (holdout.revenue or {}).get(place, (0, None))
        segments.append({
            **stamp, "segment_id": one, "name_en": names[place][0], "name_de": names[place][1],
            "description_en": described[0], "description_de": described[1],
            "customers_count": counts[place], "customers_share": counts[place] / customers,
            "stability": choice.stability.jaccards[number] if fit else None,
            "outcome_mean": outcome_mean, "outcome_count": outcome_count,
            "first_as_of_date": first[one]})
    features = [{**stamp, "segment_id": one, "feature": difference.feature,
                 "is_dividing": difference.feature in today.features,
                 "feature_mean": difference.mean, "all_mean": difference.all_mean,
                 "standardised_difference": difference.difference,
                 "customers_count": difference.customers_count}
                for one, differences in compared.items() for difference in differences]
    return Grouped(
        {**stamp, **_model_row("published" if fit else "undivided",
                               _reason(choice, customers), today, choice, len(ids)),
         **_outcome_row(holdout)},
        pd.DataFrame(segments),
        pd.DataFrame(features) if features else _no_rows("segment_features"),
        pd.DataFrame({"segmentation": segmentation.name, "segment_id": ids,
                      "features": ",".join(today.features),
                      "centre": [json.dumps(row.tolist()) for row in centres],
                      "first_as_of_date": [first[one] for one in ids]}),
        members)


def _overlap(
    con: duckdb.DuckDBPyConnection, today: WeightedPoints, labels: Labels, history: SegmentHistory,
    former_ids: tuple[str, ...], segmentation: str,
) -> np.ndarray:
    """Common customers, new × former segments."""
    keep_frame(con, "point_labels", pd.DataFrame({"point": np.arange(len(labels)),
                                                  "label": labels}))
    rows = con.execute(f"""
        select label, former.segment_id, count(*)
        from {today.table} join point_labels using (point)
        join {history.members()} as former using (customer_id)
        where former.segmentation = '{segmentation}' group by all""").fetchall()
    overlap = np.zeros((labels.max() + 1, len(former_ids)), dtype=np.int64)
    for label, former, count in rows:
        if former in former_ids:
            overlap[label, former_ids.index(former)] = count
    return overlap


def _names(
    choice: Choice, numbers: Labels, differences: list[list[FeatureDifference]],
) -> list[Both]:
    division = choice.division
    if choice.fit_number is None:
        return [ALL]
    if isinstance(division, ClassDivision):
        counts = {axis.name: len(bounds) + 1
                  for axis, bounds in zip(division.axes, division.bounds, strict=True)}
        return [name_classes(division.classes(int(number)), counts) for number in numbers]
    return name_centres(differences)


def _hold_out(
    con: duckdb.DuckDBPyConnection, segmentation: Segmentation, fit: Fit | None, numbers: Labels,
    centres: np.ndarray,
) -> Holdout:
    """Group the customers as of the start of the holdout in the way chosen today."""
    then = measure_points(con, segmentation, "holdout")
    customers = int(then.weights.sum())
    is_alike = then.points.shape[1] == centres.shape[1]
    if fit is None or customers < LEAST_CUSTOMERS or not is_alike:
        return Holdout()
    division = fit(then.points, then.weights)
    places = _places(division, numbers, centres)
    labels = division.assign(then.points)
    assigned = assign_customers(con, then, [str(label) for label in labels],
                                np.zeros(len(labels)))
    sums = sum_outcomes(con, assigned, "segment_id")
    cells = sum_outcomes(con, assigned, "coalesce(rfm_cell, 'none')")
    revenue = {}
    for label, place in places.items():
        rows = sums[sums["segment"] == str(label)]
        if count := int(rows["customers_count"].sum()):
            revenue[place] = (count, float(rows["revenue_sum"].sum() / count))
    start = con.execute(
        "select max(moment_date) from features where moment = 'holdout'").fetchall()[0][0]
    return Holdout(start, customers, explain_outcome(sums), explain_outcome(cells),
                   cells["segment"].nunique(), revenue)


def _places(division: object, numbers: Labels, centres: np.ndarray) -> dict[int, int]:
    """Segment of the holdout -> place of today's: the same class, or the nearest centre."""
    from scipy.optimize import linear_sum_assignment

    if isinstance(division, CentreDivision):
        rows, columns = linear_sum_assignment(square_distances(division.centres, centres))
        return dict(zip(rows.tolist(), columns.tolist(), strict=True))
    return {int(number): place for place, number in enumerate(numbers)}


def _reason(choice: Choice, customers: int) -> str:
    tried = ", ".join(f"{index:.3f} with {count}" for count, index in choice.tried)
    if choice.fit_number is not None:
        return f"the first that bootstrap samples find again; adjusted Rand index {tried} segments"
    if not tried:
        return f"{customers} customers are too few to be divided"
    return f"no division is found again by bootstrap samples; adjusted Rand index {tried} segments"


def _model_row(
    status: str, reason: str, points: WeightedPoints, choice: Choice | None = None,
    segments: int = 0,
) -> dict[str, object]:
    return {"status": status, "reason": reason, "features": ",".join(points.features),
            "customers_count": int(points.weights.sum()), "segments_count": segments,
            "stability": choice.stability.rand_index if choice else None}


def _outcome_row(holdout: Holdout) -> dict[str, object]:
    return {"holdout_start_date": holdout.start, "holdout_customers_count": holdout.customers,
            "outcome_explained": holdout.explained,
            "cells_outcome_explained": holdout.cells_explained, "cells_count": holdout.cells}


def _no_rows(table: str) -> pd.DataFrame:
    return pd.DataFrame(columns=[column.name for column in TABLES[table].columns])


def _no_registry() -> pd.DataFrame:
    return pd.DataFrame(columns=["segmentation", "segment_id", "features", "centre",
                                 "first_as_of_date"])
