{#- Columns that make another version when they differ. A source that tells when it changed a record
    has another version then; one delivered again as it was is the same version. -#}
{%- set told = [
    'account_key', 'acquisition_campaign_key', 'customer_type', 'title', 'first_name', 'last_name', 'company_name',
    'email', 'phone', 'birth_date', 'gender', 'street', 'postal_code', 'city', 'region', 'country', 'language',
    'acquisition_channel', 'acquisition_cost', 'currency', 'loyalty_tier', 'loyalty_joined_at', 'created_at',
    'updated_at', 'coalesce(is_deleted, false)',
] -%}
with

raw_customers as (
    select * from {{ source('raw', 'crm_customers') }}
),

deliveries as (
    select
        record_key,
        load_id,
        load_sequence,
        is_deleted,
        {{ version_time() }} as version_at,
        coalesce({{ to_company_date('updated_at') }}, extracted_on) as version_date,
        {{ dbt.hash(dbt.concat(joined_columns(told))) }} as content_key
    from raw_customers
),

compared as (
    select
        *,
        lag(content_key) over (
            partition by record_key
            order by version_date asc nulls first, version_at asc nulls first, load_sequence asc, load_id asc
        ) as previous_content_key
    from deliveries
),

changed as (
    select
        record_key,
        load_id,
        is_deleted,
        version_date as valid_from,
        row_number() over (
            partition by record_key, version_date order by version_at desc nulls last, load_sequence desc, load_id desc
        ) as day_rank
    from compared
    where previous_content_key is null or content_key <> previous_content_key
),

-- Days are the grain of history: of several versions of one day the last counts.
periods as (
    select
        record_key,
        load_id,
        is_deleted,
        valid_from,
        lead(valid_from) over (partition by record_key order by valid_from asc nulls first) as valid_to
    from changed
    where day_rank = 1
),

renamed as (
    select
        raw_customers.record_key as identity_record_key,
        {{ customer_columns() }},

        periods.valid_from,
        periods.valid_to,
        raw_customers.source_system
    from raw_customers
    inner join periods
        on raw_customers.record_key = periods.record_key
        and raw_customers.load_id = periods.load_id
    -- A deletion ends the version before it and is none itself.
    where not coalesce(periods.is_deleted, false)
)

select * from renamed
