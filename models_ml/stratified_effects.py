"""Effects of being treated, from counts and sums of strata: no row per customer is needed.

One estimator serves three designs. In a random experiment strata are classes of what was known
before (post-stratification); in a difference-in-differences the outcome is each customer's change,
so that the customer is the cluster and serial correlation is no matter; in a matched comparison
strata are the classes on which both sides agree (coarsened exact matching).

Sources: Miratrix, Sekhon & Yu 2013 (post-stratification); Bertrand, Duflo & Mullainathan 2004
(collapse to before and after); Iacus, King & Porro 2012 (coarsened exact matching).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from models_ml.frames import require_columns

CELL_COLUMNS = ("stratum", "is_treated", "count", "total", "squares")
LEVEL = 0.95


@dataclass(frozen=True)
class Effect:
    """A difference of means with its 95 % interval (t, degrees by Welch and Satterthwaite).

    Counts are customers in strata with both sides; `matched_share` is their share of the treated.
    """

    estimate: float
    standard_error: float
    degrees_of_freedom: float
    low: float
    high: float
    treated_count: int
    comparison_count: int
    matched_share: float
    treated_mean: float
    comparison_mean: float

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0

    @property
    def t_statistic(self) -> float:
        """The estimate in standard errors; 0 where both are 0."""
        return self.estimate / self.standard_error if self.standard_error else 0.0


def compare_strata(
    cells: pd.DataFrame, *, weights: Literal["treated", "all"], least: int = 2,
) -> Effect | None:
    """Mean of the treated less that of the comparison, stratum by stratum.

    Args:
        cells: a row per stratum, side and, optionally, `group` (whose members share what happens
            to them: a region, a store), with `count`, `total` and `squares` of the outcome.
        weights: strata weigh by their treated (the effect on those), or by all customers.
        least: fewest customers that a side needs in the strata with both.

    Returns:
        None where a side has fewer than `least`. With groups, the variance between groups that the
        comparison shows is part of the interval, because a region's own good year is no effect.
    """
    require_columns(cells, CELL_COLUMNS, "cells")
    strata = pd.Index(cells["stratum"].unique())
    treated, comparison = (_side(cells, strata, is_treated) for is_treated in (True, False))
    everybody = float(treated[0].sum())
    both = (treated[0] > 0) & (comparison[0] > 0)
    treated, comparison = treated[:, both], comparison[:, both]
    if min(treated[0].sum(), comparison[0].sum()) < max(least, 2):
        return None
    size = treated[0] if weights == "treated" else treated[0] + comparison[0]
    weight = size / size.sum()
    means = [side[1] / side[0] for side in (treated, comparison)]
    parts = [weight**2 * _variance(side) / side[0] for side in (treated, comparison)]
    variance = float(sum(part.sum() for part in parts))
    spread = float(sum((part**2 / np.maximum(side[0] - 1, 1)).sum()
                       for part, side in zip(parts, (treated, comparison), strict=True)))
    shock, shock_degrees = (_shock_variance(cells, strata[both]) if "group" in cells
                            else (0.0, 1.0))
    total = variance + shock
    spread += shock**2 / shock_degrees
    degrees = total**2 / spread if spread > 0 else float("inf")
    estimate = float(weight @ (means[0] - means[1]))
    half = _quantile(0.5 + LEVEL / 2, degrees) * math.sqrt(total)
    return Effect(
        estimate, math.sqrt(total), degrees, estimate - half, estimate + half,
        int(treated[0].sum()), int(comparison[0].sum()), float(treated[0].sum()) / everybody,
        float(weight @ means[0]), float(weight @ means[1]))


def matched_share(cells: pd.DataFrame) -> float:
    """Share of the treated whose stratum has somebody to compare with; 0 without treated."""
    require_columns(cells, ("stratum", "is_treated", "count"), "cells")
    treated = cells[cells["is_treated"]]
    compared = cells.loc[~cells["is_treated"] & (cells["count"] > 0), "stratum"]
    everybody = float(treated["count"].sum())
    matched = float(treated.loc[treated["stratum"].isin(compared), "count"].sum())
    return matched / everybody if everybody else 0.0


def exceeds_chance(effects: list[Effect]) -> bool:
    """Whether any of several effects is further from zero than chance takes one of so many.

    Bonferroni: of effects that are all zero, one in twenty lists exceeds.
    """
    tail = (1 - LEVEL) / 2 / max(len(effects), 1)
    return any(abs(effect.t_statistic) > _quantile(1 - tail, effect.degrees_of_freedom)
               for effect in effects)


def _side(cells: pd.DataFrame, strata: pd.Index, is_treated: bool) -> np.ndarray:
    """Counts, totals and squares of a side by stratum; zeros where nobody is on it."""
    of_side = cells[cells["is_treated"] == is_treated]
    sums = of_side.groupby("stratum")[["count", "total", "squares"]].sum()
    return sums.reindex(strata, fill_value=0.0).to_numpy(float).T


def _variance(side: np.ndarray) -> np.ndarray:
    """Variance in each stratum; that within all strata where one customer tells none."""
    count, total, squares = side
    deviation = np.maximum(squares - total**2 / count, 0.0)
    pooled = deviation.sum() / max((count - 1).sum(), 1.0)
    return np.where(count > 1, deviation / np.maximum(count - 1, 1), pooled)


def _shock_variance(cells: pd.DataFrame, strata: pd.Index) -> tuple[float, float]:
    """What shocks of whole groups add to the variance, with its degrees of freedom.

    The variance between comparison groups is that of the analysis of variance; each side has as
    many shocks as groups, weighed by their customers. With one comparison group nobody can tell: 0.
    """
    kept = cells[cells["stratum"].isin(strata)]
    untreated = kept[~kept["is_treated"]]
    expected = untreated.groupby("stratum")[["count", "total"]].sum()
    mean = untreated["stratum"].map(expected["total"] / expected["count"])
    rest = pd.DataFrame({
        "group": untreated["group"], "count": untreated["count"],
        "total": untreated["total"] - untreated["count"] * mean,
        "squares": untreated["squares"] - 2 * mean * untreated["total"]
        + untreated["count"] * mean**2,
    }).groupby("group").sum().astype(float)
    count = rest["count"].to_numpy()
    if len(rest) < 2 or count.sum() <= len(rest):
        return 0.0, 1.0
    means = rest["total"].to_numpy() / count
    within = float((rest["squares"].to_numpy() - count * means**2).sum()) / (
        count.sum() - len(rest))
    centre = rest["total"].sum() / count.sum()
    excess = count @ (means - centre) ** 2 - (len(rest) - 1) * within
    between = excess / (count.sum() - count @ count / count.sum())
    shares = kept.groupby(["is_treated", "group"])["count"].sum()
    shares = shares / shares.groupby("is_treated").transform("sum")
    return max(float(between), 0.0) * float((shares**2).sum()), float(len(rest) - 1)


def _quantile(probability: float, degrees: float) -> float:
    from scipy.special import ndtri, stdtrit

    return float(stdtrit(degrees, probability) if np.isfinite(degrees) else ndtri(probability))
