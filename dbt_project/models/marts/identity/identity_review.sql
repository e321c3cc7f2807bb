with

review as (
    select * from {{ ref('stg_ml__identity_review') }}
),

records as (
    select * from {{ ref('customer_records') }}
),

customers as (
    select * from {{ ref('customers') }}
),

valued as (
    select
        review.*,
        left_records.customer_id as left_customer_id,
        right_records.customer_id as right_customer_id,
        left_records.source_system as left_source_system,
        right_records.source_system as right_source_system,
        left_records.source_record_ref as left_source_record_ref,
        right_records.source_record_ref as right_source_record_ref,
        -- Two records of one customer put its revenue at stake once.
        left_customers.revenue + case
            when left_customers.customer_id = right_customers.customer_id then 0
            else right_customers.revenue
        end as revenue_at_stake
    from review
    inner join records as left_records on review.left_record_key = left_records.record_key
    inner join records as right_records on review.right_record_key = right_records.record_key
    inner join customers as left_customers on left_records.customer_id = left_customers.customer_id
    inner join customers as right_customers on right_records.customer_id = right_customers.customer_id
)

select
    row_number() over (
        order by revenue_at_stake desc, match_score desc, left_record_key asc, right_record_key asc
    ) as review_rank,
    review_reason,
    match_score,
    match_weight,
    {{ money('revenue_at_stake') }} as revenue_at_stake,
    '{{ var("reporting_currency") }}' as currency,

    left_customer_id,
    right_customer_id,
    left_record_key,
    right_record_key,
    left_source_system,
    left_source_record_ref,
    right_source_system,
    right_source_record_ref
from valued
