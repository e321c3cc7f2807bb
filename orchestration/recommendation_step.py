"""The recommendation step: from purchases in the warehouse to what is worth offering to whom.

The engine counts (`recommendation_queries.py`), a model is learnt and tested
(`recommendation_models.py`), and offers are written batch by batch. Whom one may contact belongs to
the marts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain

import duckdb
import numpy as np
import pandas as pd

from ingestion.raw_zone import RawZone
from ingestion.readers.files import literal
from models_ml import recommend, replenishment
from models_ml.frames import conform
from models_ml.tables import TABLES
from orchestration import recommendation_queries as queries
from orchestration.fingerprint import as_of_date
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import ml_file, write_ml_table
from orchestration.recommendation_models import (
    EASE,
    HORIZON_DAYS,
    Learnt,
    compare_models,
    describe_models,
    learn_purchases,
    list_batches,
)
from orchestration.replenishment_queries import find_due
from orchestration.settings import Settings
from orchestration.warehouse import frames, reading

OFFERS = 3
"""New products per customer that are written; an action needs the best that nothing forbids."""


def recommend_products(
    settings: Settings, progress: Progress = lambda message: None,
) -> Outcome:
    """Write product_recommendations and recommendation_models.

    EASE is used where it ranks better than popularity what customers bought on the last
    HORIZON_DAYS, of which it saw nothing; else popularity is, and recommendation_models says so.
    """
    as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
    with reading(settings.warehouse_path, settings.memory_limit) as con:
        queries.prepare(con, str(ml_file(settings, "customer_records")), as_of)
        progress("offers: tested on the last days")
        models = compare_models(con, as_of)
        used = models[models["is_used"]].sort_values("recommendation_rank")
        model = str(used["model_name"].iloc[0])
        progress(f"offers: {model} learnt from all purchases")
        learnt = learn_purchases(con, as_of, model)
        written = (
            write_ml_table(settings, "recommendation_models", [models]),
            write_ml_table(settings, "product_recommendations", chain(
                offer_new_products(con, learnt, model, used["hit_rate"].to_numpy("float64")),
                offer_due_products(con, as_of))),
        )
    return Outcome(written, {"products known": len(learnt.products),
                             "customers with purchases": learnt.customers_count},
                   describe_models(models))


def offer_new_products(
    con: duckdb.DuckDBPyConnection, learnt: Learnt, model: str, hit_rates: np.ndarray,
) -> Iterator[pd.DataFrame]:
    """Rows of product_recommendations of the kind cross_sell, in batches of customers.

    `hit_rates` are the probabilities of a purchase by rank.
    """
    names = np.array([*learnt.products, None], dtype=object)
    queries.keep_returned(con)
    for batch in list_batches(learnt.customers_count):
        purchases = queries.read_matrix(con, "bought", batch, len(learnt.products), value="weight")
        offers = recommend.rank_offers(
            purchases, learnt.score(model, purchases), count=OFFERS,
            excluded=queries.read_matrix(con, "never", batch, len(learnt.products)),
            margins=learnt.margins, weights=learnt.weights if model == EASE else None)
        row, rank = np.nonzero(offers.products >= 0)
        product = offers.products[row, rank]
        yield conform(pd.DataFrame({
            "customer_id": queries.read_customers(con, batch).to_numpy()[row],
            "product_id": names[product],
            "recommendation_kind": "cross_sell",
            "recommendation_rank": rank + 1,
            "score": offers.scores[row, rank],
            "purchase_probability": hit_rates[rank],
            "horizon_days": HORIZON_DAYS,
            "unit_margin": learnt.margins[product],
            "because_product_id": names[offers.because[row, rank]],
            "last_purchase_date": pd.NaT,
            "interval_days": np.nan,
            "purchases_count": 0,
            "model_name": model,
            "model_version": recommend.MODEL_VERSION,
        }), TABLES["product_recommendations"])


def offer_due_products(con: duckdb.DuckDBPyConnection, as_of: date) -> Iterator[pd.DataFrame]:
    """Rows of product_recommendations of the kind replenish, in batches."""
    yield from frames(con, f"""
        select
            *,
            'replenish' as recommendation_kind,
            repeat_share as purchase_probability,
            {HORIZON_DAYS} as horizon_days,
            product_id as because_product_id,
            'replenishment' as model_name,
            {literal(replenishment.MODEL_VERSION)} as model_version
        from {find_due(con, as_of)}
        order by customer_id, product_id""")
