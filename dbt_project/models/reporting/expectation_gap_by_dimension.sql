with

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where
        respondent_type <> 'employee'
        and measures in ('expectation', 'experience')
        and score_normalised is not null
        and dimension is not null
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

responses as (
    select
        answers.response_id,
        answers.dimension,
        {{ month_of('answers.responded_date') }} as month_start,
        coalesce(customer_records.customer_id, answers.response_id) as person_key,
        avg(case when answers.measures = 'expectation' then answers.score_normalised end) as expectation,
        avg(case when answers.measures = 'experience' then answers.score_normalised end) as experience
    from answers
    left join customer_records on answers.identity_record_key = customer_records.identity_record_key
    group by
        answers.response_id,
        answers.dimension,
        {{ month_of('answers.responded_date') }},
        coalesce(customer_records.customer_id, answers.response_id)
),

periods as (
    select
        *,
        'month' as grain,
        month_start as period_start
    from responses
    union all
    select
        *,
        'all' as grain,
        cast(null as date) as period_start
    from responses
),

sums as (
    select
        grain,
        period_start,
        dimension,
        count(expectation) as expectation_n,
        count(experience) as experience_n,
        count(experience - expectation) as pairs_n,
        count(distinct case when expectation is not null then person_key end) as expecting_people,
        count(distinct case when experience is not null then person_key end) as experiencing_people,
        count(distinct case when expectation is not null and experience is not null then person_key end) as pair_people,
        avg(expectation) as expectation_mean,
        avg(experience) as experience_mean,
        avg(case when experience is not null then expectation end) as paired_expectation_mean,
        avg(case when expectation is not null then experience end) as paired_experience_mean,
        -- A difference of -1 to 1 is put on 0 to 1, where the interval of a mean is known to hold.
        sum((experience - expectation + 1) / 2) as pair_sum,
        sum((experience - expectation + 1) * (experience - expectation + 1) / 4) as pair_square_sum,
        sum(expectation) as expectation_sum,
        sum(expectation * expectation) as expectation_square_sum,
        sum(experience) as experience_sum,
        sum(experience * experience) as experience_square_sum
    from periods
    group by grain, period_start, dimension
    having count(expectation) > 0 and count(experience) > 0
),

spread as (
    select
        *,
        pair_people >= {{ var('small_cell_minimum') }} as is_paired,
        {%- for name in ['expectation', 'experience'] %}
        (
            ({{ name }}_square_sum + 1.0) / ({{ name }}_n + 2.0)
            - power(({{ name }}_sum + 1.0) / ({{ name }}_n + 2.0), 2)
        ) / ({{ name }}_n + 2.0) as {{ name }}_variance{{ ',' if not loop.last }}
        {%- endfor %}
    from sums
),

compared as (
    select
        *,
        case when is_paired then pair_people else least(expecting_people, experiencing_people) end as people_count,
        case when is_paired then pairs_n else expectation_n end as used_expectation_n,
        case when is_paired then pairs_n else experience_n end as used_experience_n,
        case when is_paired then paired_expectation_mean else expectation_mean end as used_expectation_mean,
        case when is_paired then paired_experience_mean else experience_mean end as used_experience_mean,
        {%- for side, name in [(-1, 'low'), (1, 'high')] %}
        case
            when is_paired then 2 * {{ mean_score_bound('pair_sum', 'pair_square_sum', 'pairs_n', side) }} - 1
            else {{ 'least' if side > 0 else 'greatest' }}(
                {{ side }}.0,
                experience_mean - expectation_mean
                + ({{ side }}) * {{ normal_quantile() }} * sqrt(expectation_variance + experience_variance)
            )
        end as gap_{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from spread
),

ranked as (
    select
        *,
        {{ smaller_cells('people_count', 'grain, dimension', 'period_start') }}
    from compared
),

-- The months add up to `all`.
judged as (
    select
        *,
        {{ is_hidden_cell('people_count') }} as is_suppressed
    from ranked
)

select
    grain,
    {{ period_label('grain', 'period_start') }} as period,
    period_start,
    dimension,
    case when not is_suppressed then is_paired end as is_paired,
    case when not is_suppressed then used_expectation_n end as expectation_n,
    case when not is_suppressed then used_experience_n end as experience_n,
    case when not is_suppressed then 100.0 * used_expectation_mean end as expectation_score,
    case when not is_suppressed then 100.0 * used_experience_mean end as experience_score,
    case when not is_suppressed then 100.0 * (used_experience_mean - used_expectation_mean) end as gap,
    case when not is_suppressed then cast(100.0 * gap_low as double) end as gap_low,
    case when not is_suppressed then cast(100.0 * gap_high as double) end as gap_high,
    is_suppressed
from judged
