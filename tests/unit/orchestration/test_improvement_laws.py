"""Each law of dbt about improvements holds for good rows and finds the bad one."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from tests.unit.laws import law_query

Find = Callable[..., int]


@pytest.fixture
def find() -> Find:
    """Count the rows that a law returns over tables given as SQL for their rows."""
    def count(law: str, **tables: str) -> int:
        with duckdb.connect() as con:
            for name, rows in tables.items():
                con.execute(f"create table {name} as {rows}")
            return len(con.execute(law_query(law)).fetchall())
    return count


def test_what_contacts_cost_is_what_cases_cost(find: Find) -> None:
    law = "service_costs_are_costs_of_cases"
    cases = "select 6.0 as cost_amount, date '2026-03-01' as opened_date from range(2)"
    costs = ("select 'complaint' as cost_kind, {} as cost_amount, {} as costs_count union all "
             "select 'return', 9.0, 1")
    assert find(law, cases=cases, service_costs=costs.format("12.0", 2)) == 0
    assert find(law, cases=cases, service_costs=costs.format("11.0", 2)) == 1
    assert find(law, cases=cases, service_costs=costs.format("12.0", 3)) == 1


@pytest.mark.parametrize(("first", "second", "bad"), [
    ("9, 20.0, false", "7, 10.0, false", 0),
    ("null, null, true", "null, null, true", 0),
    ("null, null, true", "7, 10.0, false", 1),
    ("4, 20.0, false", "7, 10.0, false", 1),
    ("null, 20.0, true", "null, null, true", 1),
])
def test_few_people_are_hidden_and_never_alone(
    find: Find, first: str, second: str, bad: int,
) -> None:
    columns = "customers_count, cost_amount, is_suppressed"
    rows = " union all ".join(
        f"select '2026-03' as period, 'department' as dimension, null::bigint as contacts_count, "
        f"null::double as handling_minutes, null::double as poor_quality_amount, * "
        f"from (values ({values})) as t({columns})" for values in (first, second))
    assert find("service_costs_hide_few_people", service_costs_by_month=rows) == bad


@pytest.mark.parametrize(("row", "bad"), [
    ("5, true, false, true, 1", 0), ("5, false, false, false, null", 0),
    ("4, true, false, true, 1", 1), ("5, false, false, true, 1", 1),
    ("5, true, false, true, null", 1), ("5, false, true, false, 2", 1),
])
def test_issues_are_of_people_enough_and_stand_out(find: Find, row: str, bad: int) -> None:
    rows = (f"select 'i' as issue, * from (values ({row})) as "
            "t(people_count, stands_out, is_score_worse, is_candidate, issue_rank)")
    assert find("root_causes_are_of_people_enough", root_causes=rows) == bad


@pytest.mark.parametrize(("cases", "sizes", "bad"), [
    (10, "select 'A' as team, 10 as employees_count", 0),
    (9, "select 'A' as team, 10 as employees_count", 1),
    (10, "select 'A' as team, 9 as employees_count", 1),
    (10, "select 'B' as team, 30 as employees_count", 1),
    (10, "select 'B' as team, 30 as employees_count where false", 0),
])
def test_teams_that_are_told_of_are_large_enough(
    find: Find, cases: int, sizes: str, bad: int,
) -> None:
    assert find("teams_that_are_told_of_are_large_enough", team_sizes=sizes, training_needs=(
        f"select 'A/x' as issue, 'A' as team, {cases} as cases_count"),
        improvement_effects=EFFECTS.format("'training', 'C/x', null, null")) == bad


EFFECTS = ("select * from (values ({}, null)) as "
           "t(kind, issue, before_value, change, after_value)")


@pytest.mark.parametrize(("effect", "sizes", "bad"), [
    ("'training', 'A/B/x', 0.5, null", "select 'A/B' as team, 10 as employees_count", 0),
    ("'training', 'A/B/x', 0.5, null", "select 'A/B' as team, 9 as employees_count", 1),
    ("'training', 'A/B/x', null, 0.5", "select 'A/B' as team, 9 as employees_count", 1),
    ("'training', 'A/B/x', 0.5, null", "select 'A' as team, 30 as employees_count", 1),
    ("'training', 'A/B/x', null, null", "select 'A' as team, 30 as employees_count", 0),
    ("'issue', 'A/B/x', 0.5, null", "select 'A' as team, 30 as employees_count", 0),
    ("'training', 'A/B/x', 0.5, null", "select 'A' as team, 3 as employees_count where false", 0),
])
def test_effects_of_trainings_are_of_teams_that_are_large_enough(
    find: Find, effect: str, sizes: str, bad: int,
) -> None:
    assert find(
        "teams_that_are_told_of_are_large_enough", team_sizes=sizes,
        training_needs="select 'A/x' as issue, 'A' as team, 10 as cases_count where false",
        improvement_effects=EFFECTS.format(effect)) == bad


@pytest.mark.parametrize(("row", "bad"), [
    ("0.2, 0.4, 0.6", 0), ("0, 0.4, 0.6", 1), ("0.5, 0.4, 0.6", 1), ("0.2, 0.7, 0.6", 1),
    ("0.2, 0.4, 1.1", 1),
])
def test_shares_make_sense(find: Find, row: str, bad: int) -> None:
    assert find("self_service_shares_make_sense", self_service_shares=(
        f"select '*' as reason, * from (values ({row})) as "
        "t(share_low, share_expected, share_high)")) == bad


@pytest.mark.parametrize(("state", "copies", "bad"), [("done", 1, 0), ("proposed", 1, 1),
                                                      ("done", 2, 1)])
def test_every_decision_is_in_the_register_and_every_row_once(
    find: Find, state: str, copies: int, bad: int,
) -> None:
    assert find(
        "improvements_are_unique_in_their_grain",
        improvement_effects=("select 'issue/a' as improvement_key, 'volume' as measure "
                             f"from range({copies})"),
        training_needs="select 'A' as team, 'x' as topic, 'score' as measure",
        service_costs=("select 'p' as period, 'd' as department, 'r' as reason, 'k' as cost_kind, "
                       "true as is_poor_quality"),
        service_costs_by_month=("select 'p' as period, 'all' as dimension, 'all' as "
                                "dimension_value"),
        improvement_register=f"select 'issue' as kind, 'a' as issue, '{state}' as state",
        stg_ml__improvement_decisions="select 'issue' as kind, 'a' as issue, 'done' as state",
    ) == bad
