"""What the recommendation step asks the engine: purchases, products and pairs of them as counts.

Every relation of `learn` is as of one day and replaces that of the day before. Python sees a row
per product, a row per pair of products and matrices of batches of customers, never all purchases.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from ingestion.readers.files import literal
from models_ml import recommend

if TYPE_CHECKING:
    from scipy import sparse

SOLD_WITHIN_DAYS = 180
"""What nobody bought for so long is not offered: it may be out of range."""


def prepare(con: duckdb.DuckDBPyConnection, customer_records: str, as_of: date) -> None:
    """Make the tables `purchases`, `returned` and `sold` of what was booked up to a day.

    Args:
        con: connection to the warehouse.
        customer_records: path of the ML table.
        as_of: what is later does not count.
    """
    day = _day(as_of)
    records = f"read_parquet({literal(customer_records)})"
    con.execute(f"""
        create temp table purchases as
        select records.customer_id, booked.product_id, booked.booked_date as bought_date
        from intermediate.int_revenue_booked as booked
        join {records} as records on booked.identity_record_key = records.record_key
        where booked.product_id is not null and not booked.is_return and booked.quantity > 0
            and booked.booked_date <= {day}
        group by all""")
    con.execute(f"""
        create temp table returned as
        select distinct records.customer_id, booked.product_id
        from intermediate.int_revenue_booked as booked
        join {records} as records on booked.identity_record_key = records.record_key
        where booked.product_id is not null and booked.is_return and booked.booked_date <= {day}""")
    con.execute(f"""
        create temp table sold as
        select
            booked.product_id, booked.booked_date as sold_date,
            sum(booked.margin) as margin, sum(booked.quantity) as quantity
        from intermediate.int_revenue_booked as booked
        left join staging.stg_pos__products as products using (product_id)
        where not booked.is_return and booked.quantity > 0 and booked.margin is not null
            and not coalesce(products.is_subscription, false) and booked.booked_date <= {day}
        group by all""")


def count_purchases(con: duckdb.DuckDBPyConnection, until: date) -> tuple[pd.DataFrame, int]:
    """Number the products and customers of the purchases up to a day.

    Makes `product_numbers`, `customer_numbers`, `bought` (customer_number, product_number, weight:
    ½ to the power of the purchase's age by HALF_LIFE_DAYS) and `margins` (product_id, unit_margin:
    mean of the SOLD_WITHIN_DAYS up to that day).

    Args:
        con: engine with `purchases` (customer_id, product_id, bought_date) and `sold` (product_id,
            sold_date, margin, quantity).
        until: what is later is not seen.

    Returns:
        product_id, buyers_count and unit_margin by product number, and how many customers.
    """
    day = _day(until)
    con.execute(f"""
        create or replace temp table margins as
        select product_id, sum(margin) / nullif(sum(quantity), 0) as unit_margin
        from sold where sold_date between {day} - {SOLD_WITHIN_DAYS} and {day}
        group by product_id""")
    con.execute(f"""
        create or replace temp table latest as
        select customer_id, product_id, max(bought_date) as bought_date
        from purchases where bought_date <= {day} group by all""")
    con.execute(f"""
        create or replace temp table product_numbers as
        select
            product_id, buyers_count,
            row_number() over (order by buyers_count desc, product_id) - 1 as product_number
        from (select product_id, count(*) as buyers_count from latest group by product_id)
        order by product_number limit {recommend.MAX_PRODUCTS}""")
    con.execute("""
        create or replace temp table customer_numbers as
        select customer_id, row_number() over (order by customer_id) - 1 as customer_number
        from (select distinct customer_id from latest)""")
    con.execute(f"""
        create or replace temp table bought as
        select
            customer_number, product_number,
            power(0.5, ({day} - bought_date) / {recommend.HALF_LIFE_DAYS}) as weight
        from latest
        join product_numbers using (product_id)
        join customer_numbers using (customer_id)
        order by customer_number, product_number""")
    products = con.execute("""
        select product_id, buyers_count, unit_margin
        from product_numbers left join margins using (product_id) order by product_number""").df()
    return products, con.execute("select count(*) from customer_numbers").fetchall()[0][0]


def count_pairs(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Pairs of products of `bought`, as `recommend.build_gram` reads them."""
    # As decimals: sums of doubles change with the order of adding.
    return con.execute("""
        select
            one.product_number as left_product,
            other.product_number as right_product,
            cast(sum(cast(one.weight * other.weight as decimal(18, 12))) as double) as weight
        from bought as one
        join bought as other on one.customer_number = other.customer_number
            and one.product_number <= other.product_number
        group by all""").df()


def pick_tested(con: duckdb.DuckDBPyConnection, cut: date, most: int) -> int:
    """Make `new_purchases`, what is new to a customer after a day, and `tested`, its customers.

    Args:
        con: engine with the tables of `count_purchases` up to that day.
        cut: last day that was learnt from.
        most: customers to keep, by the smallest hash of their id.

    Returns:
        How many there are; `tested` numbers them from 0.
    """
    con.execute(f"""
        create or replace temp table new_purchases as
        select distinct customer_number, product_number
        from purchases
        join product_numbers using (product_id)
        join customer_numbers using (customer_id)
        anti join bought using (customer_number, product_number)
        where bought_date > {_day(cut)}""")
    con.execute(f"""
        create or replace temp table tested as
        select customer_number, row_number() over (order by customer_number) - 1 as test_number
        from (
            select customer_number from new_purchases
            join customer_numbers using (customer_number)
            group by customer_number, customer_id
            order by md5(customer_id) limit {most}
        )""")
    found: int = con.execute("select count(*) from tested").fetchall()[0][0]
    return found


def keep_returned(con: duckdb.DuckDBPyConnection) -> None:
    """Make `never`, the numbers of what customers returned."""
    con.execute("""
        create or replace temp table never as
        select customer_number, product_number from returned
        join product_numbers using (product_id) join customer_numbers using (customer_id)
        order by customer_number""")


def read_matrix(
    con: duckdb.DuckDBPyConnection, relation: str, batch: range, products_count: int, *,
    number: str = "customer_number", value: str = "1.0",
) -> sparse.csr_matrix:
    """Customers × products of a batch, rows and columns in order.

    Args:
        con: engine with the tables of `count_purchases`.
        relation: has product_number, `number` and what `value` needs.
        batch: numbers of the customers.
        products_count: columns there are.
        number: column that numbers the customers.
        value: expression of a cell.
    """
    from scipy import sparse

    cells = con.execute(
        f"select {number} - {batch.start} as r, product_number as c, {value} as v from {relation} "
        f"where {number} between {batch.start} and {batch.stop - 1} order by r, c").fetchnumpy()
    return sparse.csr_matrix((cells["v"], (cells["r"], cells["c"])),
                             shape=(len(batch), products_count))


def read_customers(con: duckdb.DuckDBPyConnection, batch: range) -> pd.Series[str]:
    """Ids of a batch of customers, in order."""
    return con.execute(
        "select customer_id from customer_numbers where customer_number between $1 and $2 "
        "order by customer_number", [batch.start, batch.stop - 1]).df()["customer_id"]


def _day(day: date) -> str:
    return f"date {literal(day.isoformat())}"
