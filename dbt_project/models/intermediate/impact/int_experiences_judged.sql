{{ config(materialized='view') }}
{#- Read once, by the impact step. -#}
with

orders as (
    select * from {{ ref('int_orders_completed') }}
    where not is_cancelled and promised_date is not null and delivered_date is not null
),

cases as (
    select
        *,
        {{ to_company_date('reopened_at') }} as reopened_date
    from {{ ref('int_cases_identified') }}
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

-- What was bad or not on its day.
experiences as (
    select
        'days_late' as measure,
        order_id as record_key,
        identity_record_key,
        delivered_date as experienced_date,
        channel,
        cast(greatest(0, {{ dbt.datediff('promised_date', 'delivered_date', 'day') }}) as double) as amount
    from orders
    union all
    select
        'points_lost' as measure,
        scores.response_id as record_key,
        scores.identity_record_key,
        scores.responded_date as experienced_date,
        response_channels.channel,
        10 - scores.score as amount
    from scores
    inner join response_channels on scores.response_id = response_channels.response_id
),

case_kinds as (
    select
        cases.*,
        kinds.kind,
        kinds.measure,
        kinds.bad_from,
        cast({{ dbt.dateadd('day', 'kinds.within_days', 'cases.opened_date') }} as date) as judged_date
    from cases
    cross join kinds
    where
        kinds.measure in ('reopenings', 'times_given_up')
        or (kinds.measure = 'days_unresolved' and not cases.is_abandoned)
),

-- What became of a case later does not count: who reopens it after months is somebody who stayed. One that is opened
-- again later had been resolved before.
case_amounts as (
    select
        *,
        case measure
            when 'reopenings' then case when reopened_date <= judged_date then reopen_count else 0 end
            when 'times_given_up' then case when is_abandoned then 1 else 0 end
            when 'days_unresolved'
                then
                    case
                        when reopened_date > judged_date then 0
                        when resolved_date < judged_date
                            then {{ dbt.datediff('opened_date', 'resolved_date', 'day') }}
                        else {{ dbt.datediff('opened_date', 'judged_date', 'day') }}
                    end
        end as amount
    from case_kinds
),

judged as (
    select
        kinds.kind,
        experiences.record_key,
        experiences.identity_record_key,
        experiences.experienced_date,
        cast({{ dbt.dateadd('day', 'kinds.within_days', 'experiences.experienced_date') }} as date) as judged_date,
        experiences.channel,
        experiences.amount >= kinds.bad_from as is_bad
    from experiences
    inner join kinds on experiences.measure = kinds.measure
    union all
    select
        kind,
        case_id as record_key,
        identity_record_key,
        opened_date as experienced_date,
        judged_date,
        channel,
        amount >= bad_from as is_bad
    from case_amounts
)

select
    judged.kind,
    judged.record_key,
    judged.identity_record_key,
    judged.experienced_date,
    judged.judged_date,
    judged.channel,
    judged.is_bad
from judged
cross join calendar
where judged.identity_record_key is not null and judged.judged_date <= calendar.as_of_date
