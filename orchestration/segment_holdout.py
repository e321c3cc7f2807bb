"""What segments are worth: the way of grouping chosen today, fitted to what was known before.

The customers of the start of the holdout are grouped anew, and what they did afterwards is compared
between the groups. How well that is explained belongs to `models_ml/segment_outcomes.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np

from models_ml.segment_divisions import (
    LEAST_CUSTOMERS,
    CentreDivision,
    Fit,
    Labels,
    TooFewPoints,
    square_distances,
)
from models_ml.segment_outcomes import explain_outcome
from models_ml.segmentations import Segmentation
from orchestration.segment_points import assign_customers, measure_points, sum_outcomes


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

    @property
    def row(self) -> dict[str, object]:
        """Its columns of the ML table segment_models."""
        return {"holdout_start_date": self.start, "holdout_customers_count": self.customers,
                "outcome_explained": self.explained,
                "cells_outcome_explained": self.cells_explained, "cells_count": self.cells}


def hold_out(
    con: duckdb.DuckDBPyConnection, segmentation: Segmentation, fit: Fit | None, numbers: Labels,
    centres: np.ndarray,
) -> Holdout:
    """Group the customers as of the start of the holdout in the way chosen today.

    Empty where they were too few, too alike, or known by fewer features.

    Args:
        con: engine with the tables `features` and `rfm_cells`.
        segmentation: the way of grouping.
        fit: what was chosen today; None: nothing is divided.
        numbers: today's segments, as the division numbers them.
        centres: their centres.
    """
    then = measure_points(con, segmentation, "holdout")
    customers = int(then.weights.sum())
    is_alike = then.points.shape[1] == centres.shape[1]
    if fit is None or customers < LEAST_CUSTOMERS or not is_alike:
        return Holdout()
    try:
        division = fit(then.points, then.weights)
    except TooFewPoints:
        return Holdout()
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
