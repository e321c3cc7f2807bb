"""What the watch finds in series whose truth is known, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models_ml.alert_panel import count_years, trailing_mean
from models_ml.alert_watch import DOWN, NEW_LEVEL_DAYS, UP, WARM_UP_DAYS, watch
from tests.unit.models_ml.alert_series import FIRST, make_counts, make_means, make_panel

YEAR = WARM_UP_DAYS + 365


def levels(*parts: tuple[int, float]) -> np.ndarray:
    return np.concatenate([np.full(days, level, dtype=float) for days, level in parts])


def test_a_drop_is_found_with_its_first_day_and_its_end() -> None:
    panel = make_means(levels((200, 50), (40, 44), (60, 50)))
    (alarm,) = watch(panel).alarms
    assert alarm.direction == DOWN
    assert abs(alarm.start - 200) <= 3
    assert 200 < alarm.raised <= 210
    assert alarm.end is not None
    assert abs(alarm.end - 239) <= 3
    assert alarm.closed is not None
    assert alarm.closed > alarm.end
    assert not alarm.is_new_level


def test_a_change_goes_on_until_it_is_what_is_usual() -> None:
    still = watch(make_means(levels((200, 50), (60, 56)))).alarms
    assert [(one.direction, one.end) for one in still] == [(UP, None)]
    later = watch(make_means(levels((200, 50), (300, 56)))).alarms
    assert [one.is_new_level for one in later] == [True]
    assert later[0].end == later[0].start + NEW_LEVEL_DAYS


def test_something_worse_on_top_of_an_open_alert_is_an_alert_of_its_own() -> None:
    first, second = watch(make_means(levels((200, 50), (40, 46), (30, 36)))).alarms
    assert first.is_worsened
    assert first.end is not None
    assert abs(first.end - 239) <= 2
    assert (second.direction, second.start) == (DOWN, first.end + 1)
    assert second.raised <= 245
    assert second.end is None


def test_false_alerts_are_fewer_than_one_a_year() -> None:
    count = 60
    for panel in (make_means(levels((YEAR, 50)), count=count),
                  make_counts(levels((YEAR, 4)), count=count),
                  make_counts(levels((YEAR, 0.5)), count=count)):
        assert len(watch(panel).alarms) / count <= 1


def test_one_odd_day_is_no_alert() -> None:
    level = levels((300, 50))
    level[220] = 500
    assert watch(make_means(level)).alarms == ()


def test_a_weekday_that_always_differs_is_expected() -> None:
    days = np.arange(YEAR)
    is_sunday = (FIRST + days).astype(int) % 7 == 3
    panel = make_counts(np.where(is_sunday, 8.0, 20.0), count=20)
    watched = watch(panel)
    assert len(watched.alarms) <= 20
    sunday = np.flatnonzero(is_sunday)[-4:]
    assert watched.expected[:, sunday] == pytest.approx(8.0, abs=2.5)


def test_public_holidays_are_neither_judged_nor_learnt_from() -> None:
    level = levels((260, 20))
    feast = np.arange(200, 210)
    level[feast] = 0.0
    days = tuple(FIRST + day for day in feast)
    assert watch(make_counts(level)).alarms != ()
    watched = watch(make_counts(level, holidays=days))
    assert watched.alarms == ()
    assert np.isnan(watched.residual[:, feast]).all()


def test_a_season_is_known_after_two_years() -> None:
    days = np.arange(3 * 365 + 40)
    month = (FIRST + days).astype("datetime64[M]").astype(int) % 12
    demand = np.where(month == 11, 80.0, np.where(month == 0, 30.0, 50.0))
    count = 10
    watched = watch(make_counts(demand, has_season=True, count=count))
    assert np.isnan(watched.residual[:, :730]).all()
    assert np.isfinite(watched.residual[:, 800:]).mean() > 0.95
    assert len(watched.alarms) <= count
    assert len(watch(make_counts(demand, count=count)).alarms) > 4 * count
    short = watch(make_counts(demand[:400], has_season=True))
    assert short.reason == ("season_unknown",)


def test_years_of_a_season_are_those_of_the_series() -> None:
    # A series that began 300 days after the first one of the panel knows its months as late.
    days = np.arange(300 + 3 * 365)
    month = (FIRST + days).astype("datetime64[M]").astype(int) % 12
    demand = np.where(month == 11, 80.0, np.where(month == 0, 30.0, 50.0))
    whole = make_counts(demand, has_season=True)
    late = replace(whole, is_there=whole.is_there & (days >= 300))
    assert late.first_judged.tolist() == [300]
    assert watch(replace(late, **{name: getattr(late, name)[..., :1000] for name in (
        "n", "total", "squares", "cubes", "is_there", "days", "is_holiday")})).reason == (
            "season_unknown",)
    judged = np.isfinite(watch(late).residual[0])
    assert not judged[:1030].any()
    assert judged[1100:].mean() > 0.95


@pytest.mark.parametrize(("first", "day", "years"), [
    (0, 729, 0), (0, 730, 2), (0, 1095, 3), (300, 1029, 0), (300, 1030, 2), (900, 800, 0)])
def test_fewer_than_two_whole_years_are_none(first: int, day: int, years: int) -> None:
    assert count_years(first, day) == years


def test_judged_days_are_found_once() -> None:
    panel = make_means(levels((10, 50)))
    assert panel.is_judged is panel.is_judged


def test_what_comes_later_changes_nothing_that_was_told() -> None:
    panel = make_means(levels((150, 50), (30, 45), (120, 50), (40, 56), (60, 50)))
    whole = watch(panel)
    assert len(whole.alarms) >= 2
    for until in (185, 250, 340):
        cut = replace(panel, **{name: getattr(panel, name)[..., :until] for name in (
            "n", "total", "squares", "cubes", "is_there", "days", "is_holiday")})
        seen = watch(cut)
        assert [(one.start, one.raised) for one in seen.alarms] == [
            (one.start, one.raised) for one in whole.alarms if one.raised < until]
        np.testing.assert_array_equal(seen.residual, whole.residual[:, :until])


def test_days_that_vary_more_than_their_records_raise_no_alarm() -> None:
    rng = np.random.default_rng(5)
    noise = 50 + 6 * rng.standard_normal((30, YEAR))
    panel = make_means(np.full(YEAR, 50.0), count=30, n=400)
    total = panel.n * noise
    wild = replace(panel, total=total, squares=panel.n * (noise ** 2 + 100),
                   cubes=panel.n * (noise ** 3 + 300 * noise))
    watched = watch(wild)
    assert np.median(watched.overdispersion) > 50
    assert len(watched.alarms) / 30 <= 1.5


def test_why_a_series_is_not_watched_is_said() -> None:
    none = make_panel(np.zeros((1, 100)), np.zeros((1, 100)))
    assert watch(none).reason == ("no_data",)
    assert watch(make_means(levels((50, 50)))).reason == ("too_short",)
    rare = make_counts(levels((300, 0.01)))
    assert watch(rare).reason == ("too_few",)
    assert watch(make_means(levels((100, 50)))).reason == ("",)


def test_a_panel_without_series_or_days_is_no_error() -> None:
    nothing = make_panel(np.zeros((0, 5)), np.zeros((0, 5)))
    assert watch(nothing).alarms == ()


def test_a_panel_that_does_not_fit_is_refused() -> None:
    panel = make_means(levels((10, 50)))
    with pytest.raises(ValueError, match="total"):
        replace(panel, total=panel.total[:, :5])
    with pytest.raises(ValueError, match="median"):
        replace(panel, statistic=np.array(["median"]))
    with pytest.raises(ValueError, match="gap"):
        replace(panel, days=panel.days[::-1])
    with pytest.raises(ValueError, match="smallest_change"):
        replace(panel, smallest_change=np.array([0.0]))


def test_a_late_count_is_compared_with_four_weeks() -> None:
    counts = np.arange(1.0, 31.0)
    mean = trailing_mean(counts, 3)
    assert mean[:4].tolist() == [1.0, 1.5, 2.0, 3.0]
