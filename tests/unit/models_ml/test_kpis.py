"""Values of KPIs on records small enough for paper."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ml.kpis import (
    METHODS,
    Record,
    Tally,
    counted_records,
    is_same,
    period_bounds,
    share_of,
)


def tally(method: str, records: list[Record]) -> Tally:
    added = Tally(method)
    for record in counted_records(method, records):
        added.add(record)
    return added


# Two records of a, one each of b and c.
RECORDS = [Record("1", "a", 1.0, 4.0), Record("2", "a", 0.0, 1.0), Record("3", "b", 0.0, 1.0),
           Record("4", "c", 1.0, 4.0)]


@pytest.mark.parametrize(("method", "value", "n"), [
    ("share", 0.5, 4), ("score", 50.0, 4), ("mean", 0.5, 4), ("sum", 2.0, 4), ("count", 4.0, 4),
    ("persons", 3.0, 3), ("ratio", 0.2, 4), ("per_person", 2 / 3, 3), ("person_share", 2 / 3, 3),
    ("nps", 100 * 2 / 3, 3),
])
def test_every_method_has_its_value_and_n(method: str, value: float, n: int) -> None:
    added = tally(method, [record._replace(order=str(5 - int(record.key))) for record in RECORDS])
    assert (added.value, added.n) == (pytest.approx(value), n)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_has_no_value(method: str) -> None:
    assert (tally(method, []).value, tally(method, []).n) == (None, 0)


def test_a_ratio_by_nothing_has_no_value() -> None:
    assert tally("ratio", [Record("1", "a", 1.0, 0.0)]).value is None


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="median: unknown method; there are share"):
        Tally("median")


@pytest.mark.parametrize("turn", [1, -1])
def test_of_a_persons_answers_to_nps_the_latest_counts(turn: int) -> None:
    answers = [Record("1", "a", 1.0, order="2026-03-01 1"), Record("2", "a", -1.0,
               order="2026-03-02 2"), Record("3", "b", 1.0, order="2026-03-01 3")][::turn]
    assert tally("nps", answers).value == 0.0
    assert {record.key for record in counted_records("nps", answers)} == {"2", "3"}


def test_weights_count_where_any_record_has_one() -> None:
    records = [Record("1", "a", 1.0, weight=3.0), Record("2", "b", 0.0)]
    assert tally("share", records).weighted == 0.75
    assert tally("score", records).weighted == 75.0
    assert tally("sum", records).weighted is None
    assert tally("share", [record._replace(weight=None) for record in records]).weighted is None


def test_a_share_is_at_most_all() -> None:
    assert share_of(1.0, 4.0) == 0.25
    assert share_of(5.0, 4.0) == 1.0
    assert share_of(1.0, None) is share_of(None, 4.0) is share_of(1.0, 0.0) is None


def test_values_are_the_same_but_for_rounding() -> None:
    assert is_same(0.1 + 0.2, 0.3)
    assert is_same(1e9, 1e9 + 0.5)
    assert is_same(None, None)
    assert not is_same(0.3, 0.3001)
    assert not is_same(0.0, None)


@pytest.mark.parametrize(("label", "first", "after"), [
    ("2026-03-31", date(2026, 3, 31), date(2026, 4, 1)),
    ("2026-W01", date(2025, 12, 29), date(2026, 1, 5)),
    ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
    ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
    ("2026", date(2026, 1, 1), date(2027, 1, 1)),
])
def test_a_period_begins_and_ends(label: str, first: date, after: date) -> None:
    assert period_bounds(label) == (first, after)


@pytest.mark.parametrize("label", [
    "", "all", "2026-13", "2026-00", "2026-Q5", "2026-W54", "2025-W53", "2026-02-30", "March 2026",
    "2026-3", "0000"])
def test_what_is_no_period_is_refused(label: str) -> None:
    with pytest.raises(ValueError):
        period_bounds(label)


@given(st.dates(date(1900, 1, 1), date(2999, 12, 30)))
def test_a_day_lies_in_each_of_its_periods_and_the_next_begins_where_one_ends(day: date) -> None:
    year, week, _ = day.isocalendar()
    for label in (day.isoformat(), f"{year}-W{week:02}", f"{day:%Y-%m}",
                  f"{day.year}-Q{(day.month + 2) // 3}", f"{day.year}"):
        first, after = period_bounds(label)
        assert first <= day < after
        assert after - first <= timedelta(days=366)
