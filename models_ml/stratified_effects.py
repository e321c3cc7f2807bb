"""Effects of being treated, from counts and sums of strata: no row per customer is needed.

One estimator serves three designs. In a random experiment strata are classes of what was known
before (post-stratification); in a difference-in-differences the outcome is each customer's change,
so that the customer is the cluster and serial correlation is no matter; in a matched comparison
strata are the classes on which both sides agree (coarsened exact matching).

Sources: Miratrix, Sekhon & Yu 2013 (post-stratification); Bertrand, Duflo & Mullainathan 2004
(collapse to before and after); Iacus, King & Porro 2012 (coarsened exact matching); Agresti & Caffo
2000 (intervals of shares).
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
# What is left of a sum of squares by rounding alone.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Effect:
    """A difference of means with its 95 % interval (t, degrees by Welch and Satterthwaite).

    The standard error is positive: who tells no spread tells no effect. Counts are customers in
    strata with both sides; `matched_share` is their share of the treated.
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
        """The estimate in standard errors."""
        return self.estimate / self.standard_error


def compare_strata(
    cells: pd.DataFrame, *, weights: Literal["treated", "all"], least: int = 2,
    ends: tuple[float, float] | None = None,
) -> Effect | None:
    """Mean of the treated less that of the comparison, stratum by stratum.

    Args:
        cells: a row per stratum, side and, optionally, `group` (whose members share what happens
            to them: a region, a store), with `count`, `total` and `squares` of the outcome.
        weights: strata weigh by their treated (the effect on those), or by all customers.
        least: fewest customers that a side needs in the strata with both.
        ends: lowest and highest value of an outcome that has them, such as a share. The variance of
            each side is that with one value more at each end, spread over strata as these weigh:
            thirty of thirty are no certainty.

    Returns:
        None where a side has fewer than `least`, or nobody to tell how customers spread: no two of
        a side in one stratum, or all on both sides alike. With groups, the variance between groups
        that the comparison shows is part of the interval, because a region's own good year is no
        effect.
    """
    require_columns(cells, CELL_COLUMNS, "cells")
    strata, treated, comparison = _take_sides(cells)
    if min(treated[0].sum(), comparison[0].sum()) < max(least, 2):
        return None
    size = treated[0] if weights == "treated" else treated[0] + comparison[0]
    weight = size / size.sum()
    means = [side[1] / side[0] for side in (treated, comparison)]
    if not ((treated[0] > 1).any() and (comparison[0] > 1).any()):
        return None
    parts = [weight**2 * _variance(side, weight, ends) / side[0] for side in (treated, comparison)]
    variance = float(sum(part.sum() for part in parts))
    spread = float(sum((part**2 / np.maximum(side[0] - 1, 1)).sum()
                       for part, side in zip(parts, (treated, comparison), strict=True)))
    shock, shock_degrees = (_shock_variance(cells, strata) if "group" in cells
                            else (0.0, 1.0))
    total = variance + shock
    if total <= 0:
        return None
    degrees = total**2 / (spread + shock**2 / shock_degrees)
    estimate = float(weight @ (means[0] - means[1]))
    half = _quantile(0.5 + LEVEL / 2, degrees) * math.sqrt(total)
    return Effect(
        estimate, math.sqrt(total), degrees, estimate - half, estimate + half,
        int(treated[0].sum()), int(comparison[0].sum()), matched_share(cells),
        float(weight @ means[0]), float(weight @ means[1]))


def matched_share(cells: pd.DataFrame) -> float:
    """Share of the treated whose stratum has somebody to compare with; 0 without treated."""
    require_columns(cells, ("stratum", "is_treated", "count"), "cells")
    treated = cells[cells["is_treated"]]
    compared = cells.loc[~cells["is_treated"] & (cells["count"] > 0), "stratum"]
    everybody = float(treated["count"].sum())
    matched = float(treated.loc[treated["stratum"].isin(compared), "count"].sum())
    return matched / everybody if everybody else 0.0


def measure_balance(cells: pd.DataFrame) -> float | None:
    """What matched sides differ by, in standard deviations of everybody; strata as the treated.

    Cells are those of `compare_strata`. 0 where all are alike, None where no stratum has both.
    """
    require_columns(cells, CELL_COLUMNS, "cells")
    _, treated, comparison = _take_sides(cells)
    if not treated[0].sum():
        return None
    count, total, squares = (float(cells[name].sum()) for name in ("count", "total", "squares"))
    deviation = squares - total**2 / count
    difference = treated[1] / treated[0] - comparison[1] / comparison[0]
    estimate = float(treated[0] / treated[0].sum() @ difference)
    return estimate / math.sqrt(deviation / count) if deviation > _ROUNDING * squares else 0.0


def exceeds_chance(effects: list[Effect]) -> bool:
    """Whether any of several effects is further from zero than chance takes one of so many.

    Bonferroni: of effects that are all zero, one in twenty lists exceeds.
    """
    tail = (1 - LEVEL) / 2 / max(len(effects), 1)
    return any(abs(effect.t_statistic) > _quantile(1 - tail, effect.degrees_of_freedom)
               for effect in effects)


def _take_sides(cells: pd.DataFrame) -> tuple[pd.Index, np.ndarray, np.ndarray]:
    """Strata with both sides, and counts, totals and squares of the treated and the comparison."""
    strata = pd.Index(cells["stratum"].unique())
    treated, comparison = (_side(cells, strata, is_treated) for is_treated in (True, False))
    both = (treated[0] > 0) & (comparison[0] > 0)
    return strata[both], treated[:, both], comparison[:, both]


def _side(cells: pd.DataFrame, strata: pd.Index, is_treated: bool) -> np.ndarray:
    """Counts, totals and squares of a side by stratum; zeros where nobody is on it."""
    of_side = cells[cells["is_treated"] == is_treated]
    sums = of_side.groupby("stratum")[["count", "total", "squares"]].sum()
    return sums.reindex(strata, fill_value=0.0).to_numpy(float).T


def _variance(
    side: np.ndarray, weight: np.ndarray, ends: tuple[float, float] | None,
) -> np.ndarray:
    """Variance in each stratum; that within all strata where one customer tells none."""
    is_alone = side[0] < 2
    if ends:
        side = side + np.outer([2, sum(ends), sum(end**2 for end in ends)], weight)
    count, total, squares = side
    deviation = squares - total**2 / count
    deviation = np.where(deviation > _ROUNDING * squares, deviation, 0.0)
    pooled = deviation.sum() / (count - 1).sum()
    return np.where(is_alone, pooled, deviation / np.where(is_alone, 1, count - 1))


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
