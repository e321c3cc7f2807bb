with

score_worth as (
    select * from {{ ref('score_worth') }}
)

select
    measure,
    measure_en,
    measure_de,
    outcome,
    outcome_en,
    outcome_de,
    window_days,
    verdict,
    verdict_en,
    verdict_de,
    verdict_reason_en,
    verdict_reason_de,
    {%- for name in [
        'worth', 'worth_low', 'worth_high', 'outcome_mean', 'shuffled_worth', 'shuffled_worth_low',
        'shuffled_worth_high',
    ] %}
    {{ shown_effect(name, 'compared_count') }} as {{ name }},
    {%- endfor %}
    {{ rounded_count('customers_count') }} as customers_count,
    {{ rounded_count('compared_count') }} as compared_count,
    shuffles_count,
    shuffles_shown,
    value_basis,
    currency
from score_worth
