with

causes as (
    select * from {{ ref('stg_ml__root_causes') }}
),

topics as (
    select * from {{ ref('int_topics_placed') }}
),

departments as (
    select * from {{ ref('departments') }}
),

labels as (
    select * from {{ ref('improvement_labels') }}
    where label_type = 'dimension'
)

select
    causes.topic || '/' || causes.dimension || '/' || causes.dimension_value as issue,
    causes.topic,
    coalesce(topics.name_en, causes.topic) as topic_name_en,
    coalesce(topics.name_de, causes.topic) as topic_name_de,
    causes.level_1_topic,
    causes.dimension,
    labels.name_en as dimension_name_en,
    labels.name_de as dimension_name_de,
    causes.dimension_value,
    causes.value_name_en,
    causes.value_name_de,
    coalesce(topics.department, 'unknown') as department,
    departments.owner as proposed_owner,

    causes.people_count,
    causes.events_count,
    causes.exposure_count,
    causes.expected_count,
    causes.excess_events,
    causes.ratio,
    causes.ratio_low,
    causes.ratio_high,
    causes.shrunk_ratio,
    causes.shrunk_low,
    causes.shrunk_high,
    causes.p_value,
    causes.q_value,
    causes.stands_out,

    causes.score,
    causes.rest_score,
    causes.score_difference,
    causes.score_difference_low,
    causes.score_difference_high,
    causes.score_q_value,
    causes.is_score_worse,

    {{ money('causes.cost_per_year') }} as cost_per_year,
    {{ money('causes.excess_cost_per_year') }} as excess_cost_per_year,
    {{ money('causes.excess_cost_per_year_low') }} as excess_cost_per_year_low,
    {{ money('causes.excess_cost_per_year_high') }} as excess_cost_per_year_high,
    '{{ var("reporting_currency") }}' as currency,

    causes.is_candidate,
    causes.issue_rank,
    causes.observed_days,
    causes.evidence_en,
    causes.evidence_de,
    causes.model_name,
    causes.model_version
from causes
left join topics on causes.topic = topics.topic
left join departments on coalesce(topics.department, 'unknown') = departments.department
left join labels on causes.dimension = labels.code
