"""What the improvement step asks the engine: who spoke of which problem where, as counts.

A voice is a text of a customer, or a case without text. It is about the topics it mentions, the
topics above them and, for a case, that of its reason; it is a problem when it is a case that does
not praise, or speaks ill. Python gets counts per cell, never a voice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pandas as pd

from orchestration.improvements import split_issue
from orchestration.ml_tables import ml_relation
from orchestration.settings import Settings

WINDOW_DAYS = 730

_VOICES_SQL = """
    create temp table contacts as
    with numbered as (
        select cases.*,
            -- Who is unknown in one system is known by the other.
            coalesce(records.customer_id, min(records.customer_id) over (
                partition by coalesce(links.link_group_id, cases.case_id))) as known_as,
            coalesce(known_as, cases.case_id) as person_key,
            costed.topic, cases.reason = 'unknown' as is_unknown,
            row_number() over (partition by coalesce(links.link_group_id, cases.case_id)
                               order by cases.opened_at, cases.case_id) as rank_in_contact,
            costed.cost_amount as cost, costed.recontacts_decided_at,
            max(costed.last_contact_at) over (
                partition by coalesce(links.link_group_id, cases.case_id)) as last_contact_at,
            known_as is not null as is_known
        from intermediate.int_cases_identified as cases
        join intermediate.int_cases_costed as costed using (case_id)
        left join intermediate.int_case_links_propagated as links using (case_id)
        left join {records} as records on cases.identity_record_key = records.record_key
    )
    select * exclude (rank_in_contact, cost_amount, known_as), rank_in_contact > 1 as is_mirror,
        lead(opened_at) over (partition by person_key, topic, rank_in_contact > 1
                              order by opened_at, case_id) as next_at
    from numbered;

    create temp table voices as
    with spoken as (
        select feedback_id as voice_id, feedback_type, source_record_key, identity_record_key,
            order_id, case_id, product_id, store_id, touchpoint, text_key, occurred_date
        from intermediate.int_feedback_texts_unioned
        where respondent_type = 'customer'
        union all
        select case_id, 'service_case', case_id, identity_record_key, order_id, case_id,
            product_id, store_id, null, null, opened_date
        from intermediate.int_cases_identified
        where case_id not in (select feedback_id from intermediate.int_feedback_texts_unioned
                              where feedback_type = 'service_case')
    )
    select spoken.* exclude (identity_record_key, touchpoint, store_id),
        coalesce(records.customer_id, spoken.source_record_key) as person_key,
        date_trunc('month', spoken.occurred_date)::date as month,
        coalesce(spoken.store_id, orders.store_id) as store_id,
        orders.channel as sales_channel,
        case when orders.is_delivered_late then 'late'
            when not orders.is_delivered_late then 'on_time' end as delivery,
        coalesce(touchpoints.touchpoint_type, spoken.touchpoint) as touchpoint,
        case when spoken.feedback_type = 'service_case' then contacts.cost end as cost,
        case when spoken.feedback_type = 'service_case' then contacts.topic end as reason_topic
    from spoken
    left join {records} as records on spoken.identity_record_key = records.record_key
    left join contacts on spoken.case_id = contacts.case_id
    left join intermediate.int_orders_completed as orders
        on coalesce(spoken.order_id, contacts.order_id) = orders.order_id
    left join intermediate.int_touchpoints_mapped as touchpoints
        on spoken.source_record_key = touchpoints.source_record_key
        and (touchpoints.source_entity = 'social.posts'
             or (touchpoints.source_entity = 'crm.cases' and touchpoints.event_type = 'opened'))
    where spoken.occurred_date <= date '{as_of}' and not coalesce(contacts.is_mirror
        and spoken.feedback_type = 'service_case', false);

    create temp table mentions as
    with said as (
        select voices.voice_id, mentioned.topic, mentioned.polarity
        from voices join {topics} as mentioned using (text_key)
        union all
        select voice_id, reason_topic, null from voices where reason_topic is not null
    ),
    lifted as (
        select said.voice_id, unnest(list_distinct([placed.topic, placed.level_1_topic])) as topic,
            said.polarity
        from said join intermediate.int_topics_placed as placed using (topic)
    ),
    per_topic as (
        select voice_id, topic, round(favg(polarity), 9) as polarity from lifted group by all
    )
    select per_topic.voice_id, per_topic.topic, voices.person_key, voices.month, voices.cost,
        (coalesce(per_topic.polarity, sentiment.polarity) + 1) / 2 as score,
        case when voices.feedback_type = 'service_case'
            then coalesce(per_topic.polarity, 0) <= 0
            else coalesce(per_topic.polarity, sentiment.polarity, 0) < 0 end as is_problem
    from per_topic
    join voices using (voice_id)
    left join {sentiment} as sentiment using (text_key);

    create temp table order_products as
    select distinct lines.order_id, lines.product_id
    from intermediate.int_order_lines_converted as lines
    where not lines.is_return and not lines.is_cancelled and lines.product_id is not null;

    create temp table order_values as
    with orders as (
        select order_id, store_id, channel, date_trunc('month', ordered_date)::date as month,
            case when is_delivered_late then 'late' when not is_delivered_late then 'on_time' end
                as delivery
        from intermediate.int_orders_completed
        where not is_cancelled and ordered_date <= date '{as_of}'
    ),
    goods as (
        select distinct order_products.order_id, orders.month, products.product_id,
            products.category, products.supplier
        from order_products join orders using (order_id)
        join staging.stg_pos__products as products using (product_id)
    ),
    listed as (
        select order_id, month, 'product' as dimension, product_id as dimension_value from goods
        union select order_id, month, 'category', category from goods
        union select order_id, month, 'supplier', supplier from goods
        union all select order_id, month, 'store', store_id from orders
        union all select order_id, month, 'sales_channel', channel from orders
        union all select order_id, month, 'delivery', delivery from orders
        union all select order_id, month, 'month', strftime(month, '%Y-%m') from orders
    )
    select dimension, dimension_value, month, count(*) as orders_count
    from listed where dimension_value is not null group by all;

    create temp table voice_values as
    with goods as (
        select voices.voice_id, products.product_id, products.category, products.supplier
        from voices join staging.stg_pos__products as products using (product_id)
        union
        select voices.voice_id, products.product_id, products.category, products.supplier
        from voices join order_products on voices.order_id = order_products.order_id
        join staging.stg_pos__products as products
            on order_products.product_id = products.product_id
        where voices.product_id is null
    ),
    listed as (
        select voice_id, 'product' as dimension, product_id as dimension_value from goods
        union select voice_id, 'category', category from goods
        union select voice_id, 'supplier', supplier from goods
        union all select voice_id, 'store', store_id from voices
        union all select voice_id, 'sales_channel', sales_channel from voices
        union all select voice_id, 'delivery', delivery from voices
        union all select voice_id, 'touchpoint', touchpoint from voices
        union all select voice_id, 'month', strftime(month, '%Y-%m') from voices
    )
    select *, 1.0 / count(*) over (partition by voice_id, dimension) as part
    from listed where dimension_value is not null;
