"""Features of customers as of a day, for the segment step: SQL over facts and ML tables.

Only what had happened by that day counts. The same features at two moments, `today` and `holdout`,
make the groups and say what they are worth.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from orchestration.ml_tables import ml_relation
from orchestration.settings import Settings

HOLDOUT_DAYS = 180
"""What customers do in them tells what segments are worth; as many must lie before them."""

FEATURES_SQL = """
    create or replace temp table features as
    with moments as (
        select 'today' as moment, $as_of::date as moment_date
        union all
        select 'holdout', $start::date
        where (select min(fact_date) from intermediate.int_segment_facts_unioned
               where fact_type = 'order') <= $start::date - {days}
    ),
    facts as (
        select records.customer_id, moments.moment, moments.moment_date, facts.*,
            facts.fact_date <= moments.moment_date as is_past
        from intermediate.int_segment_facts_unioned as facts
        join {records} as records on facts.identity_record_key = records.record_key
        cross join moments
        where facts.fact_date <= $as_of::date
    ),
    purchases as (
        select customer_id, moment,
            datediff('day', max(fact_date) filter (is_past), max(moment_date)) as recency_days,
            datediff('day', min(fact_date), max(moment_date)) as tenure_days,
            count(distinct fact_date) filter (is_past) as order_days_count,
            round(fsum(revenue) filter (is_past), 4) as revenue,
            round(fsum(revenue) filter (not is_past), 4) as outcome_revenue
        from facts where fact_type = 'order'
        group by all having min(fact_date) <= max(moment_date)
    ),
    experiences as (
        select customer_id, moment,
            count(*) filter (fact_type in ('answer', 'text')) as voices_count,
            round(favg(score), 9) as score, round(favg(ease_score), 9) as ease_score,
            round(favg(polarity), 9) as polarity,
            count(*) filter (coalesce(is_complaint, intent = 'complaint')) as complaints_count,
            count(*) filter (fact_type = 'case') as cases_count,
            avg(is_late::integer) as late_delivery_share
        from facts
        left join {sentiment} using (text_key)
        left join {signals} using (text_key)
        where fact_type <> 'order' and is_past
        group by all having voices_count > 0
    ),
    memberships as (
        select customer_id, moment, max(loyalty_level) as loyalty_level
        from intermediate.int_segment_memberships_listed as memberships
        join {records} as records
            on memberships.identity_record_key = records.record_key
        join moments on coalesce(valid_from, moment_date) <= moment_date
            and coalesce(valid_to > moment_date, true)
        group by all
    )
    select customer_id, moment, moment_date,
        recency_days, tenure_days, order_days_count, revenue,
        coalesce(loyalty_level, 0) as loyalty_level,
        voices_count, score, ease_score, polarity, complaints_count, cases_count,
        late_delivery_share,
        case when moment = 'holdout' then coalesce(outcome_revenue, 0) end as outcome_revenue
    from purchases
    full join experiences using (customer_id, moment)
    left join memberships using (customer_id, moment)
    join moments using (moment)"""


def measure_features(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: date) -> None:
    """Make the table `features`: one row per customer and moment.

    Who never bought has no recency_days, who never said anything no voices_count; both have no row.
    outcome_revenue is what a customer spent between the start of the holdout and the as-of date.
    """
    con.execute(
        FEATURES_SQL.format(
            days=HOLDOUT_DAYS,
            records=ml_relation(settings, "customer_records"),
            sentiment=ml_relation(settings, "feedback_sentiment"),
            signals=ml_relation(settings, "feedback_signals")),
        {"as_of": as_of, "start": as_of - timedelta(days=HOLDOUT_DAYS)})
