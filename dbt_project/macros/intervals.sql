{#-
    95 % intervals that hold for small groups. Each macro gives one bound; `side` is -1 or 1.
    A bound is clipped to the possible range and never leaves the value itself outside.
-#}

{#- Standard normal quantile of 0.975. -#}
{% macro normal_quantile() -%}
    1.959963984540054
{%- endmacro %}

{#- Share of people (0..1): adjusted Wald with z²/2 added successes and failures
    (Agresti and Coull 1998). -#}
{% macro share_bound(successes, n, side) -%}
    {%- set z = cx360.normal_quantile() -%}
    {%- set count = '(' ~ n ~ ' + ' ~ z ~ ' * ' ~ z ~ ')' -%}
    {%- set centre = '((' ~ successes ~ ' + ' ~ z ~ ' * ' ~ z ~ ' / 2) / ' ~ count ~ ')' -%}
    case when {{ n }} > 0 then {{ 'least' if side > 0 else 'greatest' }}(
            {{ '1.0' if side > 0 else '0.0' }},
            {{ 'greatest' if side > 0 else 'least' }}(
                1.0 * {{ successes }} / {{ n }},
                {{ centre }} + ({{ side }}) * {{ z }} * sqrt({{ centre }} * (1 - {{ centre }}) / {{ count }})
            )
        ) end
{%- endmacro %}

{#- Net promoter score (-100..100): adjusted Wald that adds three answers, 3/4 promoter, 3/2 passive
    and 3/4 detractor (Rocks 2016, The American Statistician 70). -#}
{% macro nps_bound(promoters, detractors, n, side) -%}
    {%- set z = cx360.normal_quantile() -%}
    {%- set count = '(' ~ n ~ ' + 3.0)' -%}
    {%- set centre = '((' ~ promoters ~ ' - ' ~ detractors ~ ') / ' ~ count ~ ')' -%}
    {%- set spread = '((' ~ promoters ~ ' + ' ~ detractors ~ ' + 1.5) / ' ~ count ~ ')' -%}
    case when {{ n }} > 0 then 100.0 * {{ 'least' if side > 0 else 'greatest' }}(
            {{ '1.0' if side > 0 else '-1.0' }},
            {{ 'greatest' if side > 0 else 'least' }}(
                1.0 * ({{ promoters }} - {{ detractors }}) / {{ n }},
                {{ centre }} + ({{ side }}) * {{ z }}
                * sqrt(({{ spread }} - {{ centre }} * {{ centre }}) / {{ count }})
            )
        ) end
{%- endmacro %}

{#- Mean of scores on 0..1: one answer added at each end of the scale, so that the interval neither
    collapses when all agree nor misses at the ceiling (at least 95 % at n = 5 to 200 in simulation). -#}
{% macro mean_score_bound(score_sum, score_square_sum, n, side) -%}
    {%- set z = cx360.normal_quantile() -%}
    {%- set count = '(' ~ n ~ ' + 2.0)' -%}
    {%- set centre = '((' ~ score_sum ~ ' + 1.0) / ' ~ count ~ ')' -%}
    {%- set variance = '((' ~ score_square_sum ~ ' + 1.0) / ' ~ count ~ ' - ' ~ centre ~ ' * ' ~ centre ~ ')' -%}
    case when {{ n }} > 0 then {{ 'least' if side > 0 else 'greatest' }}(
            {{ '1.0' if side > 0 else '0.0' }},
            {{ 'greatest' if side > 0 else 'least' }}(
                {{ score_sum }} / {{ n }},
                {{ centre }} + ({{ side }}) * {{ z }} * sqrt({{ variance }} / {{ count }})
            )
        ) end
{%- endmacro %}

{#- Count of independent events: Byar's approximation of the Poisson interval. -#}
{% macro count_bound(n, side) -%}
    {%- set z = cx360.normal_quantile() -%}
    {%- if side > 0 -%}
        ({{ n }} + 1) * power(1 - 1.0 / (9 * ({{ n }} + 1)) + {{ z }} / (3 * sqrt({{ n }} + 1)), 3)
    {%- else -%}
        case when {{ n }} > 0
            then {{ n }} * power(1 - 1.0 / (9 * {{ n }}) - {{ z }} / (3 * sqrt({{ n }})), 3)
            else 0.0
        end
    {%- endif -%}
{%- endmacro %}

{#- Student's t quantile of 0.975 from the normal one (Cornish and Fisher; exact to 0.1 % from four
    degrees of freedom on). -#}
{% macro t_quantile(degrees) -%}
    (
        1.959963984540054 + 2.372271 / {{ degrees }} + 2.822499 / power({{ degrees }}, 2)
        + 2.555850 / power({{ degrees }}, 3) + 1.589534 / power({{ degrees }}, 4)
    )
{%- endmacro %}

{#- Total of independent bookings: a random number of random amounts has the variance sum(x²) (compound
    Poisson); t quantile for few. It says what another month like this one could have brought. -#}
{% macro total_bound(total, square_sum, n, side) -%}
    {{ total }} + ({{ side }}) * {{ cx360.t_quantile('(1.0 * ' ~ n ~ ')') }} * sqrt({{ square_sum }})
{%- endmacro %}

{#- Mean of amounts: t interval with the variance of the sample; a single one has none. -#}
{% macro mean_bound(total, square_sum, n, side) -%}
    {%- set mean = '(1.0 * ' ~ total ~ ' / ' ~ n ~ ')' -%}
    case when {{ n }} > 1 then {{ mean }} + ({{ side }}) * {{ cx360.t_quantile('(' ~ n ~ ' - 1.0)') }}
            * sqrt(greatest(0.0, {{ square_sum }} - {{ total }} * {{ mean }}) / ({{ n }} - 1.0) / {{ n }})
        end
{%- endmacro %}

{#- Ratio of two totals over the same n records: linearised (delta method), t quantile. -#}
{% macro ratio_bound(total, divisor, square_sum, cross_sum, divisor_square_sum, n, side) -%}
    {%- set ratio = '(1.0 * ' ~ total ~ ' / ' ~ divisor ~ ')' -%}
    case when {{ n }} > 1 then {{ ratio }} + ({{ side }}) * {{ cx360.t_quantile('(' ~ n ~ ' - 1.0)') }}
            * sqrt(
                greatest(
                    0.0,
                    {{ square_sum }} - 2 * {{ ratio }} * {{ cross_sum }}
                    + {{ ratio }} * {{ ratio }} * {{ divisor_square_sum }}
                ) * {{ n }} / ({{ n }} - 1.0)
            ) / abs({{ divisor }})
        end
{%- endmacro %}

{#- Survival: Greenwood's variance on the log-log scale (Kalbfleisch and Prentice 1980), so that the interval
    stays within 0 and 1. `hazard_variance` is the sum of d / (n (n - d)). Before the first loss and after the last
    customer the variance says nothing; there the adjusted Wald of those at risk is taken. -#}
{% macro survival_bound(survival, hazard_variance, n, side) -%}
    case
            when {{ survival }} = 1 then {{ '1.0' if side > 0 else cx360.share_bound(n, n, -1) }}
            when {{ survival }} = 0 then {{ cx360.share_bound(0, n, 1) if side > 0 else '0.0' }}
            else power(
                {{ survival }},
                exp(({{ -side }}) * {{ cx360.normal_quantile() }} * sqrt({{ hazard_variance }}) / abs(ln({{ survival }})))
            )
        end
{%- endmacro %}

{#- Quantile 0.95 of the chi-square distribution (Wilson and Hilferty 1931); within 0.1 from two degrees on. -#}
{% macro chi_square_quantile(degrees) -%}
    ({{ degrees }} * power(1 - 2.0 / (9 * {{ degrees }}) + 1.6448536269514722 * sqrt(2.0 / (9 * {{ degrees }})), 3))
{%- endmacro %}
