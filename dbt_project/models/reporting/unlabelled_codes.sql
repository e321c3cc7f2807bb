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
    case when used.code_type = 'department' then 'departments' else 'code_labels' end as seed
from used
left join labels on used.code_type = labels.code_type and used.code = labels.code
where used.code is not null and labels.code is null
