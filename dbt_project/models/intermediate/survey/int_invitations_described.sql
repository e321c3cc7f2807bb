{#- Read once, by the step that corrects for silence. What happened after an invitation was sent describes nobody. -#}
{{ config(materialized='view') }}
with

invitations as (
    select * from {{ ref('stg_survey__invitations') }}
),

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where respondent_type = 'customer' and measures = 'experience'
),

responses as (
    select * from {{ ref('stg_survey__responses') }}
    where respondent_type = 'customer' or respondent_type is null
),

orders as (
    select * from {{ ref('int_orders_completed') }}
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

scored_responses as (
    select
        response_id,
        {%- for question_type in ['nps', 'csat', 'ces'] %}
        avg(case when question_type = '{{ question_type }}' then score_normalised end) as {{ question_type }}_score,
        {%- endfor %}
        avg(case when question_type = 'rating' and dimension = 'overall' then score_normalised end) as overall_score,
        min(nps_class) as nps_class
    from answers
    where score_status = 'valid'
    group by response_id
),

-- A second response to one invitation is no second answer.
answered as (
    select
        responses.invitation_id,
        min(responses.responded_at) as responded_at,
        avg(
            case scored_responses.nps_class
                when 'promoter' then 100.0
                when 'passive' then 0.0
                when 'detractor' then -100.0
            end
        ) as nps,
        avg(100.0 * scored_responses.csat_score) as csat_score,
        avg(100.0 * scored_responses.ces_score) as ces,
        avg(100.0 * scored_responses.overall_score) as overall_rating
    from responses
    left join scored_responses on responses.response_id = scored_responses.response_id
    where responses.invitation_id is not null
    group by responses.invitation_id
)

select
    invitations.invitation_id,
    coalesce(
        invitations.identity_record_key, orders.identity_record_key, cases.identity_record_key
    ) as identity_record_key,
    coalesce(invitations.survey, 'unknown') as survey,
    invitations.sent_at,
    invitations.sent_date,

    coalesce(invitations.channel, 'unknown') as invitation_channel,
    coalesce(orders.channel, 'none') as order_channel,
    case
        when orders.order_id is null then 'none'
        when orders.promised_at is null then 'no_promise'
        when least(orders.promised_at, coalesce(orders.delivered_at, orders.promised_at)) >= invitations.sent_at
            then 'on_its_way'
        when orders.delivered_at <= orders.promised_at then 'on_time'
        when
            {{ dbt.datediff(
                'orders.promised_date', 'least(coalesce(orders.delivered_date, invitations.sent_date), invitations.sent_date)',
                'day',
            ) }} <= 3
            then 'late'
        else 'very_late'
    end as delivery,
    case
        when cases.case_id is null then 'none'
        when cases.is_abandoned then 'abandoned'
        when cases.reopen_count > 0 and cases.reopened_at <= invitations.sent_at then 'reopened'
        -- What is opened again later was resolved before; when is known of the last time only.
        when cases.reopened_at > invitations.sent_at or cases.resolved_at <= invitations.sent_at then 'resolved'
        else 'open'
    end as case_state,
    case
        when cases.waiting_time_seconds is null then 'unknown'
        when cases.waiting_time_seconds <= 120 then 'short'
        when cases.waiting_time_seconds <= 600 then 'medium'
        else 'long'
    end as waiting,

    answered.responded_at,
    answered.nps,
    answered.csat_score,
    answered.ces,
    answered.overall_rating
from invitations
left join orders on invitations.order_id = orders.order_id
left join cases on invitations.case_id = cases.case_id
left join answered on invitations.invitation_id = answered.invitation_id
where invitations.sent_at is not null
