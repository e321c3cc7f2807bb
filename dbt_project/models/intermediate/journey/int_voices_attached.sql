with

attached as (
    select * from {{ ref('int_responses_attached') }}
),

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where measures = 'experience' and score_status = 'valid'
),

posts as (
    select * from {{ ref('int_social_posts_identified') }}
),

-- The score of a response: satisfaction; else the rating of what it is about, the overall one before
-- single aspects; else recommendation, effort, the mean of all ratings. Chosen once for a survey, so that
-- a missing answer is missing and not another question's.
ranked as (
    select
        answers.response_id,
        answers.survey,
        attached.about_stage,
        answers.question_type,
        answers.directed_score,
        answers.scale_min,
        answers.scale_max,
        answers.score_normalised,
        case
            when answers.question_type = 'csat' then 1
            when
                answers.question_type = 'rating' and answers.touchpoint = attached.about_stage
                and answers.dimension = 'overall'
                then 2
            when answers.question_type = 'rating' and answers.touchpoint = attached.about_stage then 3
            when answers.question_type = 'nps' then 4
            when answers.question_type = 'ces' then 5
            when answers.question_type = 'rating' then 6
        end as choice
    from answers
    inner join attached on answers.response_id = attached.response_id
),

chosen as (
    select
        *,
        min(choice) over (partition by survey, about_stage) as best_choice
    from ranked
),

response_scores as (
    select
        response_id,
        avg(case when choice = best_choice then directed_score end) as score,
        min(case when choice = best_choice then scale_min end) as scale_min,
        max(case when choice = best_choice then scale_min end) as highest_scale_min,
        max(case when choice = best_choice then scale_max end) as scale_max,
        min(case when choice = best_choice then scale_max end) as lowest_scale_max,
        avg(case when choice = best_choice then score_normalised end) as score_normalised,
        min(case when choice = best_choice then question_type end) as question_type,
        avg(case when question_type = 'ces' then score_normalised end) as effort_score
    from chosen
    group by response_id
),

-- A response may hold several comments; what it is about gets their mean.
sentiment as (
    select
        feedback.source_record_key,
        feedback.feedback_type,
        avg(scored.polarity) as polarity,
        max(case when scored.sentiment_label = 'negative' then 1 else 0 end) = 1 as has_negative_text
    from {{ ref('int_feedback_texts_unioned') }} as feedback
    left join {{ ref('stg_ml__feedback_sentiment') }} as scored on feedback.text_key = scored.text_key
    where feedback.respondent_type <> 'employee'
    group by feedback.source_record_key, feedback.feedback_type
),

voices as (
    select
        attached.response_id as voice_id,
        'survey.responses' as source_entity,
        attached.touchpoint_id,
        attached.score_source,
        response_scores.question_type,
        case
            when
                response_scores.scale_min = response_scores.highest_scale_min
                and response_scores.scale_max = response_scores.lowest_scale_max
                then response_scores.score
        end as score,
        response_scores.scale_min,
        response_scores.scale_max,
        response_scores.score_normalised,
        response_scores.effort_score,
        sentiment.polarity,
        sentiment.has_negative_text
    from attached
    left join response_scores on attached.response_id = response_scores.response_id
    left join sentiment
        on attached.response_id = sentiment.source_record_key
        and sentiment.feedback_type = 'survey_comment'

    union all

    select
        posts.post_id as voice_id,
        'social.posts' as source_entity,
        {{ touchpoint_id('social.posts', 'posts.post_type', 'posts.post_id') }} as touchpoint_id,
        'own' as score_source,
        'rating' as question_type,
        case when posts.score_normalised is not null then cast(posts.rating as double) end as score,
        case when posts.score_normalised is not null then 1.0 end as scale_min,
        case when posts.score_normalised is not null then cast(posts.rating_max as double) end as scale_max,
        posts.score_normalised,
        cast(null as double) as effort_score,
        sentiment.polarity,
        sentiment.has_negative_text
    from posts
    left join sentiment
        on posts.post_id = sentiment.source_record_key
        and sentiment.feedback_type = 'social_' || posts.post_type

    union all

    select
        source_record_key as voice_id,
        case when feedback_type = 'service_case' then 'crm.cases' else 'crm.research_notes' end as source_entity,
        case
            when feedback_type = 'service_case'
                then {{ touchpoint_id('crm.cases', "'opened'", 'source_record_key') }}
            else {{ touchpoint_id('crm.research_notes', "'conducted'", 'source_record_key') }}
        end as touchpoint_id,
        'own' as score_source,
        cast(null as string) as question_type,
        cast(null as double) as score,
        cast(null as double) as scale_min,
        cast(null as double) as scale_max,
        cast(null as double) as score_normalised,
        cast(null as double) as effort_score,
        polarity,
        has_negative_text
    from sentiment
    where feedback_type in ('service_case', 'research_note')
)

select
    voice_id,
    source_entity,
    touchpoint_id,
    score_source,
    question_type,
    score,
    case when score is not null then scale_min end as scale_min,
    case when score is not null then scale_max end as scale_max,
    score_normalised,
    effort_score,
    polarity,
    coalesce(has_negative_text, false) as has_negative_text
from voices
