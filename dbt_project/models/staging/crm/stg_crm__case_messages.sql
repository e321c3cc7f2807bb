with

records as (
    {{ latest_version(source('raw', 'crm_case_messages')) }}
),

renamed as (
    select
        record_key as message_id,
        case_key as case_id,

        coalesce({{ code('author_role') }}, 'customer') as author_role,
        {{ trimmed('text') }} as message_text,

        sent_at,

        {{ record_columns() }}
    from records
)

select * from renamed
