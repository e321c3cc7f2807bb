"""What is due to be bought again, of a customer's purchases: found by the engine alone.

Which products are used up, and the limits, belong to `models_ml/replenishment.py`.
"""

from __future__ import annotations

from datetime import date

import duckdb

from ingestion.readers.files import literal
from models_ml import replenishment
from orchestration.warehouse import keep_frame


def find_due(con: duckdb.DuckDBPyConnection, as_of: date) -> str:
    """Make `due`, one row per customer and product that is due again; returns its name.

    A product is one of `replenishment.find_replenished`, has a margin above 0 and was not returned
    by the customer. Its interval is (own intervals' days + PRIOR_INTERVALS × usual interval) /
    (own intervals + PRIOR_INTERVALS): the mean of a customer with few purchases leans on that of
    all buyers. The score is the days since the last purchase by the interval; rank 1 is the longest
    due of the customer.

    Args:
        con: engine with `purchases`, `returned` and the `margins` of `count_purchases`.
        as_of: day of the purchases' age.
    """
    con.execute(f"""
        create or replace temp table rhythms as
        select
            customer_id, product_id,
            count(distinct bought_date) as purchases_count,
            max(bought_date) - min(bought_date) as span_days,
            max(bought_date) as last_purchase_date,
            date {literal(as_of.isoformat())} - max(bought_date) as days_since
        from purchases group by customer_id, product_id""")
    keep_frame(con, "replenished", replenishment.find_replenished(con.execute("""
        select
            product_id,
            count(*) as buyers_count,
            count(*) filter (where purchases_count > 1) as repeat_buyers_count,
            sum(purchases_count - 1)::double as intervals_count,
            sum(span_days)::double as interval_days_sum
        from rhythms join margins using (product_id)
        where unit_margin > 0
        group by product_id order by product_id""").df()))
    prior = f"{replenishment.PRIOR_INTERVALS!r}::double"
    con.execute(f"""
        create or replace temp table due as
        with rated as (
            select
                rhythms.*, repeat_share, unit_margin,
                (span_days + {prior} * product_interval_days)
                    / (purchases_count - 1 + {prior}) as interval_days,
                days_since / interval_days as score
            from rhythms
            join replenished using (product_id)
            join margins using (product_id)
            anti join returned using (customer_id, product_id)
        )
        select
            rated.*,
            row_number() over (
                partition by customer_id order by score desc, product_id
            ) as recommendation_rank
        from rated
        where score between {replenishment.DUE_FROM!r}::double
            and {replenishment.DUE_UNTIL!r}::double
        order by customer_id, product_id""")
    return "due"
