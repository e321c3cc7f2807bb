"""What a day is expected to be: the mean of the days before, by weekday and month.

Old days fade with a half-life, so that the expectation follows slow change. It never learns from
the last two weeks, from odd days or from those of an alert. Weekdays differ as far as the data tell
(credibility after Bühlmann and Straub 1970). What a day may differ by is its sampling variance
times an overdispersion factor, which holds what days differ by beyond it and what one day tells of
the next (as Laney's charts do; Johnson and Bagshaw 1974 on serial correlation).
"""

from __future__ import annotations

import numpy as np
from scipy.special import bdtr, gammainc, ndtri, pdtr, stdtr

from models_ml.alert_panel import YEAR_DAYS, Floats, SeriesPanel, count_years

GUARD_DAYS = 14
HALF_LIFE_DAYS = 120.0
FADE = 0.5 ** (1 / HALF_LIFE_DAYS)
LEARNING_DAYS = 28
"""Days in the reference before residuals tell how far days differ."""
LEAST_RECORDS = 10.0
LARGEST_RESIDUAL = 4.0
ODD_RESIDUAL = 3.0
"""Days that are further off, in standard deviations, are not learnt from."""
LONGEST_CORRELATION = 0.7
_WEEK = 7
_SPREAD_LIMIT = 9.0
_EXACT_RESIDUAL = 5.0
_VARIANCE_WITHOUT_ODD = 0.9733
"""Variance of normal days but those beyond `ODD_RESIDUAL`."""
_LEAST_SKEWNESS = 0.02


