with

edges as (
    select * from {{ ref('stg_ml__identity_edges') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
)

select
    edges.left_record_key,
    edges.right_record_key,
    left_records.customer_id as left_customer_id,
    right_records.customer_id as right_customer_id,
    edges.match_rule,
    edges.match_score,
    edges.match_weight,
    edges.edge_status
from edges
left join customer_records as left_records on edges.left_record_key = left_records.identity_record_key
left join customer_records as right_records on edges.right_record_key = right_records.identity_record_key
