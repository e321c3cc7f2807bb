"""Daily series with a known truth, for the tests of the alerts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models_ml.alert_panel import SeriesPanel

FIRST = np.datetime64("2024-01-01")


def make_panel(
    n: np.ndarray, total: np.ndarray, *, statistic: str = "mean", squares: np.ndarray | None = None,
    smallest_change: float = 1.0, has_season: bool = False,
    holidays: tuple[np.datetime64, ...] = (), first: np.datetime64 = FIRST,
) -> SeriesPanel:
    """A panel of series (rows) by days; squares default to those of shares and counts."""
    count, days = n.shape
    dates = first + np.arange(days)
    squares = total if squares is None else squares
    return SeriesPanel(
        tuple(f"series_{row}" for row in range(count)), dates, np.full(count, statistic),
        n.astype(float), total.astype(float), squares.astype(float), total.astype(float),
        np.ones(n.shape, dtype=bool), np.full(count, has_season),
        np.full(count, smallest_change), np.isin(dates, np.array(holidays, dtype="datetime64[D]")))


def make_means(
    level: np.ndarray, *, n: int = 20, deviation: float = 10.0, seed: int = 1, count: int = 1,
    **options: object,
) -> SeriesPanel:
    """Means of n normal records a day around a level per day (a row per series, or one of all)."""
    rng = np.random.default_rng(seed)
    shape = level.shape if level.ndim == 2 else (count, len(level))
    mean = level + deviation / np.sqrt(n) * rng.standard_normal(shape)
    total = n * mean
    panel = make_panel(np.full(total.shape, float(n)), total,
                       squares=n * (mean ** 2 + deviation ** 2 * (n - 1) / n),
                       **options)  # type: ignore[arg-type]
    cubes = n * (mean ** 3 + 3 * mean * deviation ** 2 * (n - 1) / n)
    return replace(panel, cubes=cubes)


def make_counts(
    mean: np.ndarray, *, seed: int = 1, count: int = 1, **options: object,
) -> SeriesPanel:
    """Poisson counts around a mean per day."""
    rng = np.random.default_rng(seed)
    total = rng.poisson(np.broadcast_to(mean, (count, len(mean)))).astype(float)
    return make_panel(np.ones(total.shape), total, statistic="count",
                      **{"smallest_change": 0.3, **options})  # type: ignore[arg-type]
