with

initiatives as (
    select * from {{ ref('stg_ml__initiatives') }}
),

labels as (
    select * from {{ ref('impact_labels') }}
)

select
    initiatives.initiative_id,
    initiatives.name_en,
    initiatives.name_de,
    initiatives.scope,
    scopes.name_en as scope_en,
    scopes.name_de as scope_de,
    initiatives.scope_value,
    initiatives.method,
    methods.name_en as method_en,
    methods.name_de as method_de,
    initiatives.value_basis,
    '{{ var("reporting_currency") }}' as currency,

    initiatives.verdict,
    verdicts.name_en as verdict_en,
    verdicts.name_de as verdict_de,
    initiatives.verdict_reason,
    reasons.name_en as verdict_reason_en,
    reasons.name_de as verdict_reason_de,
    case when initiatives.method is not null then initiatives.pre_trend end as pre_trend,
    case when initiatives.method is not null then pre_trends.name_en end as pre_trend_en,
    case when initiatives.method is not null then pre_trends.name_de end as pre_trend_de,
    initiatives.placebo_dates_count,
    initiatives.placebo_dates_shown,

    initiatives.customers_count,
    initiatives.treated_count,
    initiatives.comparison_count,
    initiatives.comparison_groups_count,
    initiatives.matched_share,
    {%- for suffix in ['', '_low', '_high'] %}
    {{ money('initiatives.effect' ~ suffix) }} as value_per_customer{{ suffix }},
    {%- endfor %}
    initiatives.standard_error as value_per_customer_standard_error,
    {%- for suffix in ['', '_low', '_high'] %}
    {{ money('initiatives.gain' ~ suffix) }} as gain{{ suffix }},
    {%- endfor %}
    {{ money('initiatives.cost') }} as cost,
    initiatives.roi,
    initiatives.roi_low,
    initiatives.roi_high,

    initiatives.started_date,
    initiatives.ended_date,
    initiatives.decided_date,
    initiatives.measured_until_date,
    initiatives.window_days
from initiatives
left join labels as scopes on scopes.code_type = 'scope' and initiatives.scope = scopes.code
left join labels as methods on methods.code_type = 'method' and initiatives.method = methods.code
left join labels as verdicts on verdicts.code_type = 'verdict' and initiatives.verdict = verdicts.code
left join labels as reasons on reasons.code_type = 'reason' and initiatives.verdict_reason = reasons.code
left join labels as pre_trends on pre_trends.code_type = 'pre_trend' and initiatives.pre_trend = pre_trends.code
