{{ config(meta={'dagster': {'ref': {'name': 'next_best_actions'}}}) }}
-- No product is offered to a customer who returned it.
select
    actions.action_id,
    actions.product_id
from {{ ref('next_best_actions') }} as actions
inner join {{ ref('order_lines') }} as order_lines
    on actions.customer_id = order_lines.customer_id
    and actions.product_id = order_lines.product_id
where order_lines.is_return
