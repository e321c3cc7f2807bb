"""Alarms become alerts: ids, sizes, events, reasons."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.alert_events import (
    Trait,
    alert_id,
    find_reasons,
    group_events,
    is_worse,
    match_known,
    measure_span,
)
from models_ml.alert_watch import DOWN, UP, Alarm, watch
from tests.unit.models_ml.alert_series import make_counts, make_means

DELIVERY = Trait("delivery", "operational", "up")
TOPIC = Trait("delivery", "voice", "down")
NPS = Trait("all", "outcome", "up")
APP = Trait("digital", "operational", "down")


def test_an_id_is_of_series_direction_and_day() -> None:
    day = np.datetime64("2026-03-01")
    assert alert_id("nps", DOWN, day) == alert_id("nps", DOWN, day.astype("datetime64[s]"))
    assert len({alert_id("nps", DOWN, day), alert_id("nps", UP, day), alert_id("ces", DOWN, day),
                alert_id("nps", DOWN, day + 1)}) == 4


@pytest.mark.parametrize(("direction", "better", "expected"), [
    (UP, "up", False), (DOWN, "up", True), (UP, "down", True), (DOWN, "down", False),
    (UP, None, None),
])
def test_worse_depends_on_which_way_is_better(
    direction: int, better: str | None, expected: bool | None,
) -> None:
    assert is_worse(direction, better) is expected


def test_the_size_of_a_change_lies_in_its_interval() -> None:
    covered = 0
    for seed in range(100):
        level = np.concatenate([np.full(200, 50.0), np.full(30, 46.0)])
        panel = make_means(level, seed=seed)
        size = measure_span(panel, watch(panel), 0, 200, 229)
        assert size is not None
        covered += size.low <= -4 <= size.high
    assert covered >= 88


def test_the_size_of_a_count_is_per_unit() -> None:
    panel = make_counts(np.concatenate([np.full(200, 4.0), np.full(20, 12.0)]))
    size = measure_span(panel, watch(panel), 0, 200, 219)
    assert size is not None
    assert size.records == panel.total[0, 200:].sum()
    assert size.observed == pytest.approx(size.records / 20)
    assert size.low < 8 < size.high
    assert measure_span(panel, watch(panel), 0, 10, 20) is None


def test_alerts_of_one_event_have_one_leader() -> None:
    alarms = [Alarm(2, DOWN, 103, 110), Alarm(0, DOWN, 100, 102, 120, 125),
              Alarm(1, UP, 104, 108), Alarm(3, UP, 101, 103), Alarm(2, UP, 101, 103)]
    traits = [DELIVERY, TOPIC, NPS, APP]
    leaders = group_events(alarms, [-1.0, -3.0, 2.0, 2.5, 1.0], traits, 130)
    # NPS falls and criticism rises with late deliveries; app errors are an event of their own, and
    # so is an NPS that rises.
    assert leaders == [1, 1, 1, 3, 4]


@pytest.mark.parametrize(("other", "leader"), [
    (Alarm(1, UP, 110, 115), 0),                     # began ten days later
    (Alarm(1, UP, 111, 115), 1),                     # later than that
    (Alarm(1, DOWN, 101, 105), 1),                   # for the better
    (Alarm(1, UP, 91, 95, 99, 101), 1),              # over before the other began
])
def test_what_makes_one_event(other: Alarm, leader: int) -> None:
    alarms = [Alarm(0, DOWN, 100, 102), other]
    assert group_events(alarms, [-3.0, 2.0], [DELIVERY, TOPIC], 130)[1] == leader


def test_what_moved_with_an_alert_is_its_likely_reason() -> None:
    quiet = np.full(230, 50.0)
    moved = np.concatenate([np.full(200, 50.0), np.full(30, 40.0)])
    panel = make_means(np.stack([moved, moved, quiet, moved]))
    traits = [NPS, Trait("delivery", "operational", "up"), Trait("digital", "operational", "up"),
              Trait("all", "outcome", "up")]
    reasons = find_reasons(panel, watch(panel), traits, Alarm(0, DOWN, 200, 205), 229)
    # Neither what stayed as it was nor another outcome explains it.
    assert [reason.row for reason in reasons] == [1]
    better = [NPS, Trait("delivery", "operational", "down"), traits[2], traits[3]]
    assert find_reasons(panel, watch(panel), better, Alarm(0, DOWN, 200, 205), 229) == []


def day(text: str) -> np.datetime64:
    return np.datetime64(text)


def test_known_alerts_are_found_again_though_their_first_day_moved() -> None:
    found = [("nps", DOWN, day("2026-03-05"), None), ("nps", DOWN, day("2026-01-01"),
                                                     day("2026-02-10")),
             ("ces", DOWN, day("2026-03-05"), None)]
    known = [("a", "nps", DOWN, day("2026-03-10")), ("b", "nps", DOWN, day("2026-02-01")),
             ("c", "nps", UP, day("2026-03-05")), ("d", "nps", DOWN, day("2025-01-01"))]
    assert match_known(found, known, 14) == {0: "a", 1: "b"}


def test_an_id_is_given_once() -> None:
    found = [("nps", DOWN, day("2026-03-05"), day("2026-03-08")),
             ("nps", DOWN, day("2026-03-12"), None)]
    known = [("a", "nps", DOWN, day("2026-03-06"))]
    assert match_known(found, known, 14) == {0: "a"}
