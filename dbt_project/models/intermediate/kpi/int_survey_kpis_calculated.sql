with

nps_answers as (
    select * from {{ ref('int_nps_answers_counted') }}
    where count_status = 'counted'
),

scored_answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where
        question_type in ('csat', 'ces')
        and measures = 'experience'
        and respondent_type = 'customer'
        and score_status = 'valid'
        and responded_date is not null
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

active_customers as (
    select * from {{ ref('int_customer_kpis_calculated') }}
    where kpi_id = 'active_customers'
),

grains as (
    {{ kpi_grains() }}
),

nps_totals as (
    select
        kpi_id,
        grain,
        period_start,
        count(*) as n,
        count(*) as persons_count,
        sum(case when is_known_customer then 1 else 0 end) as known_persons_count,
        sum(case when nps_class = 'promoter' then 1 else 0 end) as promoters_count,
        sum(case when nps_class = 'detractor' then 1 else 0 end) as detractors_count
    from nps_answers
    group by kpi_id, grain, period_start
),

score_totals as (
    select
        answers.question_type,
        grains.grain,
        {{ period_start('grains.grain', 'answers.responded_date') }} as period_start,
        count(*) as n,
        count(distinct coalesce(customer_records.customer_id, answers.response_id)) as persons_count,
        count(distinct customer_records.customer_id) as known_persons_count,
        sum(answers.score_normalised) as score_sum,
        sum(answers.score_normalised * answers.score_normalised) as score_square_sum,
        sum(case when answers.is_top_two_box then 1 else 0 end) as top_two_box_count
    from scored_answers as answers
    cross join grains
    left join customer_records on answers.identity_record_key = customer_records.identity_record_key
    group by 1, 2, 3
),

calculated as (
    select
        kpi_id,
        grain,
        period_start,
        n,
        persons_count,
        known_persons_count,
        100.0 * (promoters_count - detractors_count) / n as value,
        {{ nps_bound('promoters_count', 'detractors_count', 'n', -1) }} as interval_low,
        {{ nps_bound('promoters_count', 'detractors_count', 'n', 1) }} as interval_high
    from nps_totals

    union all

    select
        case when question_type = 'csat' then 'csat_score' else 'ces' end as kpi_id,
        grain,
        period_start,
        n,
        persons_count,
        known_persons_count,
        100.0 * score_sum / n as value,
        100.0 * {{ mean_score_bound('score_sum', 'score_square_sum', 'n', -1) }} as interval_low,
        100.0 * {{ mean_score_bound('score_sum', 'score_square_sum', 'n', 1) }} as interval_high
    from score_totals

    union all

    select
        'csat_top_two_box' as kpi_id,
        grain,
        period_start,
        n,
        persons_count,
        known_persons_count,
        1.0 * top_two_box_count / n as value,
        {{ share_bound('top_two_box_count', 'n', -1) }} as interval_low,
        {{ share_bound('top_two_box_count', 'n', 1) }} as interval_high
    from score_totals
    where question_type = 'csat'
)

select
    calculated.kpi_id,
    calculated.grain,
    calculated.period_start,
    'all' as dimension,
    'all' as dimension_value,
    calculated.value,
    calculated.n,
    calculated.persons_count,
    calculated.interval_low,
    calculated.interval_high,
    case when calculated.kpi_id <> 'employee_nps'
        then least(1.0, 1.0 * calculated.known_persons_count / active_customers.n)
    end as coverage
from calculated
left join active_customers
    on calculated.grain = active_customers.grain
    and coalesce(calculated.period_start, cast('0001-01-01' as date))
    = coalesce(active_customers.period_start, cast('0001-01-01' as date))
