with

crm_merges as (
    select * from {{ ref('stg_crm__merges') }}
)

select distinct
    least(surviving_customer_key, merged_customer_key) as left_record_key,
    greatest(surviving_customer_key, merged_customer_key) as right_record_key
from crm_merges
where surviving_customer_key <> merged_customer_key
