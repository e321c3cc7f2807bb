"""Where an alert shows most: what each slice added to the change."""

from __future__ import annotations

import pandas as pd

from models_ml.alert_events import Size
from models_ml.frames import require_columns

LEAST_RECORDS = 10
_CODE = r"[A-Za-z0-9_.:/-]{1,40}"
"""A signal that looks so is a code; another one may be what somebody typed."""
SLICES_PER_DIMENSION = 3
TOLD_SHARE = 0.5
"""A slice is told in a sentence when it added at least that share of the change …"""
TOLD_LIFT = 1.3
"""… and that many times what its records alone would make it add."""
TOLD_SLICES = 2
_COLUMNS = ("dimension", "dimension_value", "now_n", "now_total", "usual_n", "usual_total",
            "name_en", "name_de")


def weigh_slices(
    sums: pd.DataFrame, size: Size, *, is_count: bool, now_exposure: float, usual_exposure: float,
) -> pd.DataFrame:
    """Say what each slice of one alert added to its change.

    A slice of a mean or share adds its own change times its share of the records; one of a count
    its change per unit of what is compared with. Slices with fewer than ten records on these days
    (of a mean also before), and dimensions with only one value, tell nothing;
    neither does a signal that is no code, because anything may stand there.

    Args:
        sums: one row per dimension and value with sums on the days of the alert and before.
        size: of the alert.
        is_count: the series counts records.
        now_exposure, usual_exposure: what a count is compared with, or records of a mean, on these
            days.

    Returns:
        At most three rows per dimension, ranked: observed_value, usual_value, contribution,
        contribution_share, lift, slice_rank, records_count beside the columns of `sums`.
    """
    require_columns(sums, _COLUMNS, "slices")
    change = size.observed - size.expected
    if is_count:
        usable = sums[sums["now_total"] >= LEAST_RECORDS].copy()
        usable["observed_value"] = usable["now_total"] / now_exposure
        usable["usual_value"] = usable["usual_total"] / max(usual_exposure, 1e-9)
        usable["contribution"] = usable["observed_value"] - usable["usual_value"]
        part = usable["usual_value"] / max(size.expected, 1e-9)
        usable["records_count"] = usable["now_total"]
    else:
        usable = sums[sums[["now_n", "usual_n"]].min(axis=1) >= LEAST_RECORDS].copy()
        usable["observed_value"] = usable["now_total"] / usable["now_n"]
        usable["usual_value"] = usable["usual_total"] / usable["usual_n"]
        part = usable["now_n"] / now_exposure
        usable["contribution"] = (usable["observed_value"] - usable["usual_value"]) * part
        usable["records_count"] = usable["now_n"]
    usable["contribution_share"] = usable["contribution"] / change if change else 0.0
    usable["lift"] = usable["contribution_share"] / part.clip(lower=1e-3)
    values = sums.groupby("dimension")["dimension_value"].transform("nunique").loc[usable.index]
    is_text = (usable["dimension"].eq("signal")
               & ~usable["dimension_value"].astype(str).str.fullmatch(_CODE))
    usable = usable[(values > 1) & ~is_text & (usable["contribution_share"] > 0)]
    usable = usable.sort_values(["dimension", "contribution_share", "dimension_value"],
                                ascending=[True, False, True])
    usable["slice_rank"] = usable.groupby("dimension").cumcount() + 1
    return usable[usable["slice_rank"] <= SLICES_PER_DIMENSION].reset_index(drop=True)


def pick_told(slices: pd.DataFrame) -> pd.DataFrame:
    """The slices worth a sentence: those that added most of the change, more than their size."""
    told = slices[(slices["contribution_share"] >= TOLD_SHARE) & (slices["lift"] >= TOLD_LIFT)]
    return told.sort_values(["lift", "dimension", "dimension_value"],
                            ascending=[False, True, True]).head(TOLD_SLICES)
