{#- A CSV of the same name in the company's `seeds/` takes the place of the whole shipped seed. -#}
{% macro override_seed() -%}
    {%- if execute -%}
        {{ return(adapter.dispatch('override_seed', 'cx360')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__override_seed() -%}
    {%- set file = var('company_path') ~ '/seeds/' ~ model.name ~ '.csv' -%}
    {%- if cx360._files(file) -%}
        {%- do run_query('delete from ' ~ this) -%}
        {%- do run_query(
            'insert into ' ~ this ~ " by name select * from read_csv('" ~ file
            ~ "', header = true, delim = ',', all_varchar = true)"
        ) -%}
    {%- endif -%}
{%- endmacro %}
