with

crm_records as (
    select * from {{ ref('int_customer_versions_identified') }}
    where valid_to is null
),

-- Most customers have one CRM record, and nothing to choose between.
customers_with_choice as (
    select customer_id
    from crm_records
    group by customer_id
    having count(*) > 1
),

members as (
    select crm_records.*
    from crm_records
    inner join customers_with_choice on crm_records.customer_id = customers_with_choice.customer_id
),

ranked as (
    {{ ranked_members('members', ['customer_id']) }}
),

best as (
    {{ best_ranks('ranked', ['customer_id'], with_counts=true) }}
)

{{ surviving_values('ranked', 'best', ['customer_id'], with_sources=true) }}
