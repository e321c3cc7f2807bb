with

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where
        question_type = 'nps'
        and measures = 'experience'
        and respondent_type in ('customer', 'employee')
        and responded_date is not null
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

grains as (
    {{ kpi_grains() }}
),

-- An anonymous response counts as its own person.
with_person as (
    select
        case when answers.respondent_type = 'employee' then 'employee_nps' else 'nps' end as kpi_id,
        grains.grain,
        {{ period_start('grains.grain', 'answers.responded_date') }} as period_start,
        answers.answer_id,
        answers.response_id,
        coalesce(customer_records.customer_id, answers.response_id) as person_key,
        customer_records.customer_id is not null as is_known_customer,
        answers.nps_class,
        answers.responded_at
    from answers
    cross join grains
    left join customer_records on answers.identity_record_key = customer_records.identity_record_key
),

ranked as (
    select
        *,
        row_number() over (
            partition by kpi_id, grain, period_start, person_key
            order by
                case when nps_class is null then 1 else 0 end,
                responded_at desc,
                answer_id desc
        ) as answer_rank
    from with_person
)

select
    kpi_id,
    grain,
    period_start,
    answer_id,
    response_id,
    person_key,
    is_known_customer,
    nps_class,
    case
        when nps_class is null then 'not_applicable'
        when answer_rank = 1 then 'counted'
        else 'superseded'
    end as count_status,
    responded_at
from ranked
