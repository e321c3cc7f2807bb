{{ config(meta={
    'kpis': {
        'share_of_voice': {
            'method': 'count', 'coverage': 'known',
            'share_of': {'kpi': 'share_of_voice', 'total_in': ['channel', 'topic', 'product_category']},
        },
    },
    'facts': 'int_kpi_feedback_observed',
}) }}
with

voices as (
    select * from {{ ref('int_kpi_voices_counted') }}
),

-- A part is told as share of all feedback of its period; n are its own texts.
joined as (
    select
        voices.*,
        totals.n as all_count
    from voices
    inner join voices as totals
        on voices.grain = totals.grain
        and coalesce(voices.period_start, {{ beginning_of_history() }})
        = coalesce(totals.period_start, {{ beginning_of_history() }})
        and totals.dimension = 'all'
)

select
    kpi_id,
    grain,
    period_start,
    dimension,
    dimension_value,
    1.0 * n / all_count as value,
    value_weighted,
    n,
    persons_count,
    active_persons_count,
    coverage,
    coverage_basis,
    {{ share_bound('n', 'all_count', -1) }} as interval_low,
    {{ share_bound('n', 'all_count', 1) }} as interval_high,
    first_date
from joined
