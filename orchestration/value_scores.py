"""Joins scores of distinct histories and tenures back to customers, in the engine."""

from __future__ import annotations

import math
from datetime import date

import duckdb
import numpy as np
import pandas as pd

from models_ml.future_value import COVERAGE
from models_ml.purchase_season import MONTH_DAYS
from models_ml.retention_model import RetentionModel
from models_ml.spend_model import SpendModel
from models_ml.tables_value import HORIZON_MONTHS
from orchestration.value_queries import HISTORY
from orchestration.warehouse import keep_frame

LONGEST = max(HORIZON_MONTHS)
# Below it nothing is said to speak for leaving, but for what ends by itself.
LIKELY_CHURN = 0.3
LONG_SILENCE_DAYS = 365


def score_tenures(
    con: duckdb.DuckDBPyConnection, model: RetentionModel | None, churn_days: int,
    discount_rate: float,
) -> None:
    """Make the table tenure_scores: what a fee of 1 a month brings, per tenure and planned end.

    The interval's ends are the months that a contract lasts with 90 % and with 10 % probability.
    """
    keys = con.execute(f"""
        select distinct floor(run_days / {MONTH_DAYS}) as tenure_months,
            floor(days_to_planned_end / {MONTH_DAYS}) as planned_months
        from contract_terms where not is_ended order by all""").df()
    tenure = keys["tenure_months"].to_numpy(float)
    planned = keys["planned_months"].fillna(math.inf).to_numpy(float)
    lasts = model.survive(tenure, LONGEST) if model else np.ones((len(keys), LONGEST))
    month = np.arange(1, LONGEST + 1)
    lasts = np.where(month <= planned[:, None], lasts, 0.0)
    discount = (1 + discount_rate) ** (-month / 12)
    scores = keys.assign(leaves=1 - lasts[:, min(LONGEST, math.ceil(churn_days / MONTH_DAYS)) - 1])
    tail = (1 - COVERAGE) / 2
    for months in HORIZON_MONTHS:
        scores[f"value_{months}"] = (lasts * discount)[:, :months].sum(axis=1)
        scores[f"low_{months}"] = ((lasts >= 1 - tail) * discount)[:, :months].sum(axis=1)
        scores[f"high_{months}"] = ((lasts >= tail) * discount)[:, :months].sum(axis=1)
    keep_frame(con, "tenure_scores", scores)


def keep_history_scores(con: duckdb.DuckDBPyConnection, scores: pd.DataFrame) -> None:
    """Make the table history_scores: one row per distinct history, as `join_scores` reads it."""
    keep_frame(con, "history_scores", scores)


def join_scores(
    con: duckdb.DuckDBPyConnection, *, as_of: date, basis: str, spend: SpendModel | None,
    churn_days: int, purchases_name: str, retention_name: str, version: str,
) -> None:
    """Make the table customer_values, a row per customer with a purchase or a contract.

    Args:
        con: engine with contract_terms, complaints, purchase_days and tenure_scores; where there
            are purchases, also customer_histories, customer_spending and history_scores.
        as_of: date that is looked back from.
        basis: margin or revenue.
        spend: the model of margins; None without purchases.
        churn_days: horizon of churn.
        purchases_name: model of purchases.
        retention_name: model of contracts.
        version: version of what was fitted.
    """
    con.execute(_SCORED_CONTRACTS.format(
        each=_each_horizon("coalesce(sum(monthly_fee * {name}_{h}), 0) as {name}_{h}"),
        month_days=MONTH_DAYS))
    con.execute(_scored_purchases(spend, as_of))
    con.execute(_CUSTOMER_VALUES.format(
        each=_each_horizon("coalesce(bought.{name}_{h}, 0) + coalesce(contract.{name}_{h}, 0) "
                           "as future_{name}_{h}"),
        expected=", ".join(f"coalesce(bought.expected_{h}, 0) as expected_purchases_{h}_months, "
                           f"coalesce(contract.value_{h}, 0) as contract_value_{h}_months"
                           for h in HORIZON_MONTHS),
        named=", ".join(f"future_value_{h} as future_value_{h}_months, "
                        f"future_low_{h} as future_value_{h}_months_low, "
                        f"future_high_{h} as future_value_{h}_months_high"
                        for h in HORIZON_MONTHS),
        as_of=as_of.isoformat(), basis=basis, churn_days=churn_days, likely=LIKELY_CHURN,
        silence=LONG_SILENCE_DAYS, version=version,
        purchases=purchases_name, retention=retention_name))


def _each_horizon(template: str) -> str:
    return ", ".join(template.format(name=name, h=h)
                     for h in HORIZON_MONTHS for name in ("value", "low", "high"))


