"""What segments are worth: how much of a later outcome they explain for customers not used.

Reads sums per segment and fold, not customers.
"""

from __future__ import annotations

import pandas as pd

from models_ml.frames import require_columns


def explain_outcome(sums: pd.DataFrame) -> float | None:
    """Cross-validated R²: the mean of a segment over the other folds predicts those of one fold.

    1 - Σ (y - segment mean of the other folds)² / Σ (y - mean of the other folds)². A segment that
    the other folds do not have is predicted by their mean. Negative where it is worse than that.

    Args:
        sums: one row per segment and fold: `segment`, `fold`, `customers_count`, `outcome_sum`,
            `outcome_square_sum`.

    Returns:
        None where there are fewer than two folds or the outcome does not vary.
    """
    require_columns(sums, ["segment", "fold", "customers_count", "outcome_sum",
                           "outcome_square_sum"], "sums")
    left = total = 0.0
    for fold in sums["fold"].unique():
        rest, tested = sums[sums["fold"] != fold], sums[sums["fold"] == fold]
        if rest.empty:
            return None
        mean = rest["outcome_sum"].sum() / rest["customers_count"].sum()
        learnt = rest.groupby("segment")[["outcome_sum", "customers_count"]].sum()
        means = tested["segment"].map(
            learnt["outcome_sum"] / learnt["customers_count"]).fillna(mean)
        left += _squares(tested, means)
        total += _squares(tested, pd.Series(mean, index=tested.index))
    return 1 - left / total if total > 1e-9 else None


def _squares(sums: pd.DataFrame, means: pd.Series) -> float:
    return float((sums["outcome_square_sum"] - 2 * means * sums["outcome_sum"]
                  + means ** 2 * sums["customers_count"]).sum())
