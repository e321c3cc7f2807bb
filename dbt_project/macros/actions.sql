{#- Whether a customer is in the holdout: by a salted hash, so that chance decides, nobody chooses, and it stays
    the same from run to run. Eight hexadecimal digits are compared as text with the share of their range. -#}
{% macro in_action_holdout(customer_id) -%}
    {%- set threshold = [(var('action_holdout_share') | float * 4294967296) | round | int, 4294967295] | min -%}
    substring({{ dbt.hash(dbt.concat([customer_id, "'|" ~ var('action_holdout_salt') ~ "'"])) }}, 1, 8)
        < '{{ '%08x' | format(threshold) }}'
{%- endmacro %}

{#- The evidence of a seed with its placeholders filled; null where it has none. -#}
{% macro filled_evidence(template, row) -%}
    {%- set values = {
        'name': row ~ '.evidence_name',
        'other': row ~ '.evidence_other',
        'date': 'cast(' ~ row ~ '.evidence_date as string)',
        'number': 'cast(cast(round(' ~ row ~ '.evidence_number) as bigint) as string)',
        'amount': 'cast(cast(' ~ row ~ '.evidence_amount as decimal(18, 2)) as string)',
        'share': 'cast(cast(round(100 * ' ~ row ~ '.evidence_share) as bigint) as string)',
        'currency': "'" ~ var('reporting_currency') ~ "'",
    } -%}
    {%- set filled = namespace(sql='nullif(' ~ template ~ ", '')") -%}
    {%- for name, value in values.items() -%}
        {%- set filled.sql = 'replace(' ~ filled.sql ~ ", '{" ~ name ~ "}', coalesce(" ~ value ~ ", '?'))" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}
