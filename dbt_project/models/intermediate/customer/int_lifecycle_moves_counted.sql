with

periods as (
    select
        customer_id,
        stage,
        {{ month_of('valid_from') }} as month_start,
        lag(stage) over (partition by customer_id order by valid_from) as previous_stage
    from {{ ref('int_customer_stages_derived') }}
)

select
    month_start,
    coalesce(previous_stage, 'none') as from_stage,
    stage as to_stage,
    count(*) as moves_count,
    count(distinct customer_id) as customers_count
from periods
group by month_start, coalesce(previous_stage, 'none'), stage
