with

records as (
    {{ latest_version(source('raw', 'crm_research_notes')) }}
),

renamed as (
    select
        record_key as note_id,
        customer_key,
        case
            when coalesce({{ code('participant_type') }}, 'customer') <> 'employee' then customer_key
        end as identity_record_key,

        {{ code('method') }} as method,
        coalesce({{ code('participant_type') }}, 'customer') as participant_type,
        {{ trimmed('topic') }} as topic,
        {{ trimmed('text') }} as note_text,

        conducted_on as conducted_date,

        {{ record_columns() }}
    from records
)

select * from renamed
