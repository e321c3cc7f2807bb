{#- Twelve whole months, or as many as there are since the first case. -#}
{%- set bot_contacts_minimum = 30 -%}
with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

measured as (
    select * from {{ ref('int_cases_measured') }}
),

linked as (
    select * from {{ ref('int_cases_linked') }}
),

reasons as (
    select * from {{ ref('case_reasons') }}
    where is_self_service_solvable
),

shares as (
    select * from {{ ref('self_service_shares') }}
),

as_of as (
    select {{ as_of_date() }} as as_of_date
),

last_months as (
    select
        case
            when as_of_date = cast({{ dbt.last_day('as_of_date', 'month') }} as date)
                then {{ month_of('as_of_date') }}
            else cast({{ dbt.dateadd('month', -1, month_of('as_of_date')) }} as date)
        end as last_month
    from as_of
),

first_months as (
    select
        last_months.last_month,
        greatest(
            cast({{ dbt.dateadd('month', -11, 'last_months.last_month') }} as date),
            (select {{ month_of('min(cases.opened_date)') }} from cases)
        ) as first_month
    from last_months
),

windows as (
    select
        *,
        {{ month_number('last_month') }} - {{ month_number('first_month') }} + 1 as months_count
    from first_months
),

contacts as (
    select
        cases.reason,
        {{ month_of('cases.opened_date') }} as period_start,
        measured.is_mirror,
        measured.cost_amount,
        linked.is_first_of_concern and not measured.is_mirror as is_concern,
        cases.channel = 'chatbot' and not cases.is_bot_handover as is_self_served,
        case
            when cases.channel = 'chatbot' and not measured.is_mirror and measured.is_recontacted_within_7_days is not null
                then not cases.is_bot_handover and measured.is_resolved and not measured.is_recontacted_within_7_days
        end as is_solved_by_bot,
        windows.months_count
    from cases
    inner join measured on cases.case_id = measured.case_id
    inner join linked on cases.case_id = linked.case_id
    cross join windows
    where {{ month_of('cases.opened_date') }} between windows.first_month and windows.last_month
),

months as (
    select
        reason,
        period_start,
        months_count,
        sum(case when is_concern and not is_self_served then 1 else 0 end) as concerns_count,
        sum(case when not is_mirror and not is_self_served then 1 else 0 end) as contacts_count,
        sum(case when not is_self_served then cost_amount end) as cost_amount,
        count(is_solved_by_bot) as bot_contacts_count,
        sum(case when is_solved_by_bot then 1 else 0 end) as bot_solved_count
    from contacts
    group by reason, period_start, months_count
),

-- A month without any contact has no row: its part of the squares is that of nothing.
counted as (
    select
        reason,
        months_count,
        sum(concerns_count) as concerns_count,
        sum(contacts_count) as contacts_count,
        sum(cost_amount) as cost_amount,
        sum(bot_contacts_count) as bot_contacts_count,
        sum(bot_solved_count) as bot_solved_count,
        sum(1.0 * concerns_count * concerns_count) as concerns_square_sum
    from months
    group by reason, months_count
),

dispersed as (
    select
        counted.*,
        case
            when counted.months_count > 1 and counted.concerns_count > 0
                then greatest(
                    1.0,
                    (counted.concerns_square_sum - 1.0 * counted.concerns_count * counted.concerns_count / counted.months_count)
                    / (counted.months_count - 1) / (1.0 * counted.concerns_count / counted.months_count)
                )
            else 1.0
        end as dispersion,
        coalesce(for_reason.share_low, for_all.share_low) as declared_low,
        coalesce(for_reason.share_expected, for_all.share_expected) as declared_share,
        coalesce(for_reason.share_high, for_all.share_high) as declared_high,
        coalesce(for_reason.is_measured_share_used, for_all.is_measured_share_used, false)
        and counted.bot_contacts_count >= {{ bot_contacts_minimum }} as is_share_measured
    from counted
    inner join reasons on counted.reason = reasons.reason
    left join shares as for_reason on counted.reason = for_reason.reason
    left join shares as for_all on for_all.reason = '*'
)

select
    reason,
    months_count,
    contacts_count,
    concerns_count,
    dispersion,
    cost_amount,
    bot_contacts_count,
    bot_solved_count,
    is_share_measured,
    12.0 * concerns_count / months_count as concerns_per_year,
    12.0 * dispersion * ({{ count_bound('(concerns_count / dispersion)', -1) }}) / months_count as concerns_per_year_low,
    12.0 * dispersion * ({{ count_bound('(concerns_count / dispersion)', 1) }}) / months_count as concerns_per_year_high,
    case when is_share_measured then 1.0 * bot_solved_count / bot_contacts_count else declared_share end as share,
    case
        when is_share_measured then {{ share_bound('bot_solved_count', 'bot_contacts_count', -1) }} else declared_low
    end as share_low,
    case
        when is_share_measured then {{ share_bound('bot_solved_count', 'bot_contacts_count', 1) }} else declared_high
    end as share_high
from dispersed
where concerns_count > 0
