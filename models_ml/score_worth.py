"""What one point of satisfaction is worth: later behaviour by score among alike customers.

A score takes few values, so that counts and sums by stratum and score hold everything that least
squares with a constant per stratum needs, and its robust variance, too. Strata are classes of
earlier behaviour: these are the controls. It is how customers who rated a point higher behaved
later; nobody drew scores by lot.

Sources: Angrist & Pischke 2009, ch. 3 (regression as matching); MacKinnon & White 1985 (HC2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_ml.frames import require_columns

CELL_COLUMNS = ("stratum", "score", "count", "total", "squares")
LEVEL = 0.95


@dataclass(frozen=True)
class Worth:
    """Change of the outcome per point, with its 95 % interval; `count` customers told it."""

    estimate: float
    standard_error: float
    low: float
    high: float
    count: int
    mean: float

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def measure_worth(cells: pd.DataFrame, *, least: int = 3) -> Worth | None:
    """Regress an outcome on scores within strata.

    Args:
        cells: a row per stratum and score with `count`, `total` and `squares` of the outcome.
        least: fewest customers in strata whose scores differ.

    Returns:
        None with fewer of them, or where their scores do not differ.
    """
    require_columns(cells, CELL_COLUMNS, "cells")
    frame = cells[cells["count"] > 0].copy()
    by_stratum = frame.groupby("stratum")
    size = by_stratum["count"].transform("sum").to_numpy(float)
    score = frame["score"].to_numpy(float)
    count = frame["count"].to_numpy(float)
    total = frame["total"].to_numpy(float)
    frame["score_total"] = count * score
    deviation = score - by_stratum["score_total"].transform("sum").to_numpy(float) / size
    informs = by_stratum["score"].transform("nunique").to_numpy() > 1
    customers = count[informs].sum()
    spread = float(count[informs] @ deviation[informs] ** 2)
    strata = frame.loc[informs, "stratum"].nunique()
    degrees = customers - strata - 1
    if customers < max(least, 3) or spread <= 0 or degrees < 1:
        return None
    slope = float(deviation[informs] @ total[informs]) / spread
    fitted = by_stratum["total"].transform("sum").to_numpy(float) / size + slope * deviation
    residuals = np.maximum(
        frame["squares"].to_numpy(float) - 2 * fitted * total + count * fitted**2, 0.0)
    # A customer of a small stratum moves its mean: without the leverage intervals are too short.
    leverage = 1 / size + deviation**2 / spread
    scaled = residuals / np.maximum(1 - leverage, 1e-9)
    error = float(np.sqrt(deviation[informs] ** 2 @ scaled[informs]) / spread)
    from scipy.special import stdtrit

    half = float(stdtrit(degrees, 0.5 + LEVEL / 2)) * error
    return Worth(slope, error, slope - half, slope + half, int(customers),
                 float(total[informs].sum() / customers))


def informing_share(cells: pd.DataFrame) -> float:
    """Share of the customers in strata whose scores differ; 0 without customers."""
    require_columns(cells, ("stratum", "score", "count"), "cells")
    frame = cells[cells["count"] > 0]
    if not len(frame):
        return 0.0
    informs = frame.groupby("stratum")["score"].transform("nunique") > 1
    return float(frame.loc[informs, "count"].sum() / frame["count"].sum())


def shuffles_look_like_chance(outside: int, shuffles: int) -> bool:
    """Whether no more shuffled scores than chance allows have an interval without zero.

    Of scores that mean nothing, each has one with probability 5 %; less than one run in a hundred
    is refused by chance.
    """
    from scipy.special import bdtrc

    # The probability of `outside` or more.
    return outside == 0 or bool(bdtrc(outside - 1, shuffles, 1 - LEVEL) >= 0.01)
