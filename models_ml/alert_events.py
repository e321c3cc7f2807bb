"""From alarms of single series to alerts: how large, one event or several, what moved with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models_ml.alert_panel import SeriesPanel
from models_ml.alert_watch import Alarm, Watched
from models_ml.intervals import NORMAL_QUANTILE

ROLES = ("operational", "voice", "outcome")
"""What an event is told by first: what happened, what was said of it, what came of it."""
EVENT_DAYS = 10
"""Starts of one event's alerts lie so close together."""
LEAST_SCORE = 3.0
"""A series moved with an alert where the sum of its days is so many standard deviations off."""
REASONS = 3


@dataclass(frozen=True)
class Trait:
    """What grouping needs of a series; `subject` "all" concerns everything."""

    subject: str
    role: str
    direction: str | None


@dataclass(frozen=True)
class Size:
    """How far the days of a span were off.

    Attributes:
        days: that could be judged.
        records: n of them; of a count the records.
        observed, expected: means over the span; of counts per unit of what they are compared with.
        low, high: 95 % interval of `observed - expected`.
        effect: mean residual in standard deviations.
        score: sum of residuals by the root of their number; standard normal without a change.
    """

    days: int
    records: float
    observed: float
    expected: float
    low: float
    high: float
    effect: float
    score: float


@dataclass(frozen=True)
class Reason:
    """A series that moved on the days of an alert."""

    row: int
    size: Size


def alert_id(series_id: str, direction: int, start: np.datetime64) -> str:
    """Id of an alert: the same for the same series, direction and first day."""
    text = f"{series_id}|{'up' if direction > 0 else 'down'}|{start.astype('datetime64[D]')}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:12]


def measure_span(
    panel: SeriesPanel, watched: Watched, row: int, first: int, last: int,
) -> Size | None:
    """How far a series was off from the first to the last day; None where no day was judged.

    The size of an alert that has just been raised tends to be too large, because it was raised for
    being large; days that come after it correct that.
    """
    span = slice(first, last + 1)
    residual = watched.residual[row, span]
    judged = np.isfinite(residual)
    n = panel.n[row, span][judged]
    if not n.sum() > 0:
        return None
    total = panel.total[row, span][judged]
    expected = n @ watched.expected[row, span][judged] / n.sum()
    observed = total.sum() / n.sum()
    error = np.sqrt(np.square(n) @ np.square(watched.deviation[row, span][judged])) / n.sum()
    # Where the level has moved far, so has the variance of a count or share.
    if panel.statistic[row] != "mean" and expected > 0:
        error *= np.sqrt(max(observed / expected, 1.0))
    residual = residual[judged]
    half = NORMAL_QUANTILE * error
    return Size(
        int(judged.sum()), float(total.sum() if panel.statistic[row] == "count" else n.sum()),
        float(observed), float(expected), float(observed - expected - half),
        float(observed - expected + half), float(residual.mean()),
        float(residual.sum() / np.sqrt(judged.sum())))


def is_worse(direction: int, better: str | None) -> bool | None:
    """Whether a change is for the worse; None where neither direction is."""
    return None if better is None else (direction > 0) != (better == "up")


def group_events(
    alarms: Sequence[Alarm], effects: Sequence[float], traits: Sequence[Trait], last: int,
) -> list[int]:
    """Say of every alarm which one leads its event.

    Alarms are of one event where they began within `EVENT_DAYS`, were open at the same time, are
    alike for the worse or not, and are about the same subject (or one of them about all). The
    leading one says what happened rather than what came of it, and is furthest off.

    Args:
        alarms: changes.
        effects: how far each is off, in standard deviations of a day.
        traits: of the series, by row.
        last: last day of the panel.

    Returns:
        Position of the leading alarm, one per alarm.
    """
    leader = list(range(len(alarms)))
    order = sorted(leader, key=lambda at: (
        ROLES.index(traits[alarms[at].row].role), -abs(effects[at]), alarms[at].start,
        alarms[at].row))
    taken: set[int] = set()
    for at in order:
        if at in taken:
            continue
        taken.add(at)
        for other in order:
            if other not in taken and _is_same_event(alarms[at], alarms[other], traits, last):
                leader[other] = at
                taken.add(other)
    return leader


def _is_same_event(
    one: Alarm, other: Alarm, traits: Sequence[Trait], last: int,
) -> bool:
    mine, theirs = traits[one.row], traits[other.row]
    worse = is_worse(one.direction, mine.direction), is_worse(other.direction, theirs.direction)
    ends = [last if alarm.end is None else alarm.end for alarm in (one, other)]
    return (one.row != other.row
            and abs(one.start - other.start) <= EVENT_DAYS
            and max(one.start, other.start) <= min(ends)
            and worse[0] == worse[1]
            and (mine.subject == theirs.subject or "all" in (mine.subject, theirs.subject)))


def find_reasons(
    panel: SeriesPanel, watched: Watched, traits: Sequence[Trait], alarm: Alarm, last: int,
) -> list[Reason]:
    """Find the series that moved on the days of an alert, those that moved most first.

    Only what happened and what customers said can be a reason, not another outcome; and only a move
    for the worse explains one for the worse.
    """
    found = []
    mine = traits[alarm.row]
    worse = is_worse(alarm.direction, mine.direction)
    end = last if alarm.end is None else alarm.end
    for row, theirs in enumerate(traits):
        if row == alarm.row or theirs.role == "outcome":
            continue
        size = measure_span(panel, watched, row, alarm.start, end)
        if size is None or abs(size.score) < LEAST_SCORE:
            continue
        moved = is_worse(1 if size.score > 0 else -1, theirs.direction)
        if worse is None or moved is None or moved == worse:
            found.append(Reason(row, size))
    return sorted(found, key=lambda one: (-abs(one.size.score), one.row))[:REASONS]


def match_known(
    found: Sequence[tuple[str, int, np.datetime64, np.datetime64 | None]],
    known: Sequence[tuple[str, str, int, np.datetime64]], days: int,
) -> Mapping[int, str]:
    """Find the alerts of earlier runs among those of this one.

    Data that came later can move the first day of a change; it still is the same alert.

    Args:
        found: series, direction, start and end (None while open) of this run's alerts.
        known: id, series, direction and start of recorded alerts.
        days: how far starts of one alert may lie apart; a start inside the span of the found one is
            near enough, too.

    Returns:
        Position in `found` -> id; every id at most once, the nearest start first.
    """
    pairs = []
    for place, (series, direction, start, end) in enumerate(found):
        for identifier, other, way, begun in known:
            if (series, direction) != (other, way):
                continue
            apart = abs(int((start - begun).astype("timedelta64[D]").astype(int)))
            inside = begun >= start and (end is None or begun <= end)
            if apart <= days or inside:
                pairs.append((apart, place, identifier))
    matched: dict[int, str] = {}
    for _, place, identifier in sorted(pairs):
        if place not in matched and identifier not in matched.values():
            matched[place] = identifier
    return matched
