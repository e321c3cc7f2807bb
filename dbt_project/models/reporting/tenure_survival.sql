{#- Length of a month of tenure: a twelfth of 365.25 days. -#}
{%- set month_days = 30.4375 -%}
with

days as (
    select
        *,
        cast(ceil(tenure_day / {{ month_days }}) as integer) as tenure_month
    from {{ ref('int_tenure_survival_estimated') }}
),

months as (
    select
        dimension,
        dimension_value,
        tenure_month,
        max(at_risk_count) as at_risk_count,
        sum(lost_count) as lost_count,
        min(survival) as survival,
        max(hazard_variance) as hazard_variance
    from days
    group by dimension, dimension_value, tenure_month
),

series as (
    {{ dbt.generate_series(600) }}
),

longest as (
    select
        dimension,
        dimension_value,
        max(tenure_month) as last_month
    from months
    group by dimension, dimension_value
),

all_months as (
    select
        longest.dimension,
        longest.dimension_value,
        cast(series.generated_number as integer) - 1 as tenure_month
    from longest
    inner join series on series.generated_number <= longest.last_month + 1
),

-- A month without a loss carries on what was before it.
filled as (
    select
        all_months.dimension,
        all_months.dimension_value,
        all_months.tenure_month,
        cast(coalesce(months.lost_count, 0) as bigint) as lost_count,
        max(months.at_risk_count) over (
            partition by all_months.dimension, all_months.dimension_value order by all_months.tenure_month
            rows between current row and unbounded following
        ) as at_risk_before_count,
        max(months.at_risk_count) over (
            partition by all_months.dimension, all_months.dimension_value order by all_months.tenure_month
            rows between 1 following and unbounded following
        ) as at_risk_after_count,
        coalesce(
            min(months.survival) over (
                partition by all_months.dimension, all_months.dimension_value order by all_months.tenure_month
                rows between unbounded preceding and current row
            ), 1.0
        ) as survival,
        coalesce(
            max(months.hazard_variance) over (
                partition by all_months.dimension, all_months.dimension_value order by all_months.tenure_month
                rows between unbounded preceding and current row
            ), 0.0
        ) as hazard_variance
    from all_months
    left join months
        on all_months.dimension = months.dimension
        and all_months.dimension_value = months.dimension_value
        and all_months.tenure_month = months.tenure_month
),

measured as (
    select
        dimension,
        dimension_value,
        tenure_month,
        case when tenure_month = 0 then at_risk_before_count else coalesce(at_risk_after_count, 0) end as at_risk_count,
        at_risk_before_count,
        lost_count,
        survival,
        hazard_variance
    from filled
),

ranked as (
    select
        *,
        row_number() over (
            partition by dimension, tenure_month order by at_risk_count asc, dimension_value asc
        ) as smallest_rank,
        min(at_risk_count) over (partition by dimension, tenure_month) as smallest_count
    from measured
),

-- The curve of all is known: a small group hides only together with the next one.
judged as (
    select
        *,
        at_risk_count < {{ var('small_cell_minimum') }}
        or (smallest_rank = 2 and smallest_count < {{ var('small_cell_minimum') }}) as is_suppressed
    from ranked
)

select
    dimension,
    dimension_value,
    tenure_month,
    case when not is_suppressed then at_risk_count end as at_risk_count,
    case when not is_suppressed then lost_count end as lost_count,
    case when not is_suppressed then survival end as survival,
    case when not is_suppressed then
        {{ survival_bound('survival', 'hazard_variance', 'at_risk_before_count', -1) }}
    end as interval_low,
    case when not is_suppressed then
        {{ survival_bound('survival', 'hazard_variance', 'at_risk_before_count', 1) }}
    end as interval_high,
    is_suppressed
from judged
