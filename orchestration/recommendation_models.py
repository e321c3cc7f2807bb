"""Learns what customers like from their purchases, and tests on held-out days which model knows it.

What does **not** belong here: SQL (`recommendation_queries.py`) and how products are chosen
(`models_ml/recommend.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd

from models_ml import recommend
from models_ml.frames import conform
from models_ml.tables import TABLES
from orchestration import recommendation_queries as queries

if TYPE_CHECKING:
    from scipy import sparse

HORIZON_DAYS = 90
"""Days held out to learn how often an offer is bought, and that a probability looks ahead."""

CUSTOMERS_PER_PART = 2_000
TEST_CUSTOMERS = 20_000
"""Most customers that offers are tested on, by the smallest hash of their id: a hit rate of 5 % is
then known to ±0.3 points."""

EASE, POPULARITY = "ease", "popularity"


@dataclass(frozen=True)
class Learnt:
    """What was learnt from the purchases up to a day.

    `products` are the ids by product number, `buyers` how many customers bought each, `margins`
    that of a unit or NaN, `weights` those of EASE or None. The connection has the temporary tables
    of `recommendation_queries.count_purchases` that belong to it.
    """

    products: tuple[str, ...]
    buyers: np.ndarray
    margins: np.ndarray
    weights: np.ndarray | None
    customers_count: int

    def score(self, model: str, purchases: sparse.csr_matrix) -> np.ndarray:
        """Scores, customers × products, of a model for a batch of customers."""
        if model == POPULARITY:
            return recommend.score_by_popularity(purchases, self.buyers)
        assert self.weights is not None, "learnt without EASE"
        return recommend.score_by_taste(purchases, self.weights)


def learn_purchases(con: duckdb.DuckDBPyConnection, until: date, model: str) -> Learnt:
    """Learn from purchases and margins up to a day what a model needs.

    Args:
        con: engine with the tables `purchases` and `sold` (see `recommendation_queries.prepare`).
        until: what is later is not seen.
        model: EASE, whose weights cost an inverse of products × products, or POPULARITY.
    """
    products, customers = queries.count_purchases(con, until)
    weights = None
    if model == EASE:
        weights = recommend.fit_ease(
            recommend.build_gram(queries.count_pairs(con), len(products)))
    return Learnt(
        tuple(products["product_id"]), products["buyers_count"].to_numpy(dtype="int64"),
        products["unit_margin"].to_numpy(dtype="float64"), weights, customers)


def list_batches(count: int) -> Iterator[range]:
    """Numbers 0 to `count` - 1 in batches of customers."""
    for first in range(0, count, CUSTOMERS_PER_PART):
        yield range(first, min(first + CUSTOMERS_PER_PART, count))


def compare_models(
    con: duckdb.DuckDBPyConnection, as_of: date, *, is_priced: bool = True,
) -> pd.DataFrame:
    """Test EASE and popularity on what is new to a customer on the last HORIZON_DAYS.

    Args:
        con: engine with the tables `purchases` and `sold`.
        as_of: last of the held-out days.
        is_priced: offers are ranked by score × margin; else by score alone.

    Returns:
        Rows of the ML table recommendation_models: NDCG is that of the order by score, hit rates
        are those of the offers as they are made.
    """
    cut = as_of - timedelta(days=HORIZON_DAYS)
    learnt = learn_purchases(con, cut, EASE)
    tested = queries.pick_tested(con, cut, TEST_CUSTOMERS)
    depth = recommend.NDCG_DEPTH
    hits = {model: np.zeros(depth, dtype="int64") for model in (EASE, POPULARITY)}
    ndcg = dict.fromkeys(hits, 0.0)
    for batch in list_batches(tested):
        purchases, bought = (
            queries.read_matrix(con, f"{table} join tested using (customer_number)", batch,
                                len(learnt.products), number="test_number", value=value)
            for table, value in (("bought", "weight"), ("new_purchases", "1.0")))
        for model, total in hits.items():
            scores = learnt.score(model, purchases)
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
