with

responses as (
    select * from {{ ref('int_survey_responses_identified') }}
    where respondent_type <> 'employee'
),

orders as (
    select * from {{ ref('int_orders_completed') }}
)

-- What the answer is about, as far as it had happened by then.
select
    responses.response_id,
    responses.identity_record_key,
    responses.order_id,
    responses.case_id,
    coalesce(responses.channel, 'unknown') as channel,
    case
        when orders.delivered_at <= responses.responded_at then 'delivery'
        when orders.order_id is not null then 'purchase'
        when responses.case_id is not null then 'service'
        else coalesce(responses.touchpoint, 'unknown')
    end as touchpoint,
    coalesce(responses.weight, 1.0) as weight,
    responses.responded_at,
    responses.responded_date
from responses
left join orders on responses.order_id = orders.order_id
where responses.responded_date is not null and coalesce(responses.weight, 1.0) > 0
