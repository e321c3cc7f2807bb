"""What is late or looks wrong is told in a plain sentence; what is as always is not."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from benchmarks.arrivals import DECLARATION, MONDAY, count_false_alarms, load_of_day
from ingestion.arrival import Finding, judge_arrivals
from ingestion.declaration import SourceDeclaration
from ingestion.raw_zone import Load


def declared(**settings: Any) -> SourceDeclaration:
    table = DECLARATION.tables[0].model_copy(update=settings)
    return DECLARATION.model_copy(update={"tables": (table,)})


def week(days: int, rows: int = 100) -> list[Load]:
    """A load a day, with facts up to the day before."""
    return [facts(load_of_day(day, rows + day % 3)) for day in range(days)]


def facts(load: Load, days_before: int = 1) -> Load:
    assert load.extracted_on
    last = load.extracted_on - timedelta(days=days_before)
    return replace(load, last_event_at=datetime.combine(last, datetime.min.time()))


def judge(
    loads: list[Load], on: date | None = None, new: tuple[str, ...] = (), **settings: Any,
) -> tuple[Finding, ...]:
    last = max(load.extracted_on or MONDAY for load in loads)
    return judge_arrivals((declared(**settings),), loads, on or last, new)


def sentences(found: tuple[Finding, ...]) -> list[str]:
    return [finding.sentence for finding in found]


def test_a_source_that_is_as_always_is_not_told() -> None:
    for days in range(1, 61):
        assert judge(week(days)) == ()


@pytest.mark.parametrize(("every", "days", "said"), [
    ("1d", 1, None), ("1d", 2, "1 day late"), ("1d", 4, "3 days late"),
    ("6h", 1, None), ("6h", 2, "1 day late"), ("36h", 2, None), ("36h", 3, "1 day late"),
    ("7d", 7, None), ("7d", 9, "2 days late"), ("", 400, None),
])
def test_a_source_is_late_by_days_beyond_its_period(
    every: str, days: int, said: str | None,
) -> None:
    last = MONDAY + timedelta(days=4)
    found = judge(week(5), last + timedelta(days=days), expected_every=every)
    assert sentences(found) == ([] if said is None else [
        f"till pos.orders: last extract of {last}, expected every {every}, on "
        f"{last + timedelta(days=days)} {said}"])


def test_a_source_that_never_sends_on_weekends_is_not_late_on_mondays() -> None:
    loads = [load for load in week(33) if (load.extracted_on or MONDAY).weekday() < 5]
    last = loads[-1].extracted_on or MONDAY
    assert last.weekday() == 4
    assert judge(loads, last + timedelta(days=3)) == ()
    (found,) = judge(loads, last + timedelta(days=4))
    assert found.sentence.endswith("1 day late")


def test_without_a_declared_date_the_latest_fact_counts() -> None:
    loads = [replace(load, extracted_on=None) for load in week(5)]
    (found,) = judge_arrivals((declared(),), loads, MONDAY + timedelta(days=6))
    last = MONDAY + timedelta(days=3)
    assert found.sentence.startswith(f"till pos.orders: last extract of {last}")


def test_one_fact_of_the_future_hides_no_stop() -> None:
    """Of a source without declared dates; its loads follow one another as they were made."""
    loads = [replace(load, extracted_on=None) for load in week(20)]
    loads[4] = replace(loads[4], last_event_at=datetime(2062, 3, 5))
    assert judge_arrivals((declared(),), loads, MONDAY + timedelta(days=19)) == ()
    (found,) = judge_arrivals((declared(),), loads, MONDAY + timedelta(days=22))
    assert found.sentence.startswith(
        f"till pos.orders: last extract of {MONDAY + timedelta(days=18)}")
    (found,) = judge_arrivals(
        (declared(),), [*loads[:-1], replace(loads[-1], rows_read=3)], MONDAY + timedelta(days=19))
    assert "3 rows in orders_2026-01-24.csv" in found.sentence


def test_facts_of_tomorrow_in_utc_are_no_future() -> None:
    (load,) = (replace(load, extracted_on=None) for load in week(1))
    assert load.last_event_at
    today = load.last_event_at.date() - timedelta(days=1)
    assert judge_arrivals((declared(),), [load], today) == ()
    (found,) = judge_arrivals((declared(),), [load], today + timedelta(days=5))
    assert found.kind == "late"


@pytest.mark.parametrize("rows", [0, 9, 1_000])
def test_a_suspicious_number_of_rows_is_told(rows: int) -> None:
    loads = [*week(20), facts(load_of_day(20, rows))]
    assert sentences(judge(loads)) == [
        f"till pos.orders: {rows:,} rows in orders_2026-01-25.csv, usual are 101"]


def test_few_rows_on_the_day_that_always_has_few_are_not_told() -> None:
    loads = [facts(load_of_day(day, 5 if day % 7 == 6 else 1_000 + day % 5)) for day in range(70)]
    for days in range(1, 71):
        assert judge(loads[:days]) == ()
    tuesday = [*loads, facts(load_of_day(70, 1_000)), facts(load_of_day(71, 5))]
    assert sentences(judge(tuesday)) == [
        "till pos.orders: 5 rows in orders_2026-03-17.csv, usual are 1,002"]


def test_a_new_extract_is_judged_even_where_a_later_one_came_with_it() -> None:
    loads = week(20)
    loads[18] = replace(loads[18], rows_read=3)
    assert judge(loads) == ()
    (found,) = judge(loads, new=("load18", "load19"))
    assert "3 rows in orders_2026-01-23.csv" in found.sentence


def test_a_first_load_of_years_is_no_arrival() -> None:
    loads = week(20)
    loads[15] = replace(loads[15], rows_read=3)
    assert judge(loads, new=tuple(load.load_id for load in loads)) == ()


def test_a_load_in_quarantine_has_arrived_and_is_told_by_another_check() -> None:
    loads = [*week(20), replace(facts(load_of_day(20, 3)), state="quarantined")]
    assert judge(loads) == ()


def test_replays_and_superseded_loads_are_no_extracts() -> None:
    loads = [*week(20), replace(load_of_day(20, 3), replays_load_id="load19"),
             replace(load_of_day(21, 3), state="superseded")]
    assert judge(loads, MONDAY + timedelta(days=19)) == ()


def test_yesterdays_file_under_todays_name_is_told() -> None:
    loads = week(20)
    loads[19] = replace(loads[19], content_hash="hash18")
    assert sentences(judge(loads)) == [
        "till pos.orders: orders_2026-01-24.csv has the same content as orders_2026-01-23.csv"]


def test_a_source_that_often_sends_the_same_is_not_told_for_it() -> None:
    loads = [replace(load, content_hash=f"hash{int(load.load_id[4:]) // 3}") for load in week(20)]
    assert judge(loads) == ()


def test_files_without_rows_are_alike() -> None:
    loads = [*week(20), *(replace(load_of_day(day, 0), content_hash="empty") for day in (20, 21))]
    assert {finding.kind for finding in judge(loads)} <= {"rows"}


def test_a_date_far_from_its_facts_is_told() -> None:
    loads = [*week(20), facts(load_of_day(20, 101), days_before=30)]
    assert sentences(judge(loads)) == [
        "till pos.orders: orders_2026-01-25.csv is dated 2026-01-25, but its latest fact is of "
        "2025-12-26"]


def test_gaps_as_they_have_been_before_are_not_told() -> None:
    loads = [facts(load, days_before=1 + 3 * (number % 5)) for number, load in enumerate(week(20))]
    assert judge([*loads, facts(load_of_day(20, 101), days_before=16)]) == ()


def test_two_hundred_normal_series_hardly_raise_an_alarm() -> None:
    """At most one false alarm in 400 files; `benchmarks.arrivals` prints what is found."""
    judged, alarms, _ = count_false_alarms(random.Random(11), 200)
    assert judged == 200 * 119
    assert alarms <= judged / 400


def test_a_table_that_is_asked_for_is_late_when_it_was_not_asked() -> None:
    """Not when nothing had changed; and few changed rows are no matter."""
    asked = SourceDeclaration.model_validate({
        "source": "crm", "connection": {"kind": "postgresql", "url_env": "CRM_URL"}, "tables": [{
            "entity": "pos.orders", "table": "orders", "key": "id", "expected_every": "1d",
            "columns": {"ordered_at": "at", "net_amount": "amount"}}]})
    last = MONDAY + timedelta(days=30)
    loads = [replace(load, source_system="crm") for load in (*week(20), load_of_day(20, 1))]

    def told(on: date) -> list[str]:
        return sentences(judge_arrivals(
            (asked,), loads, on, fetched_on={("crm", "pos.orders"): last}))

    assert told(last) == []
    assert told(last + timedelta(days=3)) == [
        f"crm pos.orders: last fetch of {last}, expected every 1d, on "
        f"{last + timedelta(days=3)} 2 days late"]
    assert judge_arrivals((asked,), loads, last) == ()
