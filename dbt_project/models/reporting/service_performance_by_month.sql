{%- set dimensions = {
    'all': "'all'", 'department': 'department', 'team': 'team', 'channel': 'channel', 'reason': 'reason',
    'partner': 'partner',
} -%}
{#- Figures that are told by mean and median, and shares; a share is over those it can be told of. -#}
{%- set durations = [
    'waiting_time_seconds', 'first_response_time_seconds', 'first_response_business_seconds',
    'resolution_time_seconds', 'resolution_business_seconds',
] -%}
{%- set shares = {
    'abandoned_share': 'is_abandoned', 'resolved_same_day_share': 'is_resolved_same_day',
    'resolved_within_week_share': 'is_resolved_within_week',
    'first_contact_resolution_share': 'is_first_contact_resolved', 'recontact_share': 'is_problem_recontacted',
    'bot_handover_share': 'is_handed_over', 'bot_handover_success_share': 'is_handover_successful',
    'response_promise_kept_share': 'is_response_promise_kept', 'estimated_cost_share': 'is_cost_estimated',
} -%}
with

identified as (
    select * from {{ ref('int_cases_identified') }}
),

measured as (
    select * from {{ ref('int_cases_measured') }}
),

cases as (
    select
        {{ month_of('identified.opened_date') }} as period_start,
        identified.department,
        coalesce(identified.team, 'unknown') as team,
        identified.channel,
        identified.reason,
        coalesce(identified.partner, 'none') as partner,
        identified.waiting_time_seconds,
        identified.is_abandoned,
        case when identified.channel = 'chatbot' or identified.is_bot_handover then identified.is_bot_handover end as is_handed_over,
        measured.person_key,
        measured.is_first_of_problem,
        measured.is_mirror,
        measured.first_response_time_seconds,
        measured.first_response_business_seconds,
        measured.resolution_time_seconds,
        measured.resolution_business_seconds,
        measured.is_resolved_same_day,
        measured.is_resolved_within_week,
        case when measured.is_first_of_problem then measured.is_first_contact_resolved end as is_first_contact_resolved,
        case when measured.is_first_of_problem then measured.is_recontacted_within_7_days end as is_problem_recontacted,
        measured.is_handover_successful,
        measured.is_response_promise_kept,
        measured.is_cost_estimated,
        measured.cost_amount
    from identified
    inner join measured on identified.case_id = measured.case_id
),

cells as (
    {%- for dimension, column in dimensions.items() %}
    {{ 'union all' if not loop.first }}
    select
        period_start,
        '{{ dimension }}' as dimension,
        {{ column }} as dimension_value,
        count(distinct person_key) as customers_count,
        sum(case when is_mirror then 0 else 1 end) as contacts_count,
        sum(case when is_first_of_problem then 1 else 0 end) as problems_count,
        {%- for duration in durations %}
        count({{ duration }}) as {{ duration }}_n,
        avg({{ duration }}) as mean_{{ duration }},
        percentile_cont(0.5) within group (order by {{ duration }}) as median_{{ duration }},
        {%- endfor %}
        {%- for share, flag in shares.items() %}
        count({{ flag }}) as {{ share }}_n,
        avg(case when {{ flag }} then 1.0 when not {{ flag }} then 0.0 end) as {{ share }},
        {%- endfor %}
        count(case when not is_mirror then cost_amount end) as cost_per_contact_n,
        sum(cost_amount) / nullif(count(case when not is_mirror then cost_amount end), 0) as cost_per_contact
    from cases
    group by period_start, {{ column }}
    {%- endfor %}
),

ranked as (
    select
        *,
        {{ smaller_cells('customers_count', 'period_start, dimension', 'dimension_value') }}
    from cells
),

judged as (
    select
        *,
        {{ is_hidden_cell('customers_count') }} as is_suppressed
    from ranked
)

select
    {{ period_label("'month'", 'period_start') }} as period,
    period_start,
    dimension,
    dimension_value,
    case when not is_suppressed then customers_count end as customers_count,
    case when not is_suppressed then cast(contacts_count as bigint) end as contacts_count,
    case when not is_suppressed then cast(problems_count as bigint) end as problems_count,
    {%- for duration in durations %}
    {%- for figure in ['mean', 'median'] %}
    case
        when not is_suppressed and {{ duration }}_n >= {{ var('small_cell_minimum') }}
            then cast({{ figure }}_{{ duration }} as double)
    end as {{ figure }}_{{ duration }},
    {%- endfor %}
    {%- endfor %}
    {%- for share in shares %}
    case
        when not is_suppressed and {{ share }}_n >= {{ var('small_cell_minimum') }} then cast({{ share }} as double)
    end as {{ share }},
    {%- endfor %}
    case
        when not is_suppressed and cost_per_contact_n >= {{ var('small_cell_minimum') }}
            then {{ money('cost_per_contact') }}
    end as cost_per_contact,
    '{{ var("reporting_currency") }}' as currency,
    is_suppressed
from judged
