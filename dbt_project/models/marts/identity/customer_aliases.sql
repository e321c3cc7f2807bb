select
    alias_customer_id,
    customer_id
from {{ ref('stg_ml__customer_aliases') }}
