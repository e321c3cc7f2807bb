with

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where
        question_type in ('csat', 'rating')
        and measures = 'experience'
        and respondent_type = 'customer'
        and score_status = 'valid'
        and responded_date is not null
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

grains as (
    select 'month' as grain
    union all
    select 'year' as grain
),

-- An anonymous response counts as its own person.
described_answers as (
    select
        coalesce(answers.dimension, 'overall') as dimension,
        {{ month_of('answers.responded_date') }} as month_start,
        cast({{ dbt.date_trunc('year', 'answers.responded_date') }} as date) as year_start,
        coalesce(customer_records.customer_id, answers.response_id) as person_key,
        answers.directed_score,
        answers.score_normalised,
        answers.is_top_two_box,
        answers.scale_min,
        answers.scale_max,
        coalesce(answers.weight, 1.0) as weight
    from answers
    left join customer_records on answers.identity_record_key = customer_records.identity_record_key
),

cells as (
    select
        answers.dimension,
        grains.grain,
        answers.year_start,
        case when grains.grain = 'month' then answers.month_start else answers.year_start end as period_start,
        count(*) as n,
        count(distinct answers.person_key) as persons_count,
        min(answers.scale_min) as scale_min,
        max(answers.scale_min) as highest_scale_min,
        max(answers.scale_max) as scale_max,
        min(answers.scale_max) as lowest_scale_max,
        avg(answers.directed_score) as mean_score,
        sum(answers.score_normalised) as score_sum,
        sum(answers.score_normalised * answers.score_normalised) as score_square_sum,
        sum(case when answers.is_top_two_box then 1 else 0 end) as top_two_box_count,
        sum(answers.weight) as weight_sum,
        sum(answers.weight * answers.weight) as weight_square_sum,
        sum(answers.weight * answers.directed_score) as weighted_score_sum,
        sum(answers.weight * answers.score_normalised) as weighted_normalised_sum
    from described_answers as answers
    cross join grains
    group by 1, 2, 3, 4
),

ranked_cells as (
    select
        *,
        scale_min = highest_scale_min and scale_max = lowest_scale_max as has_one_scale,
        {{ smaller_cells('persons_count', 'dimension, grain, year_start', 'period_start') }}
    from cells
),

-- The year is known.
judged as (
    select
        *,
        {{ is_hidden_cell('persons_count') }} as is_suppressed
    from ranked_cells
)

select
    dimension,
    grain,
    case
        when grain = 'year' then substring(cast(period_start as string), 1, 4)
        else {{ period_label('grain', 'period_start') }}
    end as period,
    period_start,
    case when has_one_scale then scale_min end as scale_min,
    case when has_one_scale then scale_max end as scale_max,
    case when not is_suppressed and has_one_scale then mean_score end as mean_score,
    case when not is_suppressed and has_one_scale then weighted_score_sum / nullif(weight_sum, 0) end
        as weighted_mean_score,
    case when not is_suppressed then score_sum / n end as mean_normalised,
    case when not is_suppressed then weighted_normalised_sum / nullif(weight_sum, 0) end as weighted_mean_normalised,
    case when not is_suppressed then {{ mean_score_bound('score_sum', 'score_square_sum', 'n', -1) }} end
        as interval_low,
    case when not is_suppressed then {{ mean_score_bound('score_sum', 'score_square_sum', 'n', 1) }} end
        as interval_high,
    case when not is_suppressed then 1.0 * top_two_box_count / n end as top_two_box_share,
    case when not is_suppressed then n end as n,
    case when not is_suppressed then weight_sum * weight_sum / nullif(weight_square_sum, 0) end as effective_n,
    is_suppressed
from judged
