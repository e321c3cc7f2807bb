with

versions as (
    select * from {{ ref('stg_crm__customer_versions') }}
    where loyalty_tier is not null
),

tiers as (
    select * from {{ ref('loyalty_tiers') }}
)

select
    versions.identity_record_key,
    coalesce(cast(tiers.loyalty_level as integer), 1) as loyalty_level,
    versions.valid_from,
    versions.valid_to
from versions
left join tiers on lower(versions.loyalty_tier) = tiers.loyalty_tier
