with

promises as (
    select * from {{ ref('service_promises') }}
),

checked as (
    select * from {{ ref('int_promises_checked') }}
),

cells as (
    select
        promise_id,
        {{ month_of('promised_date') }} as period_start,
        count(*) as promises_count,
        count(distinct person_key) as customers_count,
        sum(case when is_kept then 1 else 0 end) as kept_count,
        avg(lateness_hours) as mean_lateness_hours,
        percentile_cont(0.5) within group (order by lateness_hours) as median_lateness_hours
    from checked
    group by promise_id, {{ month_of('promised_date') }}
),

judged as (
    select
        *,
        customers_count < {{ var('small_cell_minimum') }} as is_suppressed
    from cells
)

select
    {{ period_label("'month'", 'judged.period_start') }} as period,
    judged.period_start,
    judged.promise_id,
    promises.promise_type,
    promises.department,
    promises.channel,
    promises.clock,
    promises.name_en,
    promises.name_de,
    case when not judged.is_suppressed then judged.promises_count end as promises_count,
    case when not judged.is_suppressed then 1.0 * judged.kept_count / judged.promises_count end as kept_share,
    case
        when not judged.is_suppressed
            then cast({{ share_bound('judged.kept_count', 'judged.promises_count', -1) }} as double)
    end as kept_share_low,
    case
        when not judged.is_suppressed
            then cast({{ share_bound('judged.kept_count', 'judged.promises_count', 1) }} as double)
    end as kept_share_high,
    case when not judged.is_suppressed then cast(judged.mean_lateness_hours as double) end as mean_lateness_hours,
    case when not judged.is_suppressed then cast(judged.median_lateness_hours as double) end as median_lateness_hours,
    judged.is_suppressed
from judged
inner join promises on judged.promise_id = promises.promise_id
