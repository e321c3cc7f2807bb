with

store_partners as (
    select * from {{ ref('int_store_partners_coded') }}
),

-- The partner named by the case itself outranks the one whose store it is about.
cases as (
    select
        cases.case_id,
        coalesce({{ code('cases.partner') }}, store_partners.partner_id) as partner_id,
        cases.partner as partner_name
    from {{ ref('int_cases_identified') }} as cases
    left join store_partners on cases.store_id = store_partners.store_id
),

named as (
    select
        partner_id,
        partner_name,
        partner_kind,
        region,
        store_id
    from store_partners
    union all
    select
        partner_id,
        partner_name,
        'service' as partner_kind,
        cast(null as string) as region,
        cast(null as string) as store_id
    from cases
    where partner_name is not null
),

-- `dealer` comes before `partner` before `service`: who sells is known by that.
partners as (
    select
        partner_id,
        min(partner_name) as partner_name,
        min(partner_kind) as partner_kind,
        case when count(distinct region) > 1 then 'several' else min(region) end as region,
        count(distinct store_id) as stores_count
    from named
    group by partner_id
),

order_totals as (
    select
        store_partners.partner_id,
        count(*) as orders_count,
        {{ money('sum(orders.revenue)') }} as revenue,
        max(orders.ordered_date) as last_order_date
    from {{ ref('int_orders_completed') }} as orders
    inner join store_partners on orders.store_id = store_partners.store_id
    where not orders.is_cancelled
    group by store_partners.partner_id
),

case_totals as (
    select
        partner_id,
        count(*) as cases_count
    from cases
    where partner_id is not null
    group by partner_id
),

scores as (
    select
        coalesce(cases.partner_id, store_partners.partner_id) as partner_id,
        count(scores.score_normalised) as scores_count,
        avg(scores.score_normalised) as mean_score_normalised
    from {{ ref('int_survey_responses_identified') }} as responses
    inner join {{ ref('int_survey_responses_scored') }} as scores on responses.response_id = scores.response_id
    left join cases on responses.case_id = cases.case_id
    left join store_partners on responses.store_id = store_partners.store_id
    where responses.respondent_type = 'customer'
    group by coalesce(cases.partner_id, store_partners.partner_id)
)

select
    partners.partner_id,
    partners.partner_name,
    partners.partner_kind,
    partners.region,
    partners.stores_count,
    coalesce(order_totals.orders_count, 0) as orders_count,
    coalesce(order_totals.revenue, {{ money('0') }}) as revenue,
    '{{ var("reporting_currency") }}' as currency,
    order_totals.last_order_date,
    coalesce(case_totals.cases_count, 0) as cases_count,
    coalesce(scores.scores_count, 0) as scores_count,
    scores.mean_score_normalised
from partners
left join order_totals on partners.partner_id = order_totals.partner_id
left join case_totals on partners.partner_id = case_totals.partner_id
left join scores on partners.partner_id = scores.partner_id
