"""When a bought product is due again: the customer's own interval, drawn to that of all buyers."""

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


def find_due(purchases: pd.DataFrame) -> pd.DataFrame:
    """Return what is due again, the most overdue first within a customer.

    The interval is (own intervals' days + PRIOR_INTERVALS × usual interval) / (own intervals +
    PRIOR_INTERVALS): the mean of a customer with few purchases leans on that of all buyers.

    Args:
        purchases: one row per customer and product that is used up: customer_id, product_id,
            purchases_count (days), span_days (first to last), days_since (the last), repeat_share,
            product_interval_days.

    Returns:
        The rows that are due, with interval_days, score (days_since by interval_days) and
        recommendation_rank (1 is the longest due of the customer).
    """
    require_columns(purchases, ("customer_id", "product_id", "purchases_count", "span_days",
                                "days_since", "product_interval_days"), "purchases")
    own = purchases["purchases_count"] - 1
    interval = ((purchases["span_days"] + PRIOR_INTERVALS * purchases["product_interval_days"])
                / (own + PRIOR_INTERVALS))
    rated = purchases.assign(interval_days=interval, score=purchases["days_since"] / interval)
    due = rated[rated["score"].between(DUE_FROM, DUE_UNTIL)]
    due = due.sort_values(["customer_id", "score", "product_id"],
                          ascending=[True, False, True], ignore_index=True)
    return due.assign(recommendation_rank=due.groupby("customer_id").cumcount() + 1)
