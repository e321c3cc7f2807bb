with

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where measures = 'experience' and score_status = 'valid'
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
),

stores as (
    select * from {{ ref('stg_pos__stores') }}
),

attached as (
    select * from {{ ref('int_responses_attached') }}
    where score_source <> 'survey_unattached'
),

touchpoints as (
    select
        touchpoint_id,
        touchpoint_type,
        department
    from {{ ref('int_touchpoints_mapped') }}
)

-- An anonymous response counts as its own person. A rating is about what its question names; a whole response about
-- the contact it was asked for.
select
    answers.answer_id as record_key,
    answers.responded_date as observed_date,
    coalesce(customer_records.customer_id, answers.response_id) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    answers.channel,
    answers.store_id as store,
    stores.partner,
    coalesce(answers.department, touchpoints.department) as department,
    case
        when answers.question_type = 'rating' then coalesce(answers.touchpoint, touchpoints.touchpoint_type)
        else coalesce(touchpoints.touchpoint_type, answers.touchpoint)
    end as touchpoint,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,

    answers.respondent_type,
    answers.question_type,
    answers.dimension as question_dimension,
    answers.score_normalised,
    case when answers.is_top_two_box then 1 else 0 end as is_top_two_box,
    case answers.nps_class when 'promoter' then 1 when 'passive' then 0 when 'detractor' then -1 end as nps_points,
    answers.weight,
    answers.responded_at
from answers
left join customer_records on answers.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
left join stores on answers.store_id = stores.store_id
left join attached on answers.response_id = attached.response_id
left join touchpoints on attached.touchpoint_id = touchpoints.touchpoint_id
