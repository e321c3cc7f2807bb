with

tenures as (
    select * from {{ ref('int_customer_tenures_derived') }}
),

dimensions as (
    select * from {{ ref('int_customer_dimensions') }}
),

channel_days as (
    select
        dimensions.acquisition_channel,
        tenures.days_to_first_loss as tenure_day,
        count(*) as customers_count,
        sum(case when tenures.is_first_loss_censored then 0 else 1 end) as lost_count
    from tenures
    inner join dimensions on tenures.customer_id = dimensions.customer_id
    group by dimensions.acquisition_channel, tenures.days_to_first_loss
),

days as (
    select
        'acquisition_channel' as dimension,
        acquisition_channel as dimension_value,
        tenure_day,
        customers_count,
        lost_count
    from channel_days
    union all
    select
        'all' as dimension,
        'all' as dimension_value,
        tenure_day,
        sum(customers_count) as customers_count,
        sum(lost_count) as lost_count
    from channel_days
    group by tenure_day
),

-- Who is censored on a day was still at risk of being lost on it.
days_at_risk as (
    select
        dimension,
        dimension_value,
        tenure_day,
        cast(lost_count as bigint) as lost_count,
        cast(customers_count - lost_count as bigint) as censored_count,
        cast(
            sum(customers_count) over (
                partition by dimension, dimension_value order by tenure_day
                rows between current row and unbounded following
            ) as bigint
        ) as at_risk_count
    from days
),

-- The last customer at risk may be lost; the logarithm of zero is kept out and put back as a zero below.
steps as (
    select
        *,
        case when lost_count < at_risk_count then ln(1.0 - 1.0 * lost_count / at_risk_count) else 0.0 end as log_step,
        case
            when lost_count < at_risk_count then 1.0 * lost_count / (1.0 * at_risk_count * (at_risk_count - lost_count))
            else 0.0
        end as hazard_variance_step
    from days_at_risk
),

accumulated as (
    select
        *,
        sum(log_step) over (
            partition by dimension, dimension_value order by tenure_day
            rows between unbounded preceding and current row
        ) as log_survival,
        sum(hazard_variance_step) over (
            partition by dimension, dimension_value order by tenure_day
            rows between unbounded preceding and current row
        ) as hazard_variance
    from steps
)

select
    dimension,
    dimension_value,
    tenure_day,
    at_risk_count,
    lost_count,
    censored_count,
    case when lost_count = at_risk_count then 0.0 else round(exp(log_survival), 12) end as survival,
    round(hazard_variance, 12) as hazard_variance
from accumulated
