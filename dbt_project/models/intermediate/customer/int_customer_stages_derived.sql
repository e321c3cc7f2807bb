with

activities as (
    select * from {{ ref('int_customer_activities_unioned') }}
),

known_customers as (
    select
        customer_id,
        created_date
    from {{ ref('int_customers_consolidated') }}
),

rules as (
    select
        {%- for stage in ['new', 'at_risk', 'lost', 'won_back'] %}
        max(case when stage = '{{ stage }}' then days end) as {{ stage }}_days,
        {%- endfor %}
        {{ as_of_date() }} as as_of_date
    from {{ ref('lifecycle_rules') }}
),

activities_with_previous as (
    select
        customer_id,
        started_date,
        ended_date,
        max(ended_date) over (
            partition by customer_id
            order by started_date, ended_date
            rows between unbounded preceding and 1 preceding
        ) as previous_ended_date
    from activities
),

silences as (
    select
        *,
        {{ dbt.datediff('previous_ended_date', 'started_date', 'day') }} as silent_days
    from activities_with_previous
),

-- A bout is activity without a silence that puts the customer at risk.
numbered_activities as (
    select
        silences.*,
        sum(case when silences.silent_days <= rules.at_risk_days then 0 else 1 end) over (
            partition by silences.customer_id
            order by silences.started_date, silences.ended_date
            rows between unbounded preceding and current row
        ) as bout_number
    from silences
    cross join rules
),

bouts as (
    select
        customer_id,
        bout_number,
        min(started_date) as started_date,
        max(ended_date) as ended_date
    from numbered_activities
    group by customer_id, bout_number
),

neighbouring_bouts as (
    select
        *,
        lag(ended_date) over (partition by customer_id order by bout_number) as previous_ended_date,
        coalesce(
            lead(started_date) over (partition by customer_id order by bout_number), {{ end_of_history() }}
        ) as next_started_date
    from bouts
),

-- What a bout opens with, and the days on which its silence crosses the limits.
dated_bouts as (
    select
        bouts.customer_id,
        bouts.started_date,
        bouts.next_started_date,
        case
            when bouts.bout_number = 1 then 'new'
            when {{ dbt.datediff('bouts.previous_ended_date', 'bouts.started_date', 'day') }} > rules.lost_days
                then 'won_back'
            else 'active'
        end as opening_stage,
        case
            when bouts.bout_number = 1
                then cast({{ dbt.dateadd('day', 'rules.new_days', 'bouts.started_date') }} as date)
            else cast({{ dbt.dateadd('day', 'rules.won_back_days', 'bouts.started_date') }} as date)
        end as opening_until,
        cast({{ dbt.dateadd('day', 'rules.at_risk_days', 'bouts.ended_date') }} as date) as at_risk_from,
        cast({{ dbt.dateadd('day', 'rules.lost_days', 'bouts.ended_date') }} as date) as lost_from
    from neighbouring_bouts as bouts
    cross join rules
),

stages as (
    select
        customer_id,
        opening_stage as stage,
        started_date as valid_from,
        case when opening_stage = 'active' then at_risk_from else least(opening_until, at_risk_from) end as valid_to
    from dated_bouts
    union all
    select
        customer_id,
        'active' as stage,
        opening_until as valid_from,
        at_risk_from as valid_to
    from dated_bouts
    where opening_stage <> 'active'
    union all
    select
        customer_id,
        'at_risk' as stage,
        at_risk_from as valid_from,
        least(lost_from, next_started_date) as valid_to
    from dated_bouts
    union all
    select
        customer_id,
        'lost' as stage,
        lost_from as valid_from,
        next_started_date as valid_to
    from dated_bouts
    union all
    select
        known_customers.customer_id,
        'prospect' as stage,
        known_customers.created_date as valid_from,
        coalesce(bouts.started_date, {{ end_of_history() }}) as valid_to
    from known_customers
    left join bouts on known_customers.customer_id = bouts.customer_id and bouts.bout_number = 1
    where known_customers.created_date is not null
)

select
    stages.customer_id,
    stages.stage,
    stages.valid_from,
    case when stages.valid_to > rules.as_of_date then {{ end_of_history() }} else stages.valid_to end as valid_to,
    stages.valid_to > rules.as_of_date as is_current
from stages
cross join rules
where stages.valid_from < stages.valid_to and stages.valid_from <= rules.as_of_date
