{#- Marts with their date, and whether their rows should have a customer. What changes rarely has none. -#}
{%- set marts = {
    'customers': ('created_date', false), 'accounts': ('last_order_date', false),
    'orders': ('ordered_date', true), 'order_lines': ('booked_date', true),
    'products': ('last_sold_date', false), 'stores': ('last_order_date', false),
    'survey_answers': ('responded_date', true), 'feedback': ('occurred_date', true),
    'cases': ('opened_date', true), 'touchpoints': ('occurred_date', true),
    'account_members': ('cast(null as date)', false), 'customer_history': ('cast(null as date)', false),
    'customer_attribute_sources': ('cast(null as date)', false), 'households': ('last_order_date', false),
    'customer_records': ('cast(null as date)', false), 'identity_edges': ('cast(null as date)', false),
    'customer_aliases': ('cast(null as date)', false), 'identity_changes': ('cast(null as date)', false),
    'identity_review': ('cast(null as date)', false),
    'customer_rfm': ('last_order_date', false), 'customer_lifecycle': ('valid_from', false),
    'customer_tenure': ('last_activity_date', false), 'customer_referrals': ('last_referral_date', false),
    'sessions': ('started_date', true), 'campaign_attribution': ('ordered_date', true),
    'campaigns': ('cast(null as date)', false), 'partners': ('last_order_date', false),
    'journeys': ('started_date', true), 'journey_steps': ('occurred_date', true),
    'feedback_topics': ('occurred_date', true), 'topic_quotes': ('occurred_date', false),
    'topic_proposals': ('cast(null as date)', false), 'routing_queue': ('occurred_date', true),
    'next_best_actions': ('as_of_date', false), 'close_the_loop': ('occurred_date', false),
    'contact_preferences': ('cast(null as date)', false), 'advocates': ('promoted_date', false),
    'product_ideas': ('last_idea_date', false), 'customer_values': ('last_purchase_date', false),
    'segmentations': ('cast(null as date)', false), 'segments': ('cast(null as date)', false),
    'segment_features': ('cast(null as date)', false), 'customer_segments': ('cast(null as date)', false),
    'segment_profiles': ('cast(null as date)', false), 'segment_moves': ('cast(null as date)', false),
    'personas': ('cast(null as date)', false), 'root_causes': ('cast(null as date)', false),
    'training_needs': ('cast(null as date)', false), 'self_service_articles': ('cast(null as date)', false),
    'improvement_effects': ('cast(null as date)', false), 'improvement_register': ('cast(null as date)', false),
    'service_costs': ('period_start', false),
    'initiatives': ('cast(null as date)', false), 'initiative_effects': ('cast(null as date)', false),
    'score_worth': ('cast(null as date)', false), 'bad_experience_costs': ('cast(null as date)', false),
    'alerts': ('cast(null as date)', false), 'alert_slices': ('cast(null as date)', false),
    'alert_reasons': ('cast(null as date)', false), 'series_changes': ('cast(null as date)', false),
    'driver_models': ('cast(null as date)', false),
    'satisfaction_drivers': ('cast(null as date)', false),
} -%}
with

marts as (
    {%- for mart, (date, has_customer) in marts.items() %}
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
        0.9 as coverage_target
    from {{ ref(mart) }}
    {%- endfor %}
),

kpis as (
    select
        catalogue.kpi_id as subject,
        count(kpi_values.kpi_id) as rows_count,
        max(kpi_values.period_start) as latest_period_start,
        avg(kpi_values.coverage) as coverage,
        catalogue.coverage_target
    from {{ ref('kpi_catalogue') }} as catalogue
    left join {{ ref('int_kpi_values_compared') }} as kpi_values
        on catalogue.kpi_id = kpi_values.kpi_id
        and kpi_values.grain = 'month'
        and kpi_values.dimension = 'all'
    group by catalogue.kpi_id, catalogue.coverage_target
),

bounds as (
    select {{ as_of_date() }} as as_of_date
),

measured as (
    select * from marts
    union all
    select
        'kpi' as subject_type,
        kpis.subject,
        kpis.rows_count,
        case
            when kpis.rows_count > 0
                then least(cast({{ dbt.last_day('kpis.latest_period_start', 'month') }} as date), bounds.as_of_date)
        end as latest_date,
        kpis.coverage,
        kpis.coverage_target
    from kpis
    cross join bounds
)

select
    measured.subject_type,
    measured.subject,
    measured.rows_count,
    measured.latest_date,
    greatest(0, {{ dbt.datediff('measured.latest_date', 'bounds.as_of_date', 'day') }}) as days_behind,
    cast(measured.coverage as double) as coverage,
    measured.coverage_target,
    bounds.as_of_date
from measured
cross join bounds
