"""Daily series side by side: what was counted on which day, and how each series is to be judged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

Floats = np.ndarray
STATISTICS = ("mean", "share", "count")
"""Mean of a measure; share of records with it; number of records."""

EXPOSURE_DAYS = 28
YEAR_DAYS = 365
SEASON_YEARS = 2
"""Whole years of a series that tell its months apart."""


@dataclass(frozen=True)
class SeriesPanel:
    """Series (rows) over the same days (columns).

    Attributes:
        series_ids: of the rows.
        days: of the columns, without gaps.
        statistic: of each series, one of `STATISTICS`.
        n: records of the day; of a count what it is compared with, such as orders, else 1.
        total: sum of the measure; of a count the records.
        squares, cubes: sum of its squares and third powers; used of means only.
        is_there: the feed of the series covers the day. A mean is judged on days with records.
        has_season: demand that changes with the month of the year.
        smallest_change: smallest change worth an alert, in units of the series; of a count a share
            of what was expected.
        is_holiday: of each day.
    """

    series_ids: tuple[str, ...]
    days: np.ndarray
    statistic: np.ndarray
    n: Floats
    total: Floats
    squares: Floats
    cubes: Floats
    is_there: np.ndarray
    has_season: np.ndarray
    smallest_change: Floats
    is_holiday: np.ndarray

    def __post_init__(self) -> None:
        """Check shapes and values.

        Raises:
            ValueError: shapes that do not fit, a statistic that is none, a day with a gap.
        """
        shape = (len(self.series_ids), len(self.days))
        for name in ("n", "total", "squares", "cubes", "is_there"):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has not one value per series and day: "
                                 f"{getattr(self, name).shape}, not {shape}")
        if unknown := sorted(set(self.statistic.tolist()) - set(STATISTICS)):
            raise ValueError(f"unknown statistic {', '.join(unknown)}; there are "
                             f"{', '.join(STATISTICS)}")
        steps = np.diff(self.days.astype("datetime64[D]")).astype(int)
        if (steps != 1).any():
            raise ValueError("days of a panel follow each other without a gap")
        if not (self.smallest_change > 0).all():
            raise ValueError("smallest_change is more than nothing")

    @cached_property
    def is_judged(self) -> np.ndarray:
        """Days that say something: covered, no holiday, and with records where a mean is asked."""
        return self.is_there & (self.n > 0) & ~self.is_holiday[None, :]

    @property
    def first_judged(self) -> np.ndarray:
        """Column of the first judged day of each series; the number of days where none is."""
        return np.where(self.is_judged.any(1), self.is_judged.argmax(1), len(self.days))

    @property
    def weekday(self) -> np.ndarray:
        """Weekday of each day, Monday 0."""
        return (self.days.astype("datetime64[D]").astype(int) + 3) % 7

    @property
    def month(self) -> np.ndarray:
        """Month of each day, January 0."""
        return self.days.astype("datetime64[M]").astype(int) % 12

    @property
    def values(self) -> Floats:
        """Value of each day, NaN where there is none; of a count per unit of n."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.is_there & (self.n > 0), self.total / self.n, np.nan)


def count_years(first: int, day: int) -> int:
    """Whole years from the first judged day of a series up to the day before another.

    0 where they are fewer than `SEASON_YEARS`: nothing is known of its season then.
    """
    years = max(day - first, 0) // YEAR_DAYS
    return years if years >= SEASON_YEARS else 0


def trailing_mean(counts: Floats, days: int = EXPOSURE_DAYS) -> Floats:
    """Mean of a day and those before it, at most `days`: what a late count is compared with.

    Args:
        counts: per day, along the last axis.
    """
    summed = np.cumsum(counts, axis=-1, dtype=float)
    earlier = np.zeros_like(summed)
    earlier[..., days:] = summed[..., :-days]
    seen = np.minimum(np.arange(1, counts.shape[-1] + 1), days)
    return (summed - earlier) / seen
