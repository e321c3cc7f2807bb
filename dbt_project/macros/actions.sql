{#- Whether a customer is in the holdout: by a salted hash, so that chance decides, nobody chooses, and it stays
    the same from run to run. Eight hexadecimal digits are compared as text with the share of their range. -#}
{% macro in_action_holdout(customer_id) -%}
    {%- set threshold = [(var('action_holdout_share') | float * 4294967296) | round | int, 4294967295] | min -%}
    substring({{ dbt.hash(dbt.concat([customer_id, "'|" ~ var('action_holdout_salt') ~ "'"])) }}, 1, 8)
        < '{{ '%08x' | format(threshold) }}'
{%- endmacro %}

{#- The evidence of a seed, evidence_en or evidence_de, with its placeholders filled; null where it has none. -#}
{% macro filled_evidence(template, row) -%}
    {%- set is_german = template.endswith('_de') -%}
    {%- set date = 'cast(' ~ row ~ '.evidence_date as string)' -%}
    {%- set amount = 'cast(cast(' ~ row ~ '.evidence_amount as decimal(18, 2)) as string)' -%}
    {%- set percent = '100 * ' ~ row ~ '.evidence_share' -%}
    {%- set share = 'case when ' ~ percent ~ ' < 9.95 then cast(cast(' ~ percent ~ ' as decimal(18, 1)) as string)'
        ~ ' else cast(cast(round(' ~ percent ~ ') as bigint) as string) end' -%}
    {%- if is_german -%}
        {%- set date = 'substring(' ~ date ~ ", 9, 2) || '.' || substring(" ~ date ~ ", 6, 2) || '.' || substring("
            ~ date ~ ', 1, 4)' -%}
        {%- set amount, share = 'replace(' ~ amount ~ ", '.', ',')", 'replace(' ~ share ~ ", '.', ',')" -%}
    {%- endif -%}
    {%- set basis_words = {'margin': 'Deckungsbeitrag', 'revenue': 'Umsatz'} if is_german
        else {'margin': 'margin', 'revenue': 'revenue'} -%}
    {%- set values = {
        'name': row ~ '.evidence_name',
        'other': row ~ '.evidence_other',
        'date': date,
        'number': 'cast(cast(round(' ~ row ~ '.evidence_number) as bigint) as string)',
        'amount': amount,
        'basis': 'case ' ~ row ~ ".evidence_basis when 'margin' then '" ~ basis_words.margin ~ "' when 'revenue' then '"
            ~ basis_words.revenue ~ "' end",
        'share': share,
        'currency': "'" ~ var('reporting_currency') ~ "'",
    } -%}
    {%- set filled = namespace(sql='nullif(' ~ template ~ ", '')") -%}
    {%- for name, value in values.items() -%}
        {%- set filled.sql = 'replace(' ~ filled.sql ~ ", '{" ~ name ~ "}', coalesce(" ~ value ~ ", '?'))" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}
