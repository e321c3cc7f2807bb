{#- A number in a sentence: rounded to whole ones, or with one decimal. -#}
{% macro whole_words(value) -%}
    cast(cast(round({{ value }}, 0) as bigint) as string)
{%- endmacro %}

{% macro decimal_words(value, language) -%}
    {%- set words = 'cast(cast(' ~ value ~ ' as decimal(18, 1)) as string)' -%}
    {{ "replace(" ~ words ~ ", '.', ',')" if language == 'de' else words }}
{%- endmacro %}

{#- 95 % interval of a product of two independent factors with intervals of their own (columns `…_low`, `…_high`): the
    distances of the logarithms add up as squares (Zou and Donner 2008, Statistics in Medicine 27). -#}
{% macro product_bound(value, first, second, side) -%}
    {%- set end = 'high' if side > 0 else 'low' -%}
    case
            when {{ value }} = 0 or {{ first }}_{{ end }} <= 0 or {{ second }}_{{ end }} <= 0 then 0.0
            else {{ value }} * exp(
                ({{ side }}) * sqrt(
                    power(ln({{ first }}_{{ end }} / {{ first }}), 2)
                    + power(ln({{ second }}_{{ end }} / {{ second }}), 2)
                )
            )
        end
{%- endmacro %}
