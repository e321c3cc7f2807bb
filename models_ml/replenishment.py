"""Which products are used up and bought again, and within which limits a purchase is due.

The interval of each customer, drawn to that of all buyers, is counted by the engine
(`orchestration/replenishment_queries.py`), as is what is due.
"""

from __future__ import annotations

import pandas as pd

from models_ml.frames import require_columns

MODEL_VERSION = "replenish-1"

MIN_REPEAT_BUYERS = 10
"""Buyers that bought it again, below which the usual interval of a product is not known."""

MIN_REPEAT_SHARE = 0.2
"""Share of buyers that bought it again, below which it is not one that is used up."""

PRIOR_INTERVALS = 2.0
"""How many of a customer's own intervals the usual one of all buyers is worth."""

DUE_FROM, DUE_UNTIL = 0.8, 2.0
"""Due between these shares of the interval; later the customer buys it elsewhere or no more."""


def find_replenished(products: pd.DataFrame) -> pd.DataFrame:
    """Return the products that are bought again and again, with their usual interval.

    Args:
        products: one row per product: product_id, buyers_count, repeat_buyers_count,
            intervals_count and interval_days_sum over all buyers (days between two purchase days).

    Returns:
        One row per product that is used up: product_id, repeat_share (0 to 1),
        product_interval_days (mean).
    """
    require_columns(products, ("product_id", "buyers_count", "repeat_buyers_count",
                               "intervals_count", "interval_days_sum"), "products")
    share = products["repeat_buyers_count"] / products["buyers_count"]
    known = products[(products["repeat_buyers_count"] >= MIN_REPEAT_BUYERS)
                     & (share >= MIN_REPEAT_SHARE)]
    return pd.DataFrame({
        "product_id": known["product_id"],
        "repeat_share": share[known.index],
        "product_interval_days": known["interval_days_sum"] / known["intervals_count"],
    }).reset_index(drop=True)
