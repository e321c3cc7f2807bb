with

touchpoints as (
    select distinct
        department,
        stage,
        no_journey_reason,
        case when source_entity <> 'digital.events' then outcome end as outcome
    from {{ ref('touchpoints') }}
),

journeys as (
    select distinct
        journey_type,
        outcome
    from {{ ref('journeys') }}
),

answers as (
    select distinct
        department,
        dimension
    from {{ ref('int_survey_answers_scored') }}
),

feedback as (
    select distinct
        sentiment_label,
        experience_dimension,
        emotion,
        urgency_label,
        intent
    from {{ ref('feedback') }}
),

feedback_topics as (
    select distinct
        topic,
        block
    from {{ ref('feedback_topics') }}
),

routing_queue as (
    select distinct
        department_source,
        queue_reason
    from {{ ref('routing_queue') }}
),

customers as (
    select distinct age_group from {{ ref('int_customer_dimensions') }}
),

labels as (
    select
        code_type,
        code
    from {{ ref('code_labels') }}
    union all
    select
        'department' as code_type,
        department as code
    from {{ ref('departments') }}
    union all
    select
        'topic' as code_type,
        topic as code
    from {{ ref('topics') }}
),

used as (
    {%- for code_type, column, relation in [
        ('department', 'department', 'touchpoints'),
        ('department', 'department', 'answers'),
        ('stage', 'stage', 'touchpoints'),
        ('contact_outcome', 'outcome', 'touchpoints'),
        ('no_journey_reason', 'no_journey_reason', 'touchpoints'),
        ('journey_type', 'journey_type', 'journeys'),
        ('journey_outcome', 'outcome', 'journeys'),
        ('survey_dimension', 'dimension', 'answers'),
        ('sentiment', 'sentiment_label', 'feedback'),
        ('experience_dimension', 'experience_dimension', 'feedback'),
        ('emotion', 'emotion', 'feedback'),
        ('urgency', 'urgency_label', 'feedback'),
        ('intent', 'intent', 'feedback'),
        ('topic', 'topic', 'feedback_topics'),
        ('topic_block', 'block', 'feedback_topics'),
        ('department_source', 'department_source', 'routing_queue'),
        ('queue_reason', 'queue_reason', 'routing_queue'),
        ('age_group', 'age_group', 'customers'),
    ] %}
    {%- if not loop.first %}
    union distinct
    {%- endif %}
    select
        '{{ code_type }}' as code_type,
        {{ column }} as code
    from {{ relation }}
    {%- endfor %}
)

select
    used.code_type,
    used.code,
    case
        when used.code_type = 'department' then 'departments'
        when used.code_type = 'topic' then 'topics'
        else 'code_labels'
    end as seed
from used
left join labels on used.code_type = labels.code_type and used.code = labels.code
where used.code is not null and labels.code is null
