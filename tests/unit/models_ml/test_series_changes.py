"""Changes of level in hindsight, against what was planted."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.series_changes import find_changes
from tests.unit.models_ml.alert_series import FIRST, make_counts, make_means, make_panel


def test_planted_changes_are_found_with_day_and_size() -> None:
    level = np.concatenate([np.full(150, 50.0), np.full(60, 44.0), np.full(120, 50.0)])
    down, up = find_changes(make_means(level))
    assert abs(down.day - 150) <= 2
    assert abs(up.day - 210) <= 2
    assert down.low <= -6 <= down.high
    assert down.after == pytest.approx(44, abs=0.8)
    assert up.low <= 6 <= up.high


def test_without_a_change_there_is_hardly_any() -> None:
    assert len(find_changes(make_means(np.full(700, 50.0), count=40))) <= 2
    # A rare record on most days none: its scatter is not that of the days in the middle.
    assert len(find_changes(make_counts(np.full(700, 0.03), count=40))) <= 2


def test_weekdays_are_no_changes() -> None:
    is_sunday = (FIRST + np.arange(400)).astype(int) % 7 == 3
    assert find_changes(make_counts(np.where(is_sunday, 5.0, 25.0))) == []


def test_a_season_needs_two_years() -> None:
    month = (FIRST + np.arange(1100)).astype("datetime64[M]").astype(int) % 12
    demand = np.where(month == 11, 90.0, 50.0)
    assert find_changes(make_counts(demand[:700], has_season=True)) == []
    assert find_changes(make_counts(demand, has_season=True)) == []
    assert find_changes(make_counts(demand)) != []


def test_holidays_do_not_make_two_years_shorter() -> None:
    demand = np.where(np.arange(735) < 400, 50.0, 80.0)
    feast = tuple(FIRST + day for day in range(100, 110))
    found = find_changes(make_counts(demand, has_season=True, holidays=feast))
    assert [one.day for one in found if abs(one.day - 400) <= 2]


def test_too_few_days_or_always_the_same_are_no_error() -> None:
    assert find_changes(make_means(np.full(20, 50.0))) == []
    assert find_changes(make_panel(np.ones((1, 100)), np.zeros((1, 100)),
                                   statistic="count")) == []
