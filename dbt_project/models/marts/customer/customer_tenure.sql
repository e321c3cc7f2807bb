with

tenures as (
    select * from {{ ref('int_customer_tenures_derived') }}
),

dimensions as (
    select * from {{ ref('int_customer_dimensions') }}
)

select
    tenures.customer_id,
    dimensions.acquisition_channel,
    tenures.first_activity_date,
    tenures.last_activity_date,
    tenures.first_lost_date,
    tenures.lost_date,
    tenures.tenure_days,
    tenures.is_tenure_censored,
    tenures.days_to_first_loss,
    tenures.is_first_loss_censored
from tenures
inner join dimensions on tenures.customer_id = dimensions.customer_id
