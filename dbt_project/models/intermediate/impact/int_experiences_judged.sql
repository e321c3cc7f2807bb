{{ config(materialized='view') }}
{#- Read once, by the impact step. -#}
with

orders as (
    select * from {{ ref('int_orders_completed') }}
    where not is_cancelled and promised_date is not null and delivered_date is not null
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

scores as (
    select * from {{ ref('int_scores_measured') }}
    where measure = 'any'
),

response_channels as (
    select
        response_id,
        min(coalesce(channel, 'unknown')) as channel
    from {{ ref('int_survey_answers_scored') }}
    group by response_id
),

kinds as (
    select * from {{ ref('bad_experience_kinds') }}
),

calendar as (
    select {{ as_of_date() }} as as_of_date
),

-- A case that nobody closed is as old as it has become.
open_cases as (
    select
        cases.*,
        coalesce(cases.resolved_date, calendar.as_of_date) as last_open_date
    from cases
    cross join calendar
),

measured as (
    select
        order_id as record_key,
        identity_record_key,
        delivered_date as experienced_date,
        channel,
        'days_late' as measure,
        cast(greatest(0, {{ dbt.datediff('promised_date', 'delivered_date', 'day') }}) as double) as amount
    from orders
    union all
    select
        scores.response_id as record_key,
        scores.identity_record_key,
        scores.responded_date as experienced_date,
        response_channels.channel,
        'points_lost' as measure,
        10 - scores.score as amount
    from scores
    inner join response_channels on scores.response_id = response_channels.response_id
    union all
    select
        case_id as record_key,
        identity_record_key,
        opened_date as experienced_date,
        channel,
        'reopenings' as measure,
        cast(reopen_count as double) as amount
    from cases
    union all
    select
        case_id as record_key,
        identity_record_key,
        opened_date as experienced_date,
        channel,
        'times_given_up' as measure,
        case when is_abandoned then 1.0 else 0.0 end as amount
    from cases
    union all
    select
        cases.case_id as record_key,
        cases.identity_record_key,
        cases.opened_date as experienced_date,
        cases.channel,
        'days_unresolved' as measure,
        cast({{ dbt.datediff('cases.opened_date', 'cases.last_open_date', 'day') }} as double) as amount
    from open_cases as cases
    where not cases.is_abandoned
)

select
    kinds.kind,
    measured.record_key,
    measured.identity_record_key,
    measured.experienced_date,
    measured.channel,
    measured.amount >= kinds.bad_from as is_bad
from measured
inner join kinds on measured.measure = kinds.measure
where measured.identity_record_key is not null and measured.experienced_date is not null