def _scored_purchases(spend: SpendModel | None, as_of: date) -> str:
    """Query that makes scored_purchases; without purchases it has no rows."""
    if not spend:
        none = _each_horizon("cast(null as double) as {name}_{h}") + ", " + ", ".join(
            f"cast(null as double) as expected_{h}" for h in HORIZON_MONTHS)
        return f"""
            create temp table scored_purchases as
            select customer_id, day as first_day, day as last_day, 0 as frequency,
                cast(null as double) as margin, 0 as early, 0 as late,
                cast(null as double) as probability_alive,
                cast(null as double) as churn_probability,
                day as next_purchase_date, {none}
            from purchase_days where false"""
    margin = spend.expect_mean_sql("spending.purchases", "spending.mean")
    return _SCORED_PURCHASES.format(
        margin=margin, as_of=as_of.isoformat(),
        same=" and ".join(f"margins.{name} = scores.{name}" for name in (*HISTORY, "recent")),
        each=_each_horizon("scores.{name}_{h} * margin as {name}_{h}").replace(
            "scores.value_", "scores.discounted_"),
        expected=", ".join(f"scores.expected_{h}" for h in HORIZON_MONTHS))


# early and late: purchases after the first in the halves of the time since it.
_SCORED_PURCHASES = """
    create temp table scored_purchases as
    with margins as (
        select histories.*, {margin} as margin
        from customer_histories as histories
        join customer_spending as spending using (customer_id)
    ), halves as (
        select customer_id,
            count(*) filter (
                2 * datediff('day', first_day, day) <= datediff('day', first_day, date '{as_of}')
            ) as early,
            count(*) as whole
        from purchase_days join customer_histories using (customer_id)
        where is_purchase and day > first_day
        group by customer_id
    )
    select margins.customer_id, first_day, last_day, margins.frequency, margins.margin,
        coalesce(early, 0) as early, coalesce(whole - early, 0) as late,
        scores.probability_alive, scores.churn_probability, scores.next_purchase_date,
        {each}, {expected}
    from margins
    join history_scores as scores on {same}
    left join halves on margins.customer_id = halves.customer_id"""

_SCORED_CONTRACTS = """
    create temp table scored_contracts as
    select customer_id, bool_or(not is_ended) as is_running,
        min(days_to_planned_end) as days_to_planned_end,
        coalesce(product(leaves) filter (not is_ended), 1) as leaves, {each}
    from contract_terms as terms
    left join tenure_scores as scores on not terms.is_ended
        and floor(run_days / {month_days}) = scores.tenure_months
        and floor(days_to_planned_end / {month_days}) is not distinct from scores.planned_months
    group by customer_id"""

_CUSTOMER_VALUES = """
    create temp table customer_values as
    with joined as (
        select customer_id,
            case when contract.customer_id is null then 'purchases'
                when bought.customer_id is null then 'contract' else 'both' end as value_kind,
            bought.first_day as first_purchase_date, bought.last_day as last_purchase_date,
            coalesce(bought.frequency, 0) as repeat_purchases,
            datediff('day', bought.last_day, date '{as_of}') as recency_days,
            datediff('day', bought.first_day, date '{as_of}') as observed_days,
            case when contract.is_running then 1 else coalesce(bought.probability_alive, 0) end
                as probability_alive,
            bought.margin as expected_margin_per_purchase,
            bought.next_purchase_date as expected_next_purchase_date,
            coalesce(bought.churn_probability, 1) * coalesce(contract.leaves, 1)
                as churn_probability,
            contract.is_running, contract.days_to_planned_end, early, late,
            complaints.customer_id is not null as has_open_complaint,
            {expected}, {each}
        from scored_purchases as bought
        full join scored_contracts as contract using (customer_id)
        left join complaints using (customer_id)
    )
    select * exclude (is_running, days_to_planned_end, early, late, has_open_complaint),
        {named},
        '{basis}' as value_basis, {churn_days} as churn_horizon_days,
        case
            when days_to_planned_end <= {churn_days} then 'contract_ending'
            when has_open_complaint then 'complaint_open'
            when churn_probability < {likely} then 'none'
            when value_kind <> 'purchases' and not is_running and probability_alive < 0.5
                then 'contract_ended'
            when repeat_purchases > 0
                and recency_days * repeat_purchases > 2 * (observed_days - recency_days)
                then 'overdue'
            when 2 * late < early then 'rate_falling'
            when recency_days > {silence} then 'long_silence'
            when repeat_purchases = 0 and value_kind <> 'contract' then 'one_time_buyer'
            else 'unclear'
        end as churn_reason,
        case when value_kind = 'contract' then '{retention}' else '{purchases}' end as model_name,
        '{version}' as model_version
    from joined"""
