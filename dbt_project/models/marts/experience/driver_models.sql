with

models as (
    select * from {{ ref('stg_ml__driver_models') }}
),

outcomes as (
    select * from {{ ref('driver_outcomes') }}
),

labels as (
    select * from {{ ref('code_labels') }}
    where code_type = 'driver_note'
),

slices as (
    select * from {{ ref('int_driver_slices_named') }}
)

select
    models.outcome,
    outcomes.name_en as outcome_en,
    outcomes.name_de as outcome_de,
    models.factor_set,
    models.dimension,
    models.dimension_value,
    coalesce(slices.name_en, models.dimension_value) as dimension_value_en,
    coalesce(slices.name_de, models.dimension_value) as dimension_value_de,
    models.grain,
    models.period,
    models.period_start,

    models.answers_count,
    models.respondents_count,
    models.outcome_mean,
    models.factors_count,
    models.complete_share,
    models.used_share,

    models.r_squared,
    models.r_squared_low,
    models.r_squared_high,
    models.importance_method,
    models.order_changes_count,
    models.note,
    labels.name_en as note_en,
    labels.name_de as note_de,
    models.model_version
from models
left join outcomes on models.outcome = outcomes.outcome
left join labels on models.note = labels.code
left join slices
    on models.dimension = slices.dimension
    and models.dimension_value = slices.dimension_value
