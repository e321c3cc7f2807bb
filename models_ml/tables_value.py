"""The ML tables of customer value: what each customer is worth, and how good the models are."""

from __future__ import annotations

from models_ml.table_types import MODEL_VERSION, MlColumn, MlTable

HORIZON_MONTHS = (12, 24, 36)
"""Horizons of a future value, in months after the as-of date."""

CHURN_REASONS = ("contract_ended", "contract_ending", "complaint_open", "overdue", "rate_falling",
                 "one_time_buyer", "long_silence", "unclear", "none")
"""Why a customer may leave, the reason that outranks the others first; words are a seed."""

_C = MlColumn



def _by_horizon(name: str, description: str, *, minimum: float | None = None,
                suffix: str = "") -> tuple[MlColumn, ...]:
    return tuple(_C(f"{name}_{months}_months{suffix}", "double",
                    description.format(months=months), minimum=minimum)
                 for months in HORIZON_MONTHS)


VALUE_TABLES = (
    MlTable(
        "customer_values",
        "One row per customer with a purchase or a contract: what is expected of the customer.",
        ("customer_id",),
        (
            _C("customer_id", "string", "The customer."),
            _C("value_kind", "string", "What the value comes from.",
               values=("purchases", "contract", "both")),
            _C("value_basis", "string", "What values sum up: margin; revenue where the company "
               "delivers no cost of goods.", values=("margin", "revenue")),
            _C("first_purchase_date", "date", "First purchase; empty without one.", nullable=True),
            _C("last_purchase_date", "date", "Last purchase; empty without one.", nullable=True),
            _C("repeat_purchases", "integer", "Days with a purchase after the first such day: "
               "the frequency of the purchase models.", minimum=0),
            _C("recency_days", "integer", "Days from the last purchase to the as-of date; the "
               "purchase models count observed_days less these. Empty without a purchase.",
               nullable=True, minimum=0),
            _C("observed_days", "integer", "Days from the first purchase to the as-of date; "
               "empty without a purchase.", nullable=True, minimum=0),
            _C("probability_alive", "double", "Probability that the customer still is one: will "
               "buy again some day or has a contract.", minimum=0, maximum=1),
            *_by_horizon("expected_purchases", "Purchase days expected within {months} months.",
                         minimum=0),
            _C("expected_margin_per_purchase", "double", "Margin expected of a purchase day; "
               "empty without a purchase.", nullable=True),
            *_by_horizon("future_value", "Discounted margin expected of purchases and contracts "
                         "within {months} months."),
            *_by_horizon("future_value", "Lower end of the 80 % predictive interval of "
                         "future_value_{months}_months.", suffix="_low"),
            *_by_horizon("future_value", "Upper end of the 80 % predictive interval of "
                         "future_value_{months}_months; 0, less than the value, where no purchase "
                         "has a probability above 90 %.", suffix="_high"),
            *_by_horizon("contract_value", "Part of future_value_{months}_months that contracts "
                         "bring; 0 without one.", minimum=0),
            _C("expected_next_purchase_date", "date", "Day by which the customer will have bought "
               "again with probability one half; empty where that is not within 36 months.",
               nullable=True),
            _C("churn_probability", "double", "Probability of no purchase and no running contract "
               "within churn_horizon_days.", minimum=0, maximum=1),
            _C("churn_horizon_days", "integer", "Days after the as-of date that "
               "churn_probability is about.", minimum=1),
            _C("churn_reason", "string", "What speaks most for leaving.", values=CHURN_REASONS),
            _C("model_name", "string", "Model of purchases, or of retention for contracts only."),
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "value_models",
        "One row per model of value, date up to which it learnt and what that was for.",
        ("run_part", "model_name", "learnt_until_date"),
        (
            _C("run_part", "string", "choice: compared on dates before the holdout; holdout: "
               "judged on the last part of the history; final: learnt from all of it.",
               values=("choice", "holdout", "final")),
            _C("model_name", "string", "bg_nbd, mbg_nbd, pareto_nbd, naive_rate, last_period for "
               "purchases; season; gamma_gamma for margins; shifted_beta_geometric and geometric "
               "for contracts."),
            _C("learnt_until_date", "date", "Last day of what it learnt from."),
            _C("parameters", "string", "Parameters in days, as name=value separated by blanks."),
            _C("log_likelihood", "double", "Log-likelihood of what it learnt from; empty where "
               "the model has none.", nullable=True),
            _C("boundary_note", "string", "What the data do not identify, in words; empty where "
               "all parameters are.", nullable=True),
            _C("customers_count", "integer", "Customers it learnt from.", minimum=0),
            _C("tuples_count", "integer", "Distinct histories among them.", minimum=0),
            _C("holdout_days", "integer", "Days after learnt_until_date that it was judged on; "
               "empty where it was not.", nullable=True, minimum=1),
            _C("total_error", "double", "Expected purchases of all over those that came, less 1.",
               nullable=True),
            _C("rmse", "double", "Root mean squared error of purchases per customer.",
               nullable=True, minimum=0),
            _C("top_decile_share", "double", "Share of the true best tenth among the predicted "
               "best tenth.", nullable=True, minimum=0, maximum=1),
            _C("is_used", "boolean", "Whether customer_values come from it."),
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "value_calibration",
        "One row per measure and bin of the holdout: what was predicted and what came.",
        ("measure", "bin_number"),
        (
            _C("measure", "string", "purchases: tenths of the customers by expected purchases; "
               "churn_lift: tenths of the customers by churn probability; churn: customers whose "
               "churn probability lies in each tenth of 0 to 1.",
               values=("purchases", "churn", "churn_lift")),
            _C("bin_number", "integer", "The bin, from 1; 1 is the lowest prediction.",
               minimum=1, maximum=10),
            _C("customers_count", "integer", "Customers in it.", minimum=1),
            _C("predicted", "double", "Mean prediction.", minimum=0),
            _C("actual", "double", "Mean of what came: purchases, or share without any.",
               minimum=0),
            _C("baseline", "double", "Mean prediction of the naive rate for the same customers; "
               "empty for churn and churn_lift.", nullable=True, minimum=0),
            _C("last_period", "double", "Mean purchases of the same customers in as many days "
               "before: what the other baseline predicts; empty for churn and churn_lift.",
               nullable=True, minimum=0),
            _C("lift", "double", "actual over its mean of all customers; empty where that is 0.",
               nullable=True, minimum=0),
            _C("model_name", "string", "Model that predicted."),
            MODEL_VERSION,
        ),
    ),
)
"""In the order in which a run writes them."""
