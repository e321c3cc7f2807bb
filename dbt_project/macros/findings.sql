{#- What a finding costs: on an input that makes the subject, and on one that adds to it. -#}
{% macro finding_points(main, other) -%}
    case when is_main then {{ main }} else {{ other }} end
{%- endmacro %}

{#- A share as a text such as `12 percent`. -#}
{% macro percent_text(share) -%}
    cast(cast(round(100 * {{ share }}) as integer) as string) || ' percent'
{%- endmacro %}

{#- End of a sentence that says since when. -#}
{% macro stale_text(date) -%}
    coalesce('stale since ' || cast({{ date }} as string), 'never delivered')
{%- endmacro %}
