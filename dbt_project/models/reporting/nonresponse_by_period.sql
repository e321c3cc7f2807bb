with

corrections as (
    select * from {{ ref('stg_ml__nonresponse_corrections') }}
),

labels as (
    select * from {{ ref('code_labels') }}
    where code_type = 'silence_verdict'
),

invitations as (
    select * from {{ ref('int_kpi_invitations_observed') }}
    where is_known_customer
),

active_customers as (
    select * from {{ ref('int_customer_periods_activated') }}
),

grains as (
    {{ kpi_grains(['quarter', 'year', 'all']) }}
),

invited_customers as (
    select distinct
        grains.grain,
        {{ period_start('grains.grain', 'invitations.observed_date') }} as period_start,
        invitations.person_key as customer_id
    from invitations
    cross join grains
),

-- Of the customers of a period, whom any survey could hear.
coverages as (
    select
        active_customers.grain,
        active_customers.period_start,
        1.0 * count(invited_customers.customer_id) / count(*) as invited_customers_share
    from active_customers
    left join invited_customers
        on active_customers.customer_id = invited_customers.customer_id
        and active_customers.grain = invited_customers.grain
        and (
            active_customers.period_start = invited_customers.period_start
            or active_customers.grain = 'all'
        )
    group by active_customers.grain, active_customers.period_start
),

ranked as (
    select
        *,
        {{ smaller_cells(
            'persons_count', "measure, survey, grain, case when grain = 'quarter' then extract(year from period_start) end",
            'period_start',
        ) }}
    from corrections
),

judged as (
    select
        *,
        {{ is_hidden_cell('persons_count') }} as is_suppressed
    from ranked
)

-- Quarters add up to years and years to all: exact figures would tell of one that is hidden.
select
    judged.measure,
    judged.survey,
    judged.grain,
    {{ period_label('judged.grain', 'judged.period_start') }} as period,
    judged.period_start,
    case when not judged.is_suppressed then {{ rounded_count('judged.invited_count') }} end as invited_count,
    case when not judged.is_suppressed then {{ rounded_count('judged.answered_count') }} end as answered_count,
    case
        when not judged.is_suppressed
            then 1.0 * {{ rounded_count('judged.answered_count') }} / {{ rounded_count('judged.invited_count') }}
    end as response_rate,
    cast(coverages.invited_customers_share as double) as invited_customers_share,
    {%- for score in ['raw_score', 'silent_score', 'corrected_score', 'difference'] %}
    {%- for end in ['', '_low', '_high'] %}
    case when not judged.is_suppressed then {{ rounded_mean('judged.' ~ score ~ end, 'judged.answered_count') }} end
        as {{ score }}{{ end }},
    {%- endfor %}
    {%- endfor %}
    case when not judged.is_suppressed then judged.verdict end as verdict,
    case when not judged.is_suppressed then labels.name_en end as verdict_en,
    case when not judged.is_suppressed then labels.name_de end as verdict_de,
    judged.answering_p_value,
    judged.explained_share,
    judged.is_suppressed
from judged
left join labels on judged.verdict = labels.code
left join coverages
    on judged.grain = coverages.grain
    and (judged.period_start = coverages.period_start or judged.grain = 'all')