"""

# A cell of the window: cost of a voice about several products is parted among them.
_CELLS_SQL = """
    create or replace temp table cells as
    with told as (
        select mentions.*, voice_values.dimension, voice_values.dimension_value, voice_values.part
        from mentions join voice_values using (voice_id)
        where mentions.month >= $first
    ),
    counted as (
        select topic, dimension, dimension_value,
            count(distinct (person_key, month)) filter (is_problem) as events_count,
            count(distinct person_key) filter (is_problem) as people_count,
            count(score) as scores_count, round(coalesce(fsum(score), 0), 9) as score_sum,
            round(coalesce(fsum(score * score), 0), 9) as score_square_sum,
            round(coalesce(fsum(cost::double * part) filter (is_problem), 0), 6) as cost_amount
        from told group by all
    ),
    exposures as (
        select dimension, dimension_value, sum(orders_count) as exposure_count
        from order_values where month >= $first group by all
        union all
        select dimension, dimension_value, sum(events_count) from counted
        where dimension = 'touchpoint' group by all having sum(events_count) > 0
    ),
    dimensions as (
        select *, sum(exposure_count) over (partition by dimension) as dimension_exposure_count
        from exposures
    ),
    -- A voice about several products is in several cells, and among those of its topic once.
    scored as (
        select topic, dimension, count(score) as topic_scores_count,
            round(coalesce(fsum(score), 0), 9) as topic_score_sum,
            round(coalesce(fsum(score * score), 0), 9) as topic_score_square_sum
        from (select distinct told.voice_id, told.topic, told.dimension, told.score
              from told join exposures using (dimension, dimension_value))
        group by all
    ),
    topics as (
        select topic, dimension, sum(events_count) as topic_events_count,
            any_value(topic_scores_count) as topic_scores_count,
            any_value(topic_score_sum) as topic_score_sum,
            any_value(topic_score_square_sum) as topic_score_square_sum
        from counted join exposures using (dimension, dimension_value)
        join scored using (topic, dimension)
        group by all having sum(events_count) > 0
    )
    select topics.topic, placed.level_1_topic, placed.name_en as topic_name_en,
        placed.name_de as topic_name_de, dimension, dimension_value,
        coalesce(people_count, 0) as people_count, coalesce(events_count, 0) as events_count,
        exposure_count::bigint as exposure_count, topic_events_count::bigint as topic_events_count,
        dimension_exposure_count::bigint as dimension_exposure_count,
        coalesce(scores_count, 0) as scores_count, coalesce(score_sum, 0) as score_sum,
        coalesce(score_square_sum, 0) as score_square_sum,
        topic_scores_count::bigint as topic_scores_count, topic_score_sum, topic_score_square_sum,
        coalesce(cost_amount, 0) as cost_amount
    from topics
    join dimensions using (dimension)
    left join counted using (topic, dimension, dimension_value)
    join intermediate.int_topics_placed as placed on topics.topic = placed.topic
