{%- set dimensions = ['segment', 'region', 'acquisition_channel', 'lifecycle_stage'] -%}
with

customer_values as (
    select * from {{ ref('customer_values') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
),

described as (
    select
        {%- for dimension in dimensions %}
        coalesce(customers.{{ dimension }}, 'unknown') as {{ dimension }},
        {%- endfor %}
        customer_values.*
    from customer_values
    left join customers on customer_values.customer_id = customers.customer_id
),

cells as (
    {%- for dimension in ['all'] + dimensions %}
    {{ 'union all' if not loop.first }}
    select
        '{{ dimension }}' as dimension,
        {{ "'all'" if dimension == 'all' else dimension }} as dimension_value,
        count(*) as customers_count,
        sum(past_value) as past_value,
        sum(future_value_12_months) as future_value_12_months,
        sum(future_value_36_months) as future_value_36_months,
        sum(lifetime_value_36_months) as lifetime_value_36_months,
        avg(churn_probability) as churn_probability,
        sum(case when churn_probability > 0.5 then future_value_12_months else 0 end) as future_value_at_risk
    from described
    group by 1, 2
    {%- endfor %}
),

ranked as (
    select
        *,
        {{ smaller_cells('customers_count', 'dimension', 'dimension_value') }}
    from cells
),

judged as (
    select
        *,
        {{ is_hidden_cell() }} as is_suppressed
    from ranked
)

select
    dimension,
    dimension_value,
    case when not is_suppressed then customers_count end as customers_count,
    {%- for amount in [
        'past_value', 'future_value_12_months', 'future_value_36_months', 'lifetime_value_36_months',
        'future_value_at_risk',
    ] %}
    case when not is_suppressed then {{ money(amount) }} end as {{ amount }},
    {%- endfor %}
    case when not is_suppressed then churn_probability end as churn_probability,
    '{{ var("reporting_currency") }}' as currency,
    is_suppressed
from judged
