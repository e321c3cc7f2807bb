"""The recommendation step: from purchases in the warehouse to what is worth offering to whom.

The engine counts: purchases per customer and product, pairs of products, hits of offers. Python
sees the products' Gram matrix and batches of customers. How products are chosen belongs to
`models_ml/recommend.py`, whom one may contact to the marts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
from scipy import sparse

from ingestion.raw_zone import RawZone
from ingestion.readers.files import literal
from models_ml import recommend, replenishment
from models_ml.frames import conform
from models_ml.tables import TABLES
from orchestration.fingerprint import as_of_date
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import ml_file, write_ml_table
from orchestration.settings import Settings
from orchestration.suppressions import read_suppressions
from orchestration.warehouse import reading

HORIZON_DAYS = 90
"""Days held out to learn how often an offer is bought, and that a probability looks ahead."""

OFFERS = 3
"""New products per customer that are written; an action needs the best that nothing forbids."""

CUSTOMERS_PER_PART = 2_000
TEST_CUSTOMERS = 20_000
"""Most customers that offers are tested on, by the smallest hash of their id: a hit rate of 5 % is
then known to ±0.3 points."""

SOLD_WITHIN_DAYS = 180
"""What nobody bought for so long is not offered: it may be out of range."""

EASE, POPULARITY = "ease", "popularity"

PURCHASES = """
    create temp table purchases as
    select
        records.customer_id,
        booked.product_id,
        booked.booked_date as bought_date
    from intermediate.int_revenue_booked as booked
    join read_parquet({records}) as records
        on booked.identity_record_key = records.record_key
    where booked.product_id is not null and not booked.is_return and booked.quantity > 0
        and booked.booked_date <= {as_of}
    group by all"""

RETURNED = """
    create temp table returned as
    select distinct records.customer_id, booked.product_id
    from intermediate.int_revenue_booked as booked
    join read_parquet({records}) as records
        on booked.identity_record_key = records.record_key
    where booked.product_id is not null and booked.is_return and booked.booked_date <= {as_of}"""

MARGINS = """
    create temp table margins as
    select
        booked.product_id,
        sum(booked.margin) / nullif(sum(booked.quantity), 0) as unit_margin
    from intermediate.int_revenue_booked as booked
    left join staging.stg_pos__products as products using (product_id)
    where not booked.is_return and booked.quantity > 0 and booked.margin is not null
        and not coalesce(products.is_subscription, false)
        and booked.booked_date between {as_of} - {sold_within} and {as_of}
    group by booked.product_id"""


@dataclass(frozen=True)
class Learnt:
    """What was learnt from the purchases up to a day.

    `products` are the ids by product number, `buyers` how many customers bought each, `margins`
    that of a unit or NaN, `weights` those of EASE. The connection has the temporary tables
    `customer_numbers` and `bought` (customer_number, product_number, weight) that belong to it.
    """

    products: tuple[str, ...]
    buyers: np.ndarray
    margins: np.ndarray
    weights: np.ndarray
    customers_count: int


def recommend_products(
    settings: Settings, progress: Progress = lambda message: None,
) -> Outcome:
    """Write the ML tables behind the actions.

    EASE is used where it ranks better than popularity what customers bought on the last
    HORIZON_DAYS, of which it saw nothing; else popularity is, and recommendation_models says so.
    """
    as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
    suppressions = read_suppressions(settings)
    with reading(settings.warehouse_path, settings.memory_limit) as con:
        names = {"records": literal(str(ml_file(settings, "customer_records"))),
                 "as_of": f"date {literal(as_of.isoformat())}",
                 "sold_within": str(SOLD_WITHIN_DAYS)}
        for query in (PURCHASES, RETURNED, MARGINS):
            con.execute(query.format(**names))
        progress("offers: tested on the last days")
        models = compare_models(con, as_of)
        progress("offers: learnt from all purchases")
        learnt = learn_purchases(con, as_of)
        written = [
            write_ml_table(settings, "recommendation_models", [models]),
            write_ml_table(settings, "contact_suppressions", [suppressions]),
            write_ml_table(settings, "product_recommendations",
                           [*_new_products(con, learnt, models), _due_products(con, as_of)]),
        ]
        waiting = con.execute(
            f"select count(*) from (select unnest($1::varchar[]) as record_key) "
            f"where record_key not in (select unnest([record_key, customer_id]) "
            f"from read_parquet({names['records']}))",
            [suppressions["record_key"].tolist()]).fetchall()[0][0]
    return Outcome(tuple(written), {
        "products known": len(learnt.products), "customers with purchases": learnt.customers_count,
        "suppressions that wait for their customer": waiting}, describe_models(models))


def learn_purchases(con: duckdb.DuckDBPyConnection, until: date) -> Learnt:
    """Learn from the table `purchases` (customer_id, product_id, bought_date) up to a day.

    A purchase weighs ½ to the power of its age by HALF_LIFE_DAYS. Margins come from the table
    `margins` (product_id, unit_margin).
    """
    day = f"date {literal(until.isoformat())}"
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
    # As decimals: sums of doubles change with the order of adding.
    pairs = con.execute("""
        select
            one.product_number as left_product,
            other.product_number as right_product,
            cast(sum(cast(one.weight * other.weight as decimal(18, 12))) as double) as weight
        from bought as one
        join bought as other on one.customer_number = other.customer_number
            and one.product_number <= other.product_number
        group by all""").df()
    customers = con.execute("select count(*) from customer_numbers").fetchall()[0][0]
    return Learnt(
        tuple(products["product_id"]), products["buyers_count"].to_numpy(dtype="int64"),
        products["unit_margin"].to_numpy(dtype="float64"),
        recommend.fit_ease(recommend.build_gram(pairs, len(products))), customers)


def compare_models(
    con: duckdb.DuckDBPyConnection, as_of: date, *, is_priced: bool = True,
) -> pd.DataFrame:
    """Test EASE and popularity on what is new to a customer on the last HORIZON_DAYS.

    Args:
        con: engine with the tables `purchases`, `returned` and `margins`.
        as_of: last of the held-out days.
        is_priced: offers are ranked by score × margin; else by score alone.

    Returns:
        Rows of the ML table recommendation_models: NDCG is that of the order by score, hit rates
        are those of the offers as they are made.
    """
    cut = as_of - timedelta(days=HORIZON_DAYS)
    learnt = learn_purchases(con, cut)
    con.execute(f"""
        create or replace temp table new_purchases as
        select distinct customer_number, product_number
        from purchases
        join product_numbers using (product_id)
        join customer_numbers using (customer_id)
        anti join bought using (customer_number, product_number)
        where bought_date > date {literal(cut.isoformat())}""")
    con.execute(f"""
        create or replace temp table tested as
        select customer_number, row_number() over (order by customer_number) - 1 as test_number
        from (
            select customer_number from new_purchases
            join customer_numbers using (customer_number)
            group by customer_number, customer_id
            order by md5(customer_id) limit {TEST_CUSTOMERS}
        )""")
    tested = con.execute("select count(*) from tested").fetchall()[0][0]
    depth = recommend.NDCG_DEPTH
    hits = {model: np.zeros(depth, dtype="int64") for model in (EASE, POPULARITY)}
    ndcg = dict.fromkeys(hits, 0.0)
    for first in range(0, tested, CUSTOMERS_PER_PART):
        size = min(CUSTOMERS_PER_PART, tested - first)
        of_part = f"where test_number between {first} and {first + size - 1}"
        purchases = _matrix(con, "bought join tested using (customer_number) " + of_part,
                            f"test_number - {first}", "weight", (size, len(learnt.products)))
        bought = _matrix(con, "new_purchases join tested using (customer_number) " + of_part,
                         f"test_number - {first}", "1.0", (size, len(learnt.products)))
        for model, total in hits.items():
            scores = _scores(model, purchases, learnt)
            ranked = recommend.rank_offers(purchases, scores, count=depth)
            ndcg[model] += recommend.sum_ndcg(
                recommend.find_hits(ranked, bought), np.diff(bought.indptr))
            offers = (recommend.rank_offers(purchases, scores, count=depth, margins=learnt.margins)
                      if is_priced else ranked)
            found = recommend.find_hits(offers, bought).sum(axis=0)
            total[:len(found)] += found
    used = EASE if ndcg[EASE] > ndcg[POPULARITY] else POPULARITY
    return conform(pd.concat([pd.DataFrame({
        "recommendation_rank": range(1, depth + 1),
        "is_used": model == used,
        "customers_count": tested,
        "products_count": len(learnt.products),
        "bought_count": total,
        "hit_rate": recommend.smooth_hit_rates(total, tested),
        "ndcg_at_10": ndcg[model] / tested if tested else np.nan,
        "cut_date": cut,
        "horizon_days": HORIZON_DAYS,
        "model_name": model,
        "model_version": recommend.MODEL_VERSION,
    }) for model, total in hits.items()]), TABLES["recommendation_models"])


def describe_models(models: pd.DataFrame) -> str:
    """The test as Markdown: how well each model ranks, and which one is used."""
    best = models[models["recommendation_rank"] == 1].sort_values("ndcg_at_10", ascending=False)
    lines = ["| model | NDCG@10 | first offer bought | customers | products | used |",
             "| --- | ---: | ---: | ---: | ---: | --- |"]
    lines += [f"| {row.model_name} | {row.ndcg_at_10:.4f} | {row.hit_rate:.1%} | "
              f"{row.customers_count:,} | {row.products_count:,} | "
              f"{'yes' if row.is_used else ''} |" for row in best.itertuples()]
    return "\n".join(lines)


def _scores(model: str, purchases: sparse.csr_matrix, learnt: Learnt) -> np.ndarray:
    if model == EASE:
        return recommend.score_by_taste(purchases, learnt.weights)
    return recommend.score_by_popularity(purchases, learnt.buyers)


def _matrix(
    con: duckdb.DuckDBPyConnection, relation: str, row: str, value: str, shape: tuple[int, int],
) -> sparse.csr_matrix:
    """Customers × products of a batch, rows and columns in order."""
    cells = con.execute(f"select {row} as r, product_number as c, {value} as v from {relation} "
                        "order by r, c").fetchnumpy()
    return sparse.csr_matrix((cells["v"], (cells["r"], cells["c"])), shape=shape)


def _new_products(
    con: duckdb.DuckDBPyConnection, learnt: Learnt, models: pd.DataFrame,
) -> Iterator[pd.DataFrame]:
    """Rows of product_recommendations of the kind cross_sell, in batches of customers."""
    used = models[models["is_used"]].sort_values("recommendation_rank")
    model = str(used["model_name"].iloc[0])
    rates = used["hit_rate"].to_numpy(dtype="float64")
    names = np.array([*learnt.products, None], dtype=object)
    con.execute("""
        create temp table never as
        select customer_number, product_number from returned
        join product_numbers using (product_id) join customer_numbers using (customer_id)
        order by customer_number""")
    for first in range(0, learnt.customers_count, CUSTOMERS_PER_PART):
        size = min(CUSTOMERS_PER_PART, learnt.customers_count - first)
        of_part = f"where customer_number between {first} and {first + size - 1}"
        shape = (size, len(learnt.products))
        purchases = _matrix(con, f"bought {of_part}", f"customer_number - {first}", "weight", shape)
        offers = recommend.rank_offers(
            purchases, _scores(model, purchases, learnt), count=OFFERS,
            excluded=_matrix(con, f"never {of_part}", f"customer_number - {first}", "1.0", shape),
            margins=learnt.margins, weights=learnt.weights if model == EASE else None)
        customers = con.execute(f"select customer_id from customer_numbers {of_part} "
                                "order by customer_number").fetchnumpy()["customer_id"]
        row, rank = np.nonzero(offers.products >= 0)
        product = offers.products[row, rank]
        yield conform(pd.DataFrame({
            "customer_id": customers[row],
            "product_id": names[product],
            "recommendation_kind": "cross_sell",
            "recommendation_rank": rank + 1,
            "score": offers.scores[row, rank],
            "purchase_probability": rates[rank],
            "horizon_days": HORIZON_DAYS,
            "unit_margin": learnt.margins[product],
            "because_product_id": names[offers.because[row, rank]],
            "last_purchase_date": pd.NaT,
            "interval_days": np.nan,
            "purchases_count": 0,
            "model_name": model,
            "model_version": recommend.MODEL_VERSION,
        }), TABLES["product_recommendations"])


def _due_products(con: duckdb.DuckDBPyConnection, as_of: date) -> pd.DataFrame:
    """Rows of product_recommendations of the kind replenish."""
    con.execute(f"""
        create temp table rhythms as
        select
            customer_id, product_id,
            count(distinct bought_date) as purchases_count,
            max(bought_date) - min(bought_date) as span_days,
            max(bought_date) as last_purchase_date,
            date {literal(as_of.isoformat())} - max(bought_date) as days_since
        from purchases group by customer_id, product_id""")
    products = replenishment.find_replenished(con.execute("""
        select
            product_id,
            count(*) as buyers_count,
            count(*) filter (where purchases_count > 1) as repeat_buyers_count,
            sum(purchases_count - 1)::double as intervals_count,
            sum(span_days)::double as interval_days_sum
        from rhythms join margins using (product_id)
        where unit_margin > 0
        group by product_id order by product_id""").df())
    con.register("replenished", products)
    # Nothing is due twice as long as any interval can be: only what may be due is handed on.
    due = replenishment.find_due(con.execute(f"""
        select rhythms.*, repeat_share, product_interval_days, unit_margin
        from rhythms join replenished using (product_id) join margins using (product_id)
        anti join returned using (customer_id, product_id)
        where days_since <= {replenishment.DUE_UNTIL} * greatest(span_days, product_interval_days)
        """).df())
    con.unregister("replenished")
    return conform(due.rename(columns={"repeat_share": "purchase_probability"}).assign(
        recommendation_kind="replenish", horizon_days=HORIZON_DAYS,
        because_product_id=due["product_id"], model_name="replenishment",
        model_version=replenishment.MODEL_VERSION), TABLES["product_recommendations"])
