with

slices as (
    select * from {{ ref('stg_ml__alert_slices') }}
),

dimensions as (
    select
        code,
        name_en,
        name_de
    from {{ ref('code_labels') }}
    where code_type = 'alert_dimension'
)

select
    slices.alert_id,
    slices.dimension,
    dimensions.name_en as dimension_en,
    dimensions.name_de as dimension_de,
    slices.dimension_value,
    slices.value_name_en,
    slices.value_name_de,
    cast(slices.slice_rank as bigint) as slice_rank,
    cast(slices.records_count as bigint) as records_count,
    slices.observed_value,
    slices.usual_value,
    slices.contribution,
    slices.contribution_share
from slices
left join dimensions on slices.dimension = dimensions.code
