with

drivers as (
    select * from {{ ref('satisfaction_drivers') }}
),

models as (
    select * from {{ ref('driver_models') }}
),

-- Slices have a hundred answers; a few people could have given them.
joined as (
    select
        drivers.*,
        models.respondents_count,
        models.r_squared,
        models.note as model_note,
        models.note_en as model_note_en,
        models.note_de as model_note_de,
        models.respondents_count < {{ var('small_cell_minimum') }} as is_suppressed
    from drivers
    inner join models
        on drivers.outcome = models.outcome
        and drivers.factor_set = models.factor_set
        and drivers.dimension = models.dimension
        and drivers.dimension_value = models.dimension_value
        and drivers.grain = models.grain
        and drivers.period = models.period
)

-- Counts and means of slices that add up to others are rounded, so that no difference tells of a slice left out.
select
    outcome,
    outcome_en,
    outcome_de,
    factor_set,
    dimension,
    dimension_value,
    dimension_value_en,
    dimension_value_de,
    grain,
    period,
    period_start,
    factor,
    factor_en,
    factor_de,
    factor_kind,
    case when not is_suppressed then {{ rounded_count('respondents_count') }} end as respondents_count,
    {%- for figure in [
        'importance_rank', 'tie_group', 'importance_share', 'share_low', 'share_high', 'coefficient',
        'coefficient_low', 'coefficient_high', 'is_significant',
    ] %}
    case when not is_suppressed then {{ figure }} end as {{ figure }},
    {%- endfor %}
    case when not is_suppressed then {{ rounded_mean('performance', 'respondents_count') }} end as performance,
    {%- for figure in [
        'quadrant', 'quadrant_en', 'quadrant_de', 'is_quadrant_sure', 'previous_quadrant', 'has_quadrant_changed',
        'importance_share_change', 'is_importance_change_significant', 'note', 'note_en', 'note_de', 'r_squared',
        'model_note', 'model_note_en', 'model_note_de',
    ] %}
    case when not is_suppressed then {{ figure }} end as {{ figure }},
    {%- endfor %}
    is_suppressed
from joined
