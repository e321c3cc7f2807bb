select
    alias_customer_id,
    customer_id
from {{ source('ml', 'customer_aliases') }}
