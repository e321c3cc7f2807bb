{#- Marts with their date, whether rows should have a customer, and the raw tables they rest on. -#}
{%- set marts = {
    'customers': ('created_date', false, ['crm_customers']),
    'accounts': ('last_order_date', false, ['crm_accounts', 'pos_orders']),
    'orders': ('ordered_date', true, ['pos_orders', 'pos_order_lines']),
    'order_lines': ('booked_date', true, ['pos_orders', 'pos_order_lines']),
    'products': ('last_sold_date', false, ['pos_products', 'pos_order_lines']),
    'stores': ('last_order_date', false, ['pos_stores', 'pos_orders']),
    'survey_answers': ('responded_date', true, ['survey_responses', 'survey_answers', 'survey_questions']),
    'feedback': ('occurred_date', true, ['survey_answers', 'social_posts', 'crm_cases', 'crm_case_messages']),
    'cases': ('opened_date', true, ['crm_cases']),
    'touchpoints': ('occurred_date', true, ['pos_orders', 'crm_cases', 'survey_responses', 'digital_events']),
} -%}
with

marts as (
    {%- for mart, (date, has_customer, tables) in marts.items() %}
    {{ 'union all' if not loop.first }}
    select
        'mart' as subject_type,
        '{{ mart }}' as subject,
        count(*) as rows_count,
        max({{ date }}) as latest_date,
        {% if has_customer -%}
        avg(case when customer_id = 'unknown' then 0.0 else 1.0 end) as coverage,
        {%- else -%}
        cast(null as double) as coverage,
        {%- endif %}
        (
            select count(*) from {{ ref('stg_ingestion__loads') }} as loads
            where
                loads.state = 'quarantined'
                and loads.entity_table in (
                    '{{ tables | join("', '") }}'
                )
        ) as quarantined_loads_count,
        0.9 as coverage_target
    from {{ ref(mart) }}
    {%- endfor %}
),

kpis as (
    select
        'kpi' as subject_type,
        catalogue.kpi_id as subject,
        count(kpi_values.value) as rows_count,
        max(case when kpi_values.value is not null then kpi_values.period_start end) as latest_period_start,
        avg(kpi_values.coverage) as coverage,
        catalogue.coverage_target
    from {{ ref('kpi_catalogue') }} as catalogue
    left join {{ ref('kpi_values') }} as kpi_values
        on catalogue.kpi_id = kpi_values.kpi_id and kpi_values.grain = 'month'
    group by catalogue.kpi_id, catalogue.coverage_target
),

measured as (
    select * from marts
    union all
    select
        subject_type,
        subject,
        rows_count,
        least(cast({{ dbt.last_day('latest_period_start', 'month') }} as date), {{ as_of_date() }}) as latest_date,
        coverage,
        (
            select count(*) from {{ ref('stg_ingestion__loads') }} as loads
            where loads.state = 'quarantined'
        ) as quarantined_loads_count,
        coverage_target
    from kpis
),

bounds as (
    select {{ as_of_date() }} as as_of_date
),

aged as (
    select
        measured.*,
        bounds.as_of_date,
        case
            when measured.latest_date < bounds.as_of_date
                then {{ dbt.datediff('measured.latest_date', 'bounds.as_of_date', 'day') }}
            when measured.latest_date is not null then 0
        end as days_behind
    from measured
    cross join bounds
),

-- Each deduction is one grade; what has no rows is F.
deductions as (
    select
        *,
        case
            when days_behind > 3 * {{ var('stale_after_days') }} then 2
            when days_behind > {{ var('stale_after_days') }} then 1
            else 0
        end as age_deduction,
        case
            when coverage < coverage_target / 2 then 2
            when coverage < coverage_target then 1
            else 0
        end as coverage_deduction,
        case when quarantined_loads_count > 0 then 1 else 0 end as load_deduction,
        case
            when days_behind > {{ var('stale_after_days') }}
                then 'latest fact ' || cast(days_behind as string) || ' days behind. '
            else ''
        end as age_reason,
        case
            when coverage < coverage_target
                then 'coverage below ' || cast(cast(100 * coverage_target as integer) as string) || ' percent. '
            else ''
        end as coverage_reason,
        case
            when quarantined_loads_count > 0
                then 'loads quarantined: ' || cast(quarantined_loads_count as string) || '. '
            else ''
        end as load_reason
    from aged
)

select
    subject_type,
    subject,
    case
        when rows_count = 0 then 'F'
        else substring('ABCDEF', 1 + age_deduction + coverage_deduction + load_deduction, 1)
    end as grade,
    case
        when rows_count = 0 then 'no rows'
        when age_deduction + coverage_deduction + load_deduction = 0 then 'nothing to report'
        else trim(age_reason || coverage_reason || load_reason)
    end as reasons,
    rows_count,
    latest_date,
    cast(days_behind as bigint) as days_behind,
    cast(coverage as double) as coverage,
    quarantined_loads_count,
    as_of_date
from deductions
