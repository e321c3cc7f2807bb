{{ config(meta={'dagster': {'ref': {'name': 'customer_history'}}}) }}
{%- set attributes = [
    'account_id', 'acquisition_campaign_id', 'customer_type', 'title', 'first_name', 'last_name', 'company_name',
    'email', 'phone', 'street', 'postal_code', 'postal_area', 'city', 'region', 'country', 'language', 'gender',
    'birth_year', 'acquisition_channel', 'acquisition_cost', 'loyalty_tier',
] %}
-- The history, folded day by day from all versions, ends with the golden record made of the current ones.
select customers.customer_id
from {{ ref('customers') }} as customers
inner join {{ ref('customer_history') }} as history
    on customers.customer_id = history.customer_id
    and history.is_current
where
    {%- for attribute in attributes %}
    {{ 'or ' if not loop.first }}customers.{{ attribute }} is distinct from history.{{ attribute }}
    {%- endfor %}