class Baseline:
    """Faded sums of the reference of every series, moved on day by day.

    Rows are series. `info`, `sums`: n and total by weekday; `info_squares`: of n with squared
    weights, for the variance of the mean; `squares`, `cubes`: of the measure; `spread`, `lagged`,
    `spread_days`: squares and products of following residuals, for the overdispersion.
    """

    def __init__(self, panel: SeriesPanel) -> None:
        self.panel = panel
        count, days = panel.n.shape
        self.weekday, self.month = panel.weekday, panel.month
        self.usable = panel.is_judged.copy()
        self.index = np.ones((count, 12))
        self.first_judged = panel.first_judged
        self.knows_season = ~panel.has_season
        self.residual = np.full((count, days), np.nan)
        self.is_count = panel.statistic == "count"
        self.is_share = panel.statistic == "share"
        self.info, self.sums = np.zeros((count, _WEEK)), np.zeros((count, _WEEK))
        self.info_squares = np.zeros((count, _WEEK))
        self.squares, self.cubes = np.zeros(count), np.zeros(count)
        self.spread, self.lagged, self.spread_days = (np.zeros(count) for _ in range(3))
        self.reference_days = np.zeros(count)
        self.begin = np.zeros(count, dtype=int)

    def exposure(self, day: int) -> Floats:
        """What each series is compared with on a day: n, of counts times the season."""
        n = self.panel.n[:, day]
        return np.where(self.is_count, n * self.index[:, self.month[day]], n)

    def offset(self, day: int) -> Floats:
        """What the season adds to a mean."""
        return np.where(self.is_count, 0.0, self.index[:, self.month[day]] - 1.0)

    def learn(self, day: int) -> None:
        """Let one more day into the reference of every series."""
        for sums in (self.info, self.sums, self.squares, self.cubes, self.spread, self.lagged,
                     self.spread_days):
            sums *= FADE
        self.info_squares *= FADE * FADE
        used = self.usable[:, day] & (day >= self.begin)
        n, offset = np.where(used, self.exposure(day), 0.0), self.offset(day)
        total = np.where(used, self.panel.total[:, day] - n * offset, 0.0)
        place = self.weekday[day]
        self.info[:, place] += n
        self.info_squares[:, place] += n
        self.sums[:, place] += total
        self.squares += np.where(used, self.panel.squares[:, day], 0.0)
        self.cubes += np.where(used, self.panel.cubes[:, day], 0.0)
        self.reference_days += used
        self._learn_residual(day, used)

    def _learn_residual(self, day: int, used: np.ndarray) -> None:
        here = self.residual[:, day]
        known = used & np.isfinite(here)
        limit = self._spread_limit()
        self.spread += np.minimum(np.square(np.where(known, here, 0.0)), limit)
        self.spread_days += known
        if day:
            before = self.residual[:, day - 1]
            both = known & np.isfinite(before)
            self.lagged += np.clip(np.where(both, here * np.where(both, before, 0.0), 0.0),
                                   -limit, limit)

    def _spread_limit(self) -> Floats:
        """What the square of a day's residual counts as at most, once days are known."""
        known = self.spread_days >= LEARNING_DAYS / 2
        return np.where(known, _SPREAD_LIMIT * self.overdispersion(), np.inf)

    def relearn(self, row: int, until: int) -> None:
        """Make the sums of one series anew from its days before `until`, after it lost some."""
        panel = self.panel
        days = np.arange(until)
        used = self.usable[row, :until] & (days >= self.begin[row])
        weight = FADE ** (until - 1 - days) * used
        index = self.index[row, self.month[:until]]
        n, total = panel.n[row, :until], panel.total[row, :until]
        if self.is_count[row]:
            n = n * index
        else:
            total = total - n * (index - 1.0)
        place = self.weekday[:until]
        self.info[row] = np.bincount(place, weight * n, _WEEK)
        self.info_squares[row] = np.bincount(place, weight * weight * n, _WEEK)
        self.sums[row] = np.bincount(place, weight * total, _WEEK)
        self.squares[row] = weight @ panel.squares[row, :until]
        self.cubes[row] = weight @ panel.cubes[row, :until]
        self.reference_days[row] = used.sum()
        here = self.residual[row, :until]
        known = used & np.isfinite(here)
        told = np.where(known, here, 0.0)
        limit = self._spread_limit()[row]
        self.spread[row] = weight @ (np.minimum(told ** 2, limit) * known)
        self.spread_days[row] = weight @ known
        before = np.concatenate([[0.0], np.nan_to_num(self.residual[row, :max(until - 1, 0)])])
        self.lagged[row] = weight @ np.clip(told * before[:until], -limit, limit)

    def expect(self, day: int) -> tuple[Floats, Floats, Floats]:
        """What is expected of a day, and how sure that is.

        Returns:
            Mean of each series per unit of `exposure`, without the season's offset; the variance of
            that mean by that of one record; the variance of one record (of a count per unit).
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            info, level = self.info.sum(1), self.sums.sum(1) / self.info.sum(1)
            variance = np.where(self.is_count, level, self.squares / info - level ** 2)
            variance = np.where(self.is_share, level * (1 - level), variance)
            own = self.sums / self.info - level[:, None]
            noise = variance[:, None] * self.overdispersion()[:, None] * (
                self.info_squares / self.info ** 2)
            # Variance of weekdays beyond noise; nothing where they differ by no more than that.
            beyond = np.square(own) - noise * (1 - 1 / _WEEK)
            between = np.nansum(beyond, axis=1) / np.maximum(np.isfinite(beyond).sum(1), 1)
            place = self.weekday[day]
            trust = between / (between + noise[:, place])
            trust = np.where((between > 0) & np.isfinite(trust), trust, 0.0)
            expected = level + trust * np.nan_to_num(own[:, place])
            total_share = self.info_squares.sum(1) / info ** 2
            own_share = np.nan_to_num(self.info_squares[:, place] / self.info[:, place] ** 2)
            share = (1 - trust) * total_share + trust * own_share
        return np.where(info > 0, expected, np.nan), share, np.maximum(variance, 0.0)

    def overdispersion(self) -> Floats:
        """Variance of residuals beyond sampling, at least 1, with what following days share."""
        days = np.maximum(self.spread_days, 1e-9)
        spread = np.maximum(self.spread / days / _VARIANCE_WITHOUT_ODD, 1e-9)
        correlation = np.clip(self.lagged / days / spread, 0.0, LONGEST_CORRELATION)
        effective = self.spread_days / np.log(2)
        is_real = correlation > 2 / np.sqrt(np.maximum(effective, 4.0))
        factor = np.where(is_real, (1 + correlation) / (1 - correlation), 1.0)
        known = self.spread_days >= LEARNING_DAYS / 2
        return np.where(known, np.maximum(spread * factor, 1.0), 1.0)

    def judge(self, day: int) -> tuple[Floats, Floats, Floats]:
        """Residuals of a day in standard deviations.

        Returns:
            Residual of each series, NaN where nothing can be said; expected value of the day; its
            standard deviation. Values of counts are per unit of what they are compared with.
        """
        mean, known_share, variance = self.expect(day)
        n, raw = self.exposure(day), self.panel.n[:, day]
        total = self.panel.total[:, day] - n * self.offset(day)
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = 1 + n * known_share
            plain = (total - n * mean) / np.sqrt(variance * n)
            tail = np.where(
                self.is_count, _middle(pdtr, total, n * mean),
                np.where(self.is_share, _middle_binomial(total, n, mean),
                         _gamma_tail(plain, self._skewness() / np.sqrt(n))))
            exact = ndtri(np.clip(tail, 1e-15, 1 - 1e-15))
            # So far out probabilities end; days of a large company lie there by overdispersion.
            residual = np.where(np.abs(exact) < _EXACT_RESIDUAL, exact, plain) / np.sqrt(scale)
            ready = (self.panel.is_judged[:, day] & self.knows_season
                     & (self.reference_days >= LEARNING_DAYS) & self._has_enough())
            residual = np.where(ready & np.isfinite(residual), residual, np.nan)
            self.residual[:, day] = residual
            factor = self.overdispersion()
            spread = np.sqrt(variance * factor * (1 / n + known_share))
            per_raw = np.where(self.is_count, n / raw, 1.0)
        judged = np.clip(self._as_normal(residual / np.sqrt(factor), factor), -LARGEST_RESIDUAL,
                         LARGEST_RESIDUAL)
        return judged, (mean + self.offset(day)) * per_raw, spread * per_raw

    def _as_normal(self, residual: Floats, factor: Floats) -> Floats:
        """Residuals as normal ones: by an overdispersion of few days they have Student's t."""
        told = np.clip(np.nan_to_num(residual), -8.0, 8.0)
        normal = ndtri(stdtr(np.maximum(self.spread_days - 1, 2.0), told))
        return np.where((factor > 1) & np.isfinite(residual), normal, residual)

    def _skewness(self) -> Floats:
        """Skewness of one record of a mean."""
        info = self.info.sum(1)
        first, second, third = self.sums.sum(1) / info, self.squares / info, self.cubes / info
        variance = np.maximum(second - first ** 2, 1e-12)
        return (third - 3 * first * second + 2 * first ** 3) / variance ** 1.5

    def _has_enough(self) -> np.ndarray:
        records = np.where(self.is_count, self.sums.sum(1), self.info.sum(1))
        return records >= LEAST_RECORDS

    def find_season(self, row: int, day: int) -> None:
        """Learn the months of one series from its whole years before a day; two are needed."""
        usable = self.usable[row, :day]
        years = count_years(int(self.first_judged[row]), day)
        if not years:
            return
        first = day - years * YEAR_DAYS
        place = self.month[first:day]
        n = self.panel.n[row, first:day] * usable[first:]
        total = self.panel.total[row, first:day] * usable[first:]
        info = np.bincount(place, n, 12)
        if (info <= 0).any() or not total.any():
            return
        level = total.sum() / info.sum()
        monthly = np.bincount(place, total, 12) / info
        self.index[row] = monthly / level if self.is_count[row] else monthly - level + 1.0
        self.knows_season[row] = True
        self.relearn(row, day)


