with

stores as (
    select
        *,
        coalesce(partner, case when store_type in ('dealer', 'partner') then store_name end) as partner_name
    from {{ ref('stg_pos__stores') }}
)

select
    store_id,
    {{ code('partner_name') }} as partner_id,
    partner_name,
    case when store_type = 'dealer' then 'dealer' else 'partner' end as partner_kind,
    region
from stores
where partner_name is not null
