"""When a bought product is due again."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from orchestration.replenishment_queries import find_due

AS_OF = date(2026, 6, 30)
USUAL = [(f"b{number}", product, days) for number in range(10) for product in ("filter", "soap")
         for days in (430, 400)]
"""Ten buyers long ago, thirty days between their purchases; none is due any more."""


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create table purchases (customer_id varchar, product_id varchar, "
                "bought_date date)")
    con.execute("create table returned (customer_id varchar, product_id varchar)")
    con.execute("create table margins as select * from (values ('filter', 4.0), ('soap', 1.0)) "
                "as margins (product_id, unit_margin)")
    return con


def due(con: duckdb.DuckDBPyConnection, *bought: tuple[str, str, int]) -> list[tuple[object, ...]]:
    """What is due of purchases so many days ago: customer, product, interval, rank."""
    con.executemany("insert into purchases values (?, ?, ?)", [
        (who, what, AS_OF - timedelta(days=days)) for who, what, days in (*USUAL, *bought)])
    return con.execute(f"select customer_id, product_id, interval_days, recommendation_rank "
                       f"from {find_due(con, AS_OF)}").fetchall()


def test_one_purchase_leans_on_all_buyers(con: duckdb.DuckDBPyConnection) -> None:
    assert due(con, ("c1", "filter", 30)) == [("c1", "filter", 30.0, 1)]


def test_own_intervals_draw_the_interval_to_them(con: duckdb.DuckDBPyConnection) -> None:
    # The usual interval of all: (10 × 30 + 3 × 10) / 13; three own ones: (30 + 2 × usual) / 5.
    usual = 330 / 13
    ((*_, interval, rank),) = due(con, *(("c1", "filter", days) for days in (48, 38, 28, 18)))
    assert (interval, rank) == (pytest.approx((30 + 2 * usual) / 5), 1)


@pytest.mark.parametrize(("days_since", "is_due"), [(23, False), (24, True), (60, True),
                                                    (61, False)])
def test_it_is_due_from_eight_tenths_to_twice_the_interval(
    con: duckdb.DuckDBPyConnection, days_since: int, is_due: bool,
) -> None:
    assert bool(due(con, ("c1", "filter", days_since))) is is_due


def test_the_longest_due_comes_first_within_a_customer(con: duckdb.DuckDBPyConnection) -> None:
    assert due(con, ("c1", "filter", 30), ("c1", "soap", 45), ("c0", "soap", 30),
               ("c0", "filter", 30)) == [
        ("c0", "filter", 30.0, 1), ("c0", "soap", 30.0, 2),
        ("c1", "filter", 30.0, 2), ("c1", "soap", 30.0, 1)]


@pytest.mark.parametrize("closed", [
    "insert into returned values ('c1', 'filter')",
    "update margins set unit_margin = 0", "delete from margins",
    "delete from purchases where customer_id = 'b0'"])
def test_what_was_returned_earns_nothing_or_few_buy_again_is_not_due(
    con: duckdb.DuckDBPyConnection, closed: str,
) -> None:
    assert due(con, ("c1", "filter", 30))
    con.execute(closed)
    assert con.execute(f"from {find_due(con, AS_OF)}").fetchall() == []


def test_nothing_bought_is_nothing_due(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute(f"from {find_due(con, AS_OF)}").fetchall() == []