def _middle(distribution: np.ufunc, observed: Floats, mean: Floats) -> Floats:
    """Probability of less, and half that of the same, of a Poisson variable."""
    at = distribution(observed, mean)
    below = np.where(observed > 0, distribution(np.maximum(observed - 1, 0), mean), 0.0)
    return (at + below) / 2


def _gamma_tail(residual: Floats, skewness: Floats) -> Floats:
    """Probability of less, of a mean with a skewness: a gamma variable (Pearson's type III).

    Waiting times are skewed, and a mean of a few of them is, too: long waits would be alerts.
    """
    side = np.where(skewness < 0, -1.0, 1.0)
    shape = 4 / np.square(np.clip(np.abs(skewness), _LEAST_SKEWNESS, None))
    tail = gammainc(shape, np.maximum(shape + side * residual * np.sqrt(shape), 0.0))
    return np.where(side > 0, tail, 1 - tail)


def _middle_binomial(observed: Floats, n: Floats, share: Floats) -> Floats:
    """The same of a binomial variable."""
    share = np.clip(share, 1e-9, 1 - 1e-9)
    whole = np.clip(np.round(observed), 0, n)
    under = np.minimum(whole, np.maximum(n - 1, 0))
    at = np.where(whole < n, bdtr(under, n.astype(int), share), 1.0)
    below = np.where(whole > 0, bdtr(np.maximum(whole - 1, 0), n.astype(int), share), 0.0)
    return (at + below) / 2
