with

stages as (
    select * from {{ ref('int_customer_stages_derived') }}
),

rules as (
    select * from {{ ref('lifecycle_rules') }}
)

select
    stages.customer_id,
    row_number() over (partition by stages.customer_id order by stages.valid_from) as period_number,
    stages.stage,
    rules.name_en as stage_name_en,
    rules.name_de as stage_name_de,
    stages.valid_from,
    stages.valid_to,
    stages.is_current
from stages
inner join rules on stages.stage = rules.stage
