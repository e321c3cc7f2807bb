{{ config(meta={'dagster': {'ref': {'name': 'next_best_actions'}}}) }}
-- What an action says of its customer, and what customer_values say of a risk, is so.
with

actions as (
    select * from {{ ref('next_best_actions') }}
),

customers as (
    select * from {{ ref('customers') }}
),

customer_values as (
    select
        *,
        recency_days * repeat_purchases > 2 * (observed_days - recency_days) as is_overdue
    from {{ ref('stg_ml__customer_values') }}
)

select
    actions.action_id as subject_id,
    actions.reason
from actions
inner join customers on actions.customer_id = customers.customer_id
left join customer_values on actions.customer_id = customer_values.customer_id
where
    case actions.reason
        when 'not_a_member' then customers.orders_count < 2 or customers.loyalty_tier is not null
        when 'one_time_buyer' then customer_values.repeat_purchases > 0
        when 'overdue' then not customer_values.is_overdue
        when 'promoter' then coalesce(customers.latest_nps_class, '') <> 'promoter'
        when 'detractor' then coalesce(customers.latest_nps_class, '') <> 'detractor'
        else false
    end
union all
select
    customer_id as subject_id,
    churn_reason as reason
from customer_values
where churn_reason = 'none' and churn_probability >= 0.3
