"""Where the level of a daily series changed, in hindsight: PELT on standardised residuals.

Killick, Fearnhead and Eckley 2012, JASA 107(500), as ruptures computes it (Truong, Oudre and
Vayatis 2020, Signal Processing 167). Other than the watch it sees days on both sides of a change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models_ml.alert_baseline import LARGEST_RESIDUAL
from models_ml.alert_panel import Floats, SeriesPanel, count_years
from models_ml.intervals import NORMAL_QUANTILE

LEAST_DAYS = 14
"""Days on each side of a change."""
PENALTY = 4.0
"""Cost of a change by the logarithm of the days, in variances of a day. The Bayesian criterion has
2; days are not independent, and a change should be worth telling."""
_ROBUST = 1.4826


@dataclass(frozen=True)
class Change:
    """A change of level.

    Attributes:
        row: of the series.
        day: first column of the new level.
        before, after: levels, weekdays and months taken out; of counts per unit.
        low, high: 95 % interval of `after - before`.
    """

    row: int
    day: int
    before: float
    after: float
    low: float
    high: float


def find_changes(panel: SeriesPanel) -> list[Change]:
    """Find the changes of every series with `LEAST_DAYS` on both sides.

    A series with a season is left out before it had two years: its months would be changes.
    """
    import ruptures

    found: list[Change] = []
    for row in range(len(panel.series_ids)):
        judged = np.flatnonzero(panel.is_judged[row])
        if len(judged) < 2 * LEAST_DAYS or (
                panel.has_season[row] and not count_years(judged[0], len(panel.days))):
            continue
        n, values = _adjust(panel, row, judged)
        weights = np.sqrt(n)
        middle = np.average(values, weights=n)
        residual = (values - middle) * weights
        spread = max(_ROBUST * np.median(np.abs(np.diff(residual))) / np.sqrt(2),
                     _sampling_deviation(panel, row, judged))
        if not spread > 0:
            continue
        told = np.clip(residual / spread, -2 * LARGEST_RESIDUAL, 2 * LARGEST_RESIDUAL)
        ends = ruptures.KernelCPD(kernel="linear", min_size=LEAST_DAYS).fit(
            told.reshape(-1, 1)).predict(pen=PENALTY * np.log(len(told)))
        found += _describe(row, judged, n, values, spread, [0, *ends],
                           is_bounded=bool(panel.statistic[row] != "mean"))
    return found


def _sampling_deviation(panel: SeriesPanel, row: int, judged: np.ndarray) -> float:
    """Standard deviation of one record: of a rare one most days have none, and do not differ."""
    n, total = panel.n[row, judged].sum(), panel.total[row, judged].sum()
    level = total / n
    if panel.statistic[row] == "count":
        return float(np.sqrt(level))
    second = level if panel.statistic[row] == "share" else panel.squares[row, judged].sum() / n
    return float(np.sqrt(max(second - level ** 2, 0.0)))


def _adjust(panel: SeriesPanel, row: int, judged: np.ndarray) -> tuple[Floats, Floats]:
    """Weights and values of the judged days with the usual weekday (and month) taken out."""
    n = panel.n[row, judged]
    values = panel.total[row, judged] / n
    is_count = panel.statistic[row] == "count"
    groups = [panel.weekday[judged]]
    if panel.has_season[row]:
        groups.append(panel.month[judged])
    for group in groups:
        info = np.bincount(group, n)
        means = np.bincount(group, n * values) / np.where(info > 0, info, 1.0)
        level = np.average(values, weights=n)
        if is_count and level > 0:
            values = values / np.where(means[group] > 0, means[group] / level, 1.0)
        else:
            values = values - (means[group] - level)
    return n, values


def _describe(
    row: int, judged: np.ndarray, n: Floats, values: Floats, spread: float, ends: list[int], *,
    is_bounded: bool,
) -> list[Change]:
    changes = []
    for first, cut, last in zip(ends, ends[1:], ends[2:], strict=False):
        before = np.average(values[first:cut], weights=n[first:cut])
        after = np.average(values[cut:last], weights=n[cut:last])
        if is_bounded:
            before, after = max(before, 0.0), max(after, 0.0)
        error = spread * np.sqrt(1 / n[first:cut].sum() + 1 / n[cut:last].sum())
        size, half = after - before, NORMAL_QUANTILE * error
        changes.append(Change(row, int(judged[cut]), float(before), float(after),
                              float(size - half), float(size + half)))
    return changes
