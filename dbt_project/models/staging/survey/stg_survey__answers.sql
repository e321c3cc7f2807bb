with

records as (
    {{ latest_version(source('raw', 'survey_answers')) }}
),

renamed as (
    select
        record_key as answer_id,
        response_key as response_id,
        question_key as question_id,

        score,
        {{ trimmed('choice') }} as choice,
        {{ trimmed('text') }} as answer_text,
        coalesce(is_not_applicable, false) as is_not_applicable,

        {{ record_columns() }}
    from records
)

select * from renamed
