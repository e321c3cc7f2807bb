with

activities as (
    select * from {{ ref('int_customer_activities_unioned') }}
),

stages as (
    select * from {{ ref('int_customer_stages_derived') }}
),

calendar as (
    select {{ as_of_date() }} as as_of_date
),

activity_bounds as (
    select
        customer_id,
        min(started_date) as first_activity_date,
        max(ended_date) as last_activity_date
    from activities
    group by customer_id
),

losses as (
    select
        customer_id,
        min(valid_from) as first_lost_date,
        max(case when is_current then valid_from end) as lost_date
    from stages
    where stage = 'lost'
    group by customer_id
)

select
    activity_bounds.customer_id,
    activity_bounds.first_activity_date,
    activity_bounds.last_activity_date,
    losses.first_lost_date,
    losses.lost_date,
    {{ dbt.datediff(
        'activity_bounds.first_activity_date', 'coalesce(losses.lost_date, calendar.as_of_date)', 'day'
    ) }} as tenure_days,
    losses.lost_date is null as is_tenure_censored,
    {{ dbt.datediff(
        'activity_bounds.first_activity_date', 'coalesce(losses.first_lost_date, calendar.as_of_date)', 'day'
    ) }} as days_to_first_loss,
    losses.first_lost_date is null as is_first_loss_censored
from activity_bounds
cross join calendar
left join losses on activity_bounds.customer_id = losses.customer_id
