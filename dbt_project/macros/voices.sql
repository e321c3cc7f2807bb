{#- Parts of all feedback as shares of that of their period; n are the texts of the part. Both relations are
    cells as kpi_cells makes them, the second one with those of all texts together. -#}
{% macro shares_of_voice(parts, totals) -%}
with

voices as (
    select * from {{ parts }}
),

totals as (
    select * from {{ totals }}
    where dimension = 'all'
),

joined as (
    select
        voices.*,
        totals.n as all_count
    from voices
    inner join totals
        on voices.grain = totals.grain
        and coalesce(voices.period_start, {{ cx360.beginning_of_history() }})
        = coalesce(totals.period_start, {{ cx360.beginning_of_history() }})
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
    {{ cx360.share_bound('n', 'all_count', -1) }} as interval_low,
    {{ cx360.share_bound('n', 'all_count', 1) }} as interval_high,
    first_date
from joined
{%- endmacro %}

{#- How far a text is from the typical one of its group: in log length and in polarity, so that neither the
    longest nor the angriest is picked. -#}
{% macro distance_from_typical(text_length, polarity, group) -%}
    abs(ln({{ text_length }}) - avg(ln({{ text_length }})) over (partition by {{ group }}))
        + coalesce(abs({{ polarity }} - avg({{ polarity }}) over (partition by {{ group }})), 0.0)
{%- endmacro %}

{#- Age a person reaches in the year of a date, in four groups. -#}
{% macro age_group(birth_date, date) -%}
    case
        when {{ birth_date }} is null then 'unknown'
        {%- for age, name in [(30, 'under_30'), (50, '30_to_49'), (65, '50_to_64')] %}
        when extract(year from {{ date }}) - extract(year from {{ birth_date }}) < {{ age }} then '{{ name }}'
        {%- endfor %}
        else '65_and_over'
    end
{%- endmacro %}
