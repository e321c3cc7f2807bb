with

steps as (
    select * from {{ ref('journey_steps') }}
),

concluded as (
    select * from {{ ref('int_journeys_concluded') }}
),

dimensions as (
    select * from {{ ref('int_customer_dimensions') }}
),

bounds as (
    select {{ as_of_date() }} as as_of_date
),

summarised as (
    select
        journey_id,
        journey_type,
        coalesce(max(nullif(customer_id, 'unknown')), 'unknown') as customer_id,
        max(visitor_key) as visitor_key,
        count(*) as steps_count,
        count(distinct touchpoint_type) as touchpoints_count,
        count(case when is_contact then 1 end) as contacts_count,
        count(case when is_bad then 1 end) as bad_contacts_count,
        count(distinct case when is_contact then channel end) as channels_count,
        count(case when is_channel_switch then 1 end) as channel_switches_count,
        count(case when is_handover then 1 end) as department_changes_count,
        avg(effort_score) as effort_score,
        max_by(score_normalised, case when score_normalised is not null then position end) as last_score,
        max_by(touchpoint_id, case when not is_listening then position end) as last_touchpoint_id,
        sum(cost_amount) as cost_amount,
        min(occurred_at) as started_at,
        max(occurred_at) as last_step_at,
        min(occurred_date) as started_date,
        max(occurred_date) as last_step_date
    from steps
    group by journey_id, journey_type
),

judged as (
    select
        summarised.*,
        concluded.order_id,
        concluded.reason,
        concluded.waiting_seconds,
        concluded.revenue,
        summarised.department_changes_count + coalesce(concluded.bot_handovers_count, 0) as handovers_count,
        coalesce(
            concluded.outcome,
            case
                when
                    {{ dbt.dateadd('day', var('journey_lookback_days'), 'summarised.last_step_date') }}
                    > bounds.as_of_date
                    then 'open'
                else 'abandoned'
            end
        ) as outcome
    from summarised
    cross join bounds
    left join concluded on summarised.journey_id = concluded.journey_id
)

select
    judged.journey_id,
    judged.customer_id,
    case when judged.customer_id = 'unknown' then judged.visitor_key end as visitor_key,
    judged.order_id,
    judged.last_touchpoint_id,

    judged.journey_type,
    coalesce(dimensions.segment, 'unknown') as segment,
    judged.reason,
    judged.outcome,
    judged.outcome = 'open' as is_open,
    case
        when judged.outcome <> 'open'
            then judged.outcome in ('purchased', 'delivered', 'resolved', 'bought_again', 'ended')
    end as is_successful,

    judged.steps_count,
    judged.touchpoints_count,
    judged.contacts_count,
    judged.bad_contacts_count,
    judged.channels_count,
    judged.channel_switches_count,
    judged.handovers_count,
    {{ dbt.datediff('judged.started_at', 'judged.last_step_at', 'second') }} as duration_seconds,
    judged.waiting_seconds,
    judged.effort_score,
    judged.last_score,
    {{ money('judged.cost_amount') }} as cost_amount,
    judged.revenue,
    '{{ var("reporting_currency") }}' as currency,

    judged.started_at,
    case when judged.outcome <> 'open' then judged.last_step_at end as ended_at,
    judged.started_date,
    case when judged.outcome <> 'open' then judged.last_step_date end as ended_date
from judged
left join dimensions on judged.customer_id = dimensions.customer_id
