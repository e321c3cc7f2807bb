"""From customers to weighted points and back: SQL of the segment step.

A customer's point is its features, standardised robustly, cut off and rounded to a grid. Python
gets the distinct points with how many customers have each; what it concludes of a point is joined
back to the customers who have it. What does **not** belong here: how points are divided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from models_ml.segment_divisions import Labels, Points, Weights
from models_ml.segment_names import FeatureDifference
from models_ml.segmentations import MOST_DEVIATIONS, Feature, Segmentation
from orchestration.warehouse import keep_frame

MOST_POINTS = 10_000
FINEST_STEP = 1 / 32
FOLDS = 5
QUARTILES_PER_DEVIATION = 1.349
"""Interquartile range of a normal distribution in standard deviations."""

NO_SEGMENT = "none"


@dataclass(frozen=True)
class WeightedPoints:
    """Distinct points of the customers of a segmentation at a moment.

    `table`: temporary table of the engine with customer_id, point and what the caller asked for.
    `points`: one row per point, in standard deviations. `weights`: customers of each.
    """

    table: str
    features: tuple[str, ...]
    points: Points
    weights: Weights


def measure_points(
    con: duckdb.DuckDBPyConnection, segmentation: Segmentation, moment: str,
) -> WeightedPoints:
    """Count the distinct points, and make the table `<segmentation>_<moment>`.

    Features that nobody has are left out. The grid is made coarser until there are few enough
    points, before anything is written. A customer without a value of a feature lies at its median.
    """
    place = f"{segmentation.needed} is not null and moment = '{moment}'"
    scaled = {}
    for feature in segmentation.features:
        value = _transformed(feature)
        count, low, middle, high, deviation = con.execute(
            f"select count({feature.name}), quantile_cont({value}, 0.25), median({value}), "
            f"quantile_cont({value}, 0.75), round(stddev_pop({value}), 9) from features "
            f"where {place}"
        ).fetchall()[0]
        if not count:
            continue
        spread = (high - low) / QUARTILES_PER_DEVIATION or deviation or 1.0
        scaled[feature.name] = (f"({value} - {middle!r}) / {spread!r}" if feature.is_scaled
                                else value)
    step, found = _count_points(con, scaled, place)
    found["point"] = np.arange(len(found))
    keep_frame(con, "found_points", found)
    table = f"{segmentation.name}_{moment}"
    shown = [feature.name for feature in (*segmentation.features, *segmentation.described)]
    is_same = " and ".join(f"{key} = found_points.{name}_key"
                           for name, key in _keys(scaled, step).items())
    con.execute(f"""
        create or replace temp table {table} as
        select customer_id, {', '.join(shown)}, md5_number_lower(customer_id) % {FOLDS} as fold,
            outcome_revenue, found_points.point
        from features join found_points on {is_same} where {place}""")
    points = found.filter(like="_key").to_numpy(dtype=float)[:, :len(scaled)] * step
    return WeightedPoints(table, tuple(scaled), points, found["weight"].to_numpy(dtype=np.int64))


def _count_points(
    con: duckdb.DuckDBPyConnection, scaled: dict[str, str], place: str,
) -> tuple[float, pd.DataFrame]:
    """The finest grid with few enough points; its points as whole steps, and their weight."""
    step = FINEST_STEP
    while True:
        keys = _keys(scaled, step)
        found = con.execute(
            f"select {', '.join(f'{key} as {name}_key' for name, key in keys.items())}, "
            f"count(*) as weight from features where {place} "
            f"group by all order by all limit {MOST_POINTS + 1}").df()
        if len(found) <= MOST_POINTS:
            return step, found
        step *= 2


def _keys(scaled: dict[str, str], step: float) -> dict[str, str]:
    """Feature -> expression of its value in whole steps; without features all are one point."""
    return {name: f"cast(round(greatest(-{MOST_DEVIATIONS}, least({MOST_DEVIATIONS}, "
                  f"coalesce({value}, 0))) / {step}) as integer)"
            for name, value in scaled.items()} or {"no": "0"}


def assign_customers(
    con: duckdb.DuckDBPyConnection, measured: WeightedPoints, segments: Sequence[str],
    distances: Points,
) -> str:
    """Make the table `<table>_assigned` with customer_id, segment_id, distance; returns its name.

    `segments` and `distances` are those of each point.
    """
    keep_frame(con, "point_segments", pd.DataFrame({
        "point": np.arange(len(measured.points)), "segment_id": pd.Series(segments, dtype="str"),
        "distance": distances}))
    con.execute(f"""
        create or replace temp table {measured.table}_assigned as
        select customers.*, point_segments.segment_id, point_segments.distance
        from {measured.table} as customers join point_segments using (point)""")
    return f"{measured.table}_assigned"


def compare_features(
    con: duckdb.DuckDBPyConnection, segmentation: Segmentation, assigned: str,
) -> dict[str, list[FeatureDifference]]:
    """Segment -> each feature beside all customers; only those who have the feature count."""
    found: dict[str, list[FeatureDifference]] = {}
    for feature in (*segmentation.features, *segmentation.described):
        value = _transformed(feature)
        # Rounded: in which order threads add must not be seen.
        means = f"round(favg({feature.name}), 6), round(favg({value}), 9)"
        all_mean, all_value, deviation = con.execute(
            f"select {means}, round(stddev_pop({value}), 9) from {assigned}").fetchall()[0]
        if all_mean is None:
            continue
        for segment, mean, value_mean, count in con.execute(
                f"select segment_id, {means}, count({feature.name}) "
                f"from {assigned} group by all order by all").fetchall():
            is_known = value_mean is not None and deviation
            found.setdefault(segment, []).append(FeatureDifference(
                feature.name, mean, all_mean,
                (value_mean - all_value) / deviation if is_known else 0.0, count))
    return found


def sum_outcomes(con: duckdb.DuckDBPyConnection, assigned: str, segment: str) -> pd.DataFrame:
    """Sums of log(1 + revenue of the holdout) and of the revenue per `segment` and fold.

    `segment` is an expression over `assigned` and `cells`, the RFM cells of the holdout.
    """
    return con.execute(f"""
        select {segment} as segment, fold, count(*) as customers_count,
            round(fsum(ln(1 + greatest(outcome_revenue, 0))), 6) as outcome_sum,
            round(fsum(pow(ln(1 + greatest(outcome_revenue, 0)), 2)), 6) as outcome_square_sum,
            round(fsum(outcome_revenue), 4) as revenue_sum
        from {assigned} as assigned left join rfm_cells as cells using (customer_id)
        group by all order by all""").df()


def make_rfm_cells(con: duckdb.DuckDBPyConnection, sizes: tuple[int, int, int] = (6, 3, 3)) -> None:
    """Make the table rfm_cells: recency, purchase days and revenue in so many equal classes."""
    classes = {}
    for name, size in zip(("recency_days", "order_days_count", "revenue"), sizes, strict=True):
        cuts = [number / size for number in range(1, size)]
        bounds = con.execute(
            f"select quantile_disc({name}, {cuts!r}) from features "
            "where moment = 'holdout' and recency_days is not null").fetchall()[0][0] or []
        classes[name] = " + ".join(f"cast({name} > {bound!r} as integer)" for bound in bounds) or 0
    con.execute(f"""
        create or replace temp table rfm_cells as
        select customer_id, concat_ws('-', {', '.join(map(str, classes.values()))}) as rfm_cell
        from features where moment = 'holdout' and recency_days is not null""")


def _transformed(feature: Feature) -> str:
    value = f"cast({feature.name} as double)"
    return f"ln(1 + greatest({value}, 0))" if feature.transform == "log" else value


def label_centres(points: Points, weights: Weights, labels: Labels) -> Points:
    """Weighted mean of the points of each label, which must all occur."""
    return np.stack([np.average(points[labels == label], axis=0, weights=weights[labels == label])
                     for label in range(labels.max() + 1)])
