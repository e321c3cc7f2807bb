"""Watches daily series for changes that last: CUSUM, as it would have been watched day by day.

Each day is compared with what the days before let expect (`alert_baseline.py`); the residuals go
into two one-sided charts (Page 1954, Biometrika 41). The expectation is learnt on the way, its own
uncertainty counts (self-starting charts: Hawkins and Olwell 1998, chapter 7). A change began the
day after the chart last stood at 0. While an alert is open, a chart the other way round tells when
days are as expected again, and another one when something worse comes on top.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models_ml.alert_baseline import GUARD_DAYS, ODD_RESIDUAL, Baseline
from models_ml.alert_limits import GRID, decision_limit, limits_on_grid
from models_ml.alert_panel import Floats, SeriesPanel

WARM_UP_DAYS = 70
"""History before a series is watched: eight weeks of reference and the two that are not used."""
NEW_LEVEL_DAYS = 90
"""A change that lasts so long is what is usual now."""
FURTHER = 0.5
"""Reference value of the chart that tells of a change on top of an open alert."""
SAME_EVENT_DAYS = 14
"""A change back into the same direction within them belongs to the alert before."""
UP, DOWN = 1, -1


@dataclass(frozen=True)
class Alarm:
    """A change of one series; days are column numbers.

    Attributes:
        row: of the series.
        direction: `UP` or `DOWN`.
        start: first day of the change.
        raised: day on which the chart told it.
        end: last day of the change; None while it goes on.
        closed: day on which its end was told.
        is_new_level: it ended because it lasted, not because days were as before.
        is_worsened: it ended because a larger change of the same direction took its place.
    """

    row: int
    direction: int
    start: int
    raised: int
    end: int | None = None
    closed: int | None = None
    is_new_level: bool = False
    is_worsened: bool = False


@dataclass(frozen=True)
class Watched:
    """What the watch saw: per series and day, and the alarms in order of their day.

    `expected` and `deviation` are those of the day's value, overdispersion included. `reason` says
    of each series why it is not watched today, or "".
    """

    residual: Floats
    expected: Floats
    deviation: Floats
    chart_up: Floats
    chart_down: Floats
    alarms: tuple[Alarm, ...]
    reason: tuple[str, ...]
    overdispersion: Floats
    reference: Floats


class _Charts:
    """Both charts of every series, and the one that waits for the end of an alert."""

    def __init__(self, count: int) -> None:
        self.level = {UP: np.zeros(count), DOWN: np.zeros(count)}
        self.zero = {UP: np.zeros(count, dtype=int), DOWN: np.zeros(count, dtype=int)}
        self.k, self.h = np.full(count, 0.5), np.full(count, np.inf)

    def add(self, residual: Floats, day: int) -> None:
        """Add a day; days without a residual leave the charts as they are.

        A single day never alarms, however odd it is.
        """
        told = np.isfinite(residual)
        most = np.where(np.isfinite(self.h), 0.99 * (self.k + self.h), 0.0)
        counted = np.clip(np.nan_to_num(residual), -most, most)
        for side in (UP, DOWN):
            moved = np.maximum(self.level[side] + side * counted - self.k, 0.0)
            self.level[side] = np.where(told, moved, self.level[side])
            self.zero[side] = np.where(self.level[side] <= 0, day, self.zero[side])

    def reset(self, row: int, day: int) -> None:
        """Start both charts of a series anew after a day."""
        for side in (UP, DOWN):
            self.level[side][row], self.zero[side][row] = 0.0, day


@dataclass
class _Open:
    """An open alert with the chart of its end, and the one of a change on top of it.

    `zero` and `further_zero` are the days on which they last stood at 0.
    """

    alarm: Alarm
    back: float = 0.0
    zero: int = 0
    further: float = 0.0
    further_zero: int = 0


def watch(panel: SeriesPanel) -> Watched:
    """Watch every series from its first day to its last.

    Returns:
        See `Watched`; the same panel gives the same.
    """
    count, length = panel.n.shape
    baseline, charts = Baseline(panel), _Charts(count)
    empty = np.full((count, length), np.nan)
    out = {name: empty.copy() for name in ("residual", "expected", "deviation", "up", "down")}
    first = panel.first_judged
    last_alarm: list[Alarm | None] = [None] * count
    open_alerts: dict[int, _Open] = {}
    alarms: list[Alarm] = []
    for day in range(length):
        is_month_start = day == 0 or baseline.month[day] != baseline.month[day - 1]
        if day >= GUARD_DAYS:
            baseline.learn(day - GUARD_DAYS)
            if is_month_start:
                for row in np.flatnonzero(panel.has_season):
                    baseline.find_season(int(row), day - GUARD_DAYS + 1)
        residual, expected, deviation = baseline.judge(day)
        ready = np.isfinite(residual) & (day - first >= WARM_UP_DAYS)
        residual = np.where(ready, residual, np.nan)
        baseline.usable[:, day] &= ~(np.abs(residual) > ODD_RESIDUAL)
        if is_month_start or day % 7 == 0:
            _set_limits(charts, baseline, panel, day)
        charts.add(residual, day)
        for name, values in (("residual", residual), ("expected", expected),
                             ("deviation", deviation)):
            out[name][:, day] = np.where(ready, values, np.nan)
        for busy in list(open_alerts):
            charts.reset(busy, day)
            ended = _follow(open_alerts[busy], out["residual"], day)
            if ended:
                alarms.append(ended)
                last_alarm[busy] = ended
                del open_alerts[busy]
                if ended.is_worsened:
                    worse = Alarm(busy, ended.direction, ended.end + 1, day)  # type: ignore[operator]
                    open_alerts[busy] = _Open(worse, zero=day, further_zero=day)
                else:
                    _forget(baseline, ended, day)
        out["up"][:, day], out["down"][:, day] = charts.level[UP], charts.level[DOWN]
        for side in (UP, DOWN):
            for row in np.flatnonzero((charts.level[side] > charts.h) & ready):
                start = int(charts.zero[side][row]) + 1
                if not _is_worth_it(panel, baseline, out, int(row), start, day):
                    continue
                alarm = _open(alarms, last_alarm[row], Alarm(int(row), side, start, day))
                open_alerts[int(row)] = _Open(alarm, zero=day, further_zero=day)
                baseline.usable[row, start:] = False
                baseline.relearn(int(row), day - GUARD_DAYS + 1)
                charts.reset(int(row), day)
    alarms += [one.alarm for one in open_alerts.values()]
    return Watched(
        out["residual"], out["expected"], out["deviation"], out["up"], out["down"],
        tuple(sorted(alarms, key=lambda one: (one.raised, one.row))),
        _say_why_not(panel, baseline, first, length), baseline.overdispersion(), charts.k.copy())


def _set_limits(charts: _Charts, baseline: Baseline, panel: SeriesPanel, day: int) -> None:
    """Tune charts to the smallest change worth an alert: k is half of it, by a day's deviation."""
    mean, _, variance = baseline.expect(day)
    recent = slice(max(day - 56, 0), day + 1)
    there = panel.is_judged[:, recent]
    n = (np.where(there, panel.n[:, recent], 0.0).sum(1) / np.maximum(there.sum(1), 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.sqrt(variance * baseline.overdispersion() / n)
        change = np.where(baseline.is_count, panel.smallest_change * mean, panel.smallest_change)
        half = np.nan_to_num(change / deviation / 2, nan=0.5, posinf=GRID[-1])
    place = np.clip(np.searchsorted(GRID, half + 1e-9, side="right") - 1, 0, len(GRID) - 1)
    charts.k, charts.h = GRID[place], limits_on_grid()[place]


def _is_worth_it(
    panel: SeriesPanel, baseline: Baseline, out: dict[str, Floats], row: int, start: int, day: int,
) -> bool:
    """Whether the change is at least half of the smallest worth an alert."""
    span = slice(start, day + 1)
    judged = np.isfinite(out["residual"][row, span])
    n = panel.n[row, span][judged]
    expected = n @ out["expected"][row, span][judged]
    if not n.sum():
        return False
    difference = (panel.total[row, span][judged].sum() - expected) / n.sum()
    smallest = panel.smallest_change[row] / 2
    if baseline.is_count[row]:
        smallest *= expected / n.sum()
    return bool(abs(difference) >= smallest)


def _open(alarms: list[Alarm], before: Alarm | None, alarm: Alarm) -> Alarm:
    """The alarm, or the one before it where it is the same change again."""
    if (before and before.end is not None and not before.is_new_level
            and before.direction == alarm.direction
            and alarm.start - before.end <= SAME_EVENT_DAYS):
        alarms.remove(before)
        return replace(before, end=None, closed=None)
    return alarm


def _follow(opened: _Open, residuals: Floats, day: int) -> Alarm | None:
    """Move the chart of an alert's end on by a day; the ended alarm once it is over."""
    alarm = opened.alarm
    span = residuals[alarm.row, alarm.start:day + 1] * alarm.direction
    here = span[-1]
    if np.isfinite(here):
        changed = span[:max(min(opened.zero, opened.further_zero) + 1 - alarm.start, 1)]
        shift = max(float(np.nanmean(changed)) if np.isfinite(changed).any() else 1.0, 0.5)
        opened.back = max(opened.back + shift / 2 - here, 0.0)
        if opened.back <= 0:
            opened.zero = day
        place = min(int(np.searchsorted(GRID, shift / 2 + 1e-9, side="right")) - 1, len(GRID) - 1)
        if opened.back > limits_on_grid()[max(place, 0)]:
            return replace(alarm, end=max(opened.zero, alarm.start), closed=day)
        # What is worse within two weeks belongs to the same event; later, the mean so far is known
        # to within its error.
        usual = shift + 2 / np.sqrt(max(np.isfinite(changed).sum(), 1)) + FURTHER
        opened.further = max(opened.further + here - usual, 0.0)
        if opened.further <= 0 or day - alarm.raised < SAME_EVENT_DAYS:
            opened.further, opened.further_zero = 0.0, day
        if opened.further > decision_limit(FURTHER):
            return replace(alarm, end=opened.further_zero, closed=day, is_worsened=True)
    if day - alarm.start >= NEW_LEVEL_DAYS:
        return replace(alarm, end=day, closed=day, is_new_level=True)
    return None


def _forget(baseline: Baseline, ended: Alarm, day: int) -> None:
    """Let a series learn again: from the days after the alert, or from a new level only."""
    assert ended.end is not None
    row = ended.row
    judged = baseline.panel.is_judged[row]
    if ended.is_new_level:
        # How far these days were off from the old level tells nothing of the new one.
        baseline.begin[row] = ended.start
        baseline.residual[row, ended.start:] = np.nan
        baseline.usable[row, ended.start:] = judged[ended.start:]
    else:
        baseline.usable[row, ended.end + 1:] = judged[ended.end + 1:]
    baseline.relearn(row, day - GUARD_DAYS + 1)


def _say_why_not(
    panel: SeriesPanel, baseline: Baseline, first: np.ndarray, length: int,
) -> tuple[str, ...]:
    """Why a series is not watched on the last day: a word of `alert_panel`, or nothing."""
    reasons = []
    for row in range(len(panel.series_ids)):
        if not panel.is_judged[row].any():
            reasons.append("no_data")
        elif length - first[row] < WARM_UP_DAYS:
            reasons.append("too_short")
        elif not baseline.knows_season[row]:
            reasons.append("season_unknown")
        elif not baseline._has_enough()[row]:
            reasons.append("too_few")
        else:
            reasons.append("")
    return tuple(reasons)
