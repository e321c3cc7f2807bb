with

drivers as (
    select * from {{ ref('stg_ml__satisfaction_drivers') }}
),

outcomes as (
    select * from {{ ref('driver_outcomes') }}
),

names as (
    select * from {{ ref('int_driver_factors_named') }}
),

labels as (
    select * from {{ ref('code_labels') }}
),

slices as (
    select * from {{ ref('int_driver_slices_named') }}
),

-- The period before: a quarter before a quarter, a year before a year.
dated as (
    select
        *,
        case grain
            when 'quarter' then cast({{ dbt.dateadd('month', -3, 'period_start') }} as date)
            when 'year' then cast({{ dbt.dateadd('year', -1, 'period_start') }} as date)
        end as previous_period_start,
        greatest(share_high - importance_share, importance_share - share_low) as share_room,
        greatest(performance_high - performance, performance - performance_low) as performance_room
    from drivers
),

compared as (
    select
        dated.*,
        previous.quadrant as previous_quadrant,
        dated.quadrant <> previous.quadrant as has_quadrant_changed,
        dated.importance_share - previous.importance_share as importance_share_change,
        dated.performance - previous.performance as performance_change,
        -- Where nothing is shown to matter, nothing is shown to matter more.
        case
            when dated.importance_rank is null or previous.importance_rank is null
                then case when previous.factor is not null then false end
            else
                abs(dated.importance_share - previous.importance_share)
                > sqrt(power(dated.share_room, 2) + power(previous.share_room, 2))
        end as is_importance_change_significant,
        abs(dated.performance - previous.performance)
        > sqrt(power(dated.performance_room, 2) + power(previous.performance_room, 2))
            as is_performance_change_significant
    from dated
    left join dated as previous
        on dated.outcome = previous.outcome
        and dated.factor_set = previous.factor_set
        and dated.dimension = previous.dimension
        and dated.dimension_value = previous.dimension_value
        and dated.grain = previous.grain
        and dated.factor = previous.factor
        and dated.previous_period_start = previous.period_start
)

select
    compared.outcome,
    outcomes.name_en as outcome_en,
    outcomes.name_de as outcome_de,
    compared.factor_set,
    compared.dimension,
    compared.dimension_value,
    coalesce(slices.name_en, compared.dimension_value) as dimension_value_en,
    coalesce(slices.name_de, compared.dimension_value) as dimension_value_de,
    compared.grain,
    compared.period,
    compared.period_start,
    compared.factor,
    coalesce(names.name_en, compared.factor) as factor_en,
    coalesce(names.name_de, compared.factor) as factor_de,
    compared.factor_kind,
    compared.answers_count,

    compared.importance_rank,
    compared.tie_group,
    compared.importance,
    compared.importance_share,
    compared.share_low,
    compared.share_high,
    compared.coefficient,
    compared.coefficient_low,
    compared.coefficient_high,
    compared.p_value,
    compared.is_significant,
    compared.correlation,
    compared.variance_inflation,
    compared.is_sign_unexpected,

    compared.performance,
    compared.performance_low,
    compared.performance_high,
    compared.quadrant,
    quadrants.name_en as quadrant_en,
    quadrants.name_de as quadrant_de,
    compared.is_quadrant_sure,

    compared.previous_quadrant,
    compared.has_quadrant_changed,
    compared.importance_share_change,
    compared.is_importance_change_significant,
    compared.performance_change,
    compared.is_performance_change_significant,

    compared.note,
    notes.name_en as note_en,
    notes.name_de as note_de,
    compared.model_version
from compared
left join outcomes on compared.outcome = outcomes.outcome
left join names on compared.factor = names.factor
left join slices
    on compared.dimension = slices.dimension
    and compared.dimension_value = slices.dimension_value
left join labels as quadrants on compared.quadrant = quadrants.code and quadrants.code_type = 'driver_quadrant'
left join labels as notes on compared.note = notes.code and notes.code_type = 'driver_note'