"""

_NAMES_SQL = """
    with names as (
        select 'product' as dimension, product_id as dimension_value, product_name as name_en,
            product_name as name_de from staging.stg_pos__products
        union all select 'store', store_id, store_name, store_name from staging.stg_pos__stores
        union all select 'sales_channel', channel, name_en, name_de from seeds.channels
        union all select 'touchpoint', touchpoint_type, min(name_en), min(name_de)
        from seeds.touchpoint_map group by touchpoint_type
        union all select 'touchpoint', code, name_en, name_de
        from reporting.code_labels where code_type = 'stage'
            and code not in (select touchpoint_type from seeds.touchpoint_map)
        union all values ('delivery', 'late', 'late', 'verspätet'),
            ('delivery', 'on_time', 'in time', 'pünktlich')
    )
    select cells.*, coalesce(names.name_en, cells.dimension_value) as value_name_en,
        coalesce(names.name_de, cells.dimension_value) as value_name_de
    from cells left join names using (dimension, dimension_value)
    where people_count >= $least
    order by topic, dimension, dimension_value
"""

_REST_SQL = """
    with expected as (
        select events_count, topic_events_count * exposure_count / dimension_exposure_count as mean
        from cells where people_count < $least
    )
    select events_count, round(mean, 1 - floor(log10(mean))::integer) as expected_count,
        count(*) as cells_count
    from expected group by all order by all
"""


@dataclass(frozen=True)
class Window:
    """Days in which is counted, and the months of the history that are whole."""

    first: date
    days: int
    first_whole_month: date
    last_whole_month: date
    as_of: date


def prepare(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: date) -> Window | None:
    """Make the tables contacts, voices, mentions, order_values and voice_values.

    Returns:
        None when nobody said anything.
    """
    con.execute(_VOICES_SQL.format(
        records=ml_relation(settings, "customer_records"),
        topics=ml_relation(settings, "feedback_topics"),
        sentiment=ml_relation(settings, "feedback_sentiment"), as_of=as_of))
    ((begun,),) = con.execute("select min(occurred_date) from voices").fetchall()
    if begun is None:
        return None
    first = max(begun, as_of - timedelta(days=WINDOW_DAYS - 1)).replace(day=1)
    return Window(
        first, (as_of - max(first, begun)).days + 1,
        begun if begun.day == 1 else _next_month(begun),
        _previous_month(_next_month(as_of) if (as_of + timedelta(days=1)).day == 1 else as_of),
        as_of)


def read_cells(
    con: duckdb.DuckDBPyConnection, window: Window, least_people: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells that may be told with their names, and all others by equal counts."""
    con.execute(_CELLS_SQL, {"first": window.first})
    return (con.execute(_NAMES_SQL, {"least": least_people}).df(),
            con.execute(_REST_SQL, {"least": least_people}).df())


def read_known_issues(
    con: duckdb.DuckDBPyConnection, issues: Collection[tuple[str, str]],
) -> frozenset[tuple[str, str]]:
    """Of issues (kind, key) those whose place or team there is in the data."""
    places = set(con.execute(
        "select distinct dimension, dimension_value from voice_values union "
        "select distinct dimension, dimension_value from order_values").fetchall())
    teams = {team for (team,) in con.execute("select distinct team from contacts").fetchall()}
    known = set()
    for kind, issue in issues:
        parts = split_issue(kind, issue)
        if ((kind == "training" and parts[0] in teams) or kind == "article"
                or (kind == "issue" and (len(parts) == 1 or parts[1:] in places))):
            known.add((kind, issue))
    return frozenset(known)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _previous_month(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)
