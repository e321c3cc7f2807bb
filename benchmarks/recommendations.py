"""Next best offer on Online Retail: EASE beside popularity. Needs CX360_PUBLIC_DATA."""

from __future__ import annotations

import resource
import sys
import time
from datetime import date

from ingestion.readers.files import literal
from models_ml.recommend import HALF_LIFE_DAYS, NDCG_DEPTH, REGULARISATION
from orchestration.recommendation_models import (
    EASE,
    HORIZON_DAYS,
    POPULARITY,
    compare_models,
)
from orchestration.settings import public_data
from orchestration.warehouse import engine

LAST_DAY = date(2011, 12, 9)
GOAL, GOAL_RATIO = 0.12, 2.2

PURCHASES = """
    create temp table purchases as
    select distinct
        cast(cast(CustomerID as bigint) as varchar) as customer_id,
        StockCode as product_id,
        cast(InvoiceDate as date) as bought_date
    from read_parquet({lines})
    where CustomerID is not null and Quantity > 0 and UnitPrice > 0
        and not starts_with(InvoiceNo, 'C') and regexp_matches(StockCode, '^[0-9]{{5}}')"""

PROTOCOL = f"""\
Protocol
- purchases: lines with a customer, quantity and price above 0, no cancellation, stock code of
  an article (five digits; no postage, fees or manual entries)
- learnt up to {{cut}}, tested on the {HORIZON_DAYS} days to {LAST_DAY}
- users: customers of the learnt days who then bought an article that the model knows and
  that is new to them; all articles that they have not bought are ranked for them
- NDCG@{NDCG_DEPTH} with binary relevance; ideal: min(new articles, {NDCG_DEPTH}) hits
- popularity: articles by buyers on the learnt days
- λ {REGULARISATION:g} and half-life {HALF_LIFE_DAYS:g} days: the best of a small grid
  on June to September, before the cut"""


def main() -> int:
    """Print the protocol and the figures; ends with 1 when the goal is missed."""
    data = public_data()
    if data is None:
        sys.exit("set CX360_PUBLIC_DATA to the folder of the public extracts")
    started, busy = time.monotonic(), time.process_time()
    with engine("2GB") as con:
        con.execute(PURCHASES.format(
            lines=literal(str(data / "online_retail" / "*.parquet"))))
        # Tested by rank alone: the extract tells no cost.
        con.execute("create temp table sold (product_id varchar, sold_date date, "
                    "margin double, quantity double)")
        models = compare_models(con, LAST_DAY, is_priced=False)
    first = models[models["recommendation_rank"] == 1].set_index("model_name")
    ease, popularity = (float(first.loc[name, "ndcg_at_10"]) for name in (EASE, POPULARITY))
    print(PROTOCOL.format(cut=first["cut_date"].iloc[0].date()))
    print(f"{int(first['customers_count'].iloc[0]):,} users × "
          f"{int(first['products_count'].iloc[0]):,} items")
    for name, row in first.iterrows():
        print(f"{name:<12} NDCG@10 {row['ndcg_at_10']:.4f}   first offer bought "
              f"{row['bought_count'] / row['customers_count']:.1%}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 ** 2
    print(f"{time.monotonic() - started:.0f} s, {time.process_time() - busy:.0f} s of processor "
          f"time, peak {peak:.1f} GiB")
    is_reached = ease >= GOAL and ease >= GOAL_RATIO * popularity
    print(f"goal: at least {GOAL} and {GOAL_RATIO} times popularity: {ease:.4f}, "
          f"{ease / popularity:.2f} times: {'reached' if is_reached else 'MISSED'}")
    return 0 if is_reached else 1


if __name__ == "__main__":
    sys.exit(main())
