{#-
    Class of an answer to "would you recommend us", read from the question's own scale. On 0..10 and
    1..10 promoters are 9 and 10, passives 7 and 8; other scales keep these shares of their points
    (on 1..5: promoters 5, passives 4). Expects columns `directed_score`, `scale_min`, `scale_max`.
-#}
{% macro nps_class() -%}
    {%- set box = 'greatest(1, round(0.18 * (scale_max - scale_min + 1)))' -%}
    case
            when directed_score >= scale_max - {{ box }} + 1 then 'promoter'
            when directed_score >= scale_max - 2 * {{ box }} + 1 then 'passive'
            else 'detractor'
        end
{%- endmacro %}
