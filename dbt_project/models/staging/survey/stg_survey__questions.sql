with

records as (
    {{ latest_version(source('raw', 'survey_questions')) }}
),

renamed as (
    select
        record_key as question_id,

        {{ trimmed('survey') }} as survey,
        {{ trimmed('wording') }} as wording,
        {{ code('question_type') }} as question_type,
        scale_min,
        scale_max,
        coalesce(is_reversed, false) as is_reversed,
        {{ code('dimension') }} as dimension,
        coalesce({{ code('measures') }}, 'experience') as measures,
        {{ code('touchpoint') }} as touchpoint,

        {{ record_columns() }}
    from records
)

select * from renamed
