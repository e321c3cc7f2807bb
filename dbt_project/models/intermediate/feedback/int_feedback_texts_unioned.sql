with

survey_comments as (
    select
        answers.answer_id as feedback_id,
        'survey_comment' as feedback_type,
        answers.response_id as source_record_key,
        answers.identity_record_key,
        answers.respondent_type,
        answers.channel,
        answers.order_id,
        answers.case_id,
        cast(null as string) as product_id,
        answers.store_id,
        answers.touchpoint,
        responses.score_normalised,
        responses.nps_class,
        answers.answer_text as feedback_text,
        answers.responded_at as occurred_at,
        answers.responded_date as occurred_date,
        answers.source_system
    from {{ ref('int_survey_answers_scored') }} as answers
    left join {{ ref('int_survey_responses_scored') }} as responses
        on answers.response_id = responses.response_id
),

posts as (
    select
        post_id as feedback_id,
        'social_' || post_type as feedback_type,
        post_id as source_record_key,
        identity_record_key,
        'customer' as respondent_type,
        'social' as channel,
        cast(null as string) as order_id,
        cast(null as string) as case_id,
        product_id,
        store_id,
        cast(null as string) as touchpoint,
        score_normalised,
        cast(null as string) as nps_class,
        post_text as feedback_text,
        posted_at as occurred_at,
        posted_date as occurred_date,
        source_system
    from {{ ref('int_social_posts_identified') }}
),

cases as (
    select
        cases.case_id as feedback_id,
        'service_case' as feedback_type,
        cases.case_id as source_record_key,
        cases.identity_record_key,
        'customer' as respondent_type,
        cases.channel,
        cases.order_id,
        cases.case_id,
        cases.product_id,
        cases.store_id,
        cast(null as string) as touchpoint,
        cast(null as double) as score_normalised,
        cast(null as string) as nps_class,
        texts.case_text as feedback_text,
        cases.opened_at as occurred_at,
        cases.opened_date as occurred_date,
        cases.source_system
    from {{ ref('int_cases_identified') }} as cases
    inner join {{ ref('int_case_texts_joined') }} as texts on cases.case_id = texts.case_id
),

research_notes as (
    select
        note_id as feedback_id,
        'research_note' as feedback_type,
        note_id as source_record_key,
        identity_record_key,
        participant_type as respondent_type,
        coalesce(method, 'unknown') as channel,
        cast(null as string) as order_id,
        cast(null as string) as case_id,
        cast(null as string) as product_id,
        cast(null as string) as store_id,
        cast(null as string) as touchpoint,
        cast(null as double) as score_normalised,
        cast(null as string) as nps_class,
        note_text as feedback_text,
        cast(conducted_date as timestamp) as occurred_at,
        conducted_date as occurred_date,
        source_system
    from {{ ref('stg_crm__research_notes') }}
),

unioned as (
    select * from survey_comments
    union all
    select * from posts
    union all
    select * from cases
    union all
    select * from research_notes
)

select
    *,
    {{ dbt.hash('feedback_text') }} as text_key
from unioned
where feedback_text is not null
