"""ML tables behind the actions: what to offer whom, how well that is known, whom to leave alone."""

from __future__ import annotations

from models_ml.table_types import MODEL_NAME, MODEL_VERSION, MlColumn, MlTable

_C = MlColumn

RECOMMENDATION_KINDS = ("cross_sell", "replenish")
"""A product the customer never bought; one that is bought again and again and is due."""

ACTION_TABLES: tuple[MlTable, ...] = (
    MlTable(
        "product_recommendations",
        "One row per customer and product worth offering: new ones by what similar customers "
        "bought, and those due to be bought again.",
        ("customer_id", "product_id"),
        (
            _C("customer_id", "string", "The customer."),
            _C("product_id", "string", "Product to offer."),
            _C("recommendation_kind", "string", "cross_sell: never bought; replenish: bought "
               "before and due again.", values=RECOMMENDATION_KINDS),
            _C("recommendation_rank", "integer", "1 is the best of the customer and kind.",
               minimum=1),
            _C("score", "double", "What the model gives; compares within one customer and kind. "
               "Replenish: days since the last purchase by usual interval."),
            _C("purchase_probability", "double", "Share of such offers that were bought within "
               "horizon_days by customers who bought anything, on the held-out days; for "
               "replenish, share of buyers who bought it again at all.", minimum=0, maximum=1),
            _C("horizon_days", "integer", "Days that purchase_probability looks ahead.", minimum=1),
            _C("unit_margin", "double", "Mean margin of one unit sold, in the reporting "
               "currency.", minimum=0),
            _C("because_product_id", "string", "Bought product that speaks most for it; empty "
               "where popularity alone does.", nullable=True),
            _C("last_purchase_date", "date", "Replenish: when it was last bought.", nullable=True),
            _C("interval_days", "double", "Replenish: usual days between two purchases of it, the "
               "customer's own and those of others weighed.", nullable=True, minimum=0),
            _C("purchases_count", "integer", "Days on which the customer bought it: evidence for a "
               "replenishment; 0 for a new product.", minimum=0),
            MODEL_NAME,
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "recommendation_models",
        "One row per model of new products that was tried on held-out days, and the rank of its "
        "offers.",
        ("model_name", "recommendation_rank"),
        (
            _C("recommendation_rank", "integer", "Rank of an offer.", minimum=1),
            _C("is_used", "boolean", "Its offers are the ones in product_recommendations."),
            _C("customers_count", "integer", "Customers with purchases before and something new "
               "on the held-out days.", minimum=0),
            _C("products_count", "integer", "Products it knows.", minimum=0),
            _C("bought_count", "integer", "Offers of that rank that were bought.", minimum=0),
            _C("hit_rate", "double", "bought_count by customers_count; 0 without customers.",
               minimum=0, maximum=1),
            _C("ndcg_at_10", "double", "Ranking quality of the model's ten best, 0 to 1; empty "
               "where there was nothing to test on.", nullable=True, minimum=0, maximum=1),
            _C("cut_date", "date", "Last day it learnt from.", nullable=True),
            _C("horizon_days", "integer", "Held-out days after it.", minimum=1),
            MODEL_NAME,
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "contact_suppressions",
        "One row per customer record and channel that decisions/suppressions.csv says not to "
        "contact.",
        ("record_key", "channel"),
        (
            _C("record_key", "string", "A record of the customer, or the customer's id."),
            _C("channel", "string", "Channel that is closed; `*` for all."),
            _C("suppressed_until", "date", "Last day it holds; empty without end.", nullable=True),
            _C("decided_on", "date", "When it was decided."),
            _C("decision_row", "integer", "Row of the file; the header is row 1.", minimum=2),
        ),
    ),
)
