with

factors as (
    select * from {{ ref('driver_factors') }}
),

dimensions as (
    select * from {{ ref('code_labels') }}
    where code_type = 'survey_dimension'
),

topics as (
    select * from {{ ref('topics') }}
),

unioned as (
    select
        factor,
        name_en,
        name_de,
        1 as precedence
    from factors
    union all
    select
        'rating_' || code as factor,
        name_en,
        name_de,
        2 as precedence
    from dimensions
    union all
    select
        'topic_' || topic as factor,
        'Mentions of: ' || name_en as name_en,
        'Erwähnungen: ' || name_de as name_de,
        2 as precedence
    from topics
),

-- A company's own name outranks the name of the dimension or topic.
ranked as (
    select
        *,
        row_number() over (partition by factor order by precedence) as place
    from unioned
)

select
    factor,
    name_en,
    name_de
from ranked
where place = 1
