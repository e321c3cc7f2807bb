"""The segment step: from features of customers in the warehouse to segments that keep their ids.

The as-of date groups the customers; the same way of grouping, fitted to what was known at the start
of the holdout, says what it is worth (`segment_holdout.py`). Points and SQL belong to
`segment_points.py`, what earlier runs called the segments to `segment_state.py`, the statistics to
`models_ml/segment_*.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from ingestion.raw_zone import RawZone
from ingestion.readers.files import literal
from models_ml.frames import conform
from models_ml.segment_divisions import (
    LEAST_CUSTOMERS,
    Choice,
    ClassDivision,
    Labels,
    choose_division,
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
from models_ml.segment_reasons import explain_choice
from models_ml.segmentations import MODEL_VERSION, SEED, Segmentation, list_segmentations
from models_ml.tables import TABLES
from orchestration.fingerprint import as_of_date
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import copy_ml_table, ml_file, write_ml_table
from orchestration.segment_chart import render_segments
from orchestration.segment_features import measure_features
from orchestration.segment_holdout import Holdout, hold_out
from orchestration.segment_points import (
    WeightedPoints,
    assign_customers,
    compare_features,
    label_centres,
    make_rfm_cells,
    measure_points,
)
from orchestration.segment_state import SegmentHistory
from orchestration.settings import Settings
from orchestration.warehouse import keep_frame, reading


@dataclass(frozen=True)
class Grouped:
    """Rows that a segmentation adds to the ML tables, and the table of its members."""

    model: dict[str, object]
    segments: pd.DataFrame
    features: pd.DataFrame
    registry: pd.DataFrame
    members: str | None


def segment_customers(
    settings: Settings, progress: Progress = lambda message: None,
) -> Outcome:
    """Write the ML tables of segments; only when all passed record ids and moves in `state/`."""
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
        moves = history.find_moves(
            con, "members",
            aliases=f"read_parquet({literal(str(ml_file(settings, 'customer_aliases')))})")
        names = {str(one.model["segmentation"]): str(one.model["model_name"]) for one in found}
        tables = {
            "segments": pd.concat([one.segments for one in found]),
            "segment_features": pd.concat([one.features for one in found]),
            "segment_models": pd.DataFrame([one.model for one in found]),
            "segment_moves": moves.assign(
                model_name=moves["segmentation"].map(names).fillna("former"),
                model_version=MODEL_VERSION),
        }
        written = [copy_ml_table(settings, "customer_segments", con, "members"),
                   *(write_ml_table(settings, name, [conform(rows, TABLES[name])])
                     for name, rows in tables.items())]
        if all(table.verdict.passed for table in written):
            history.record(con, "members", pd.concat([one.registry for one in found]), moves)
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
            {**stamp, **_model_row("no_data", segmentation.missing, today), **Holdout().row},
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
    holdout = hold_out(con, segmentation, fit, numbers, centres)
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
    reason = explain_choice(choice, customers=customers, points=len(today.points))
    status = "published" if fit else "undivided"
    return Grouped(
        {**stamp, **_model_row(status, reason, today, choice, len(ids)), **holdout.row},
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


def _model_row(
    status: str, reason: str, points: WeightedPoints, choice: Choice | None = None,
    segments: int = 0,
) -> dict[str, object]:
    return {"status": status, "reason": reason, "features": ",".join(points.features),
            "customers_count": int(points.weights.sum()), "segments_count": segments,
            "stability": choice.stability.rand_index if choice else None}


def _no_rows(table: str) -> pd.DataFrame:
    return pd.DataFrame(columns=[column.name for column in TABLES[table].columns])


def _no_registry() -> pd.DataFrame:
    return pd.DataFrame(columns=["segmentation", "segment_id", "features", "centre",
                                 "first_as_of_date"])
