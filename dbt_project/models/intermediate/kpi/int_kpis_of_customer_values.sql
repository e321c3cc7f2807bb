{%- set kpis = {
    'clv': {'method': 'mean', 'x': 'future_value_36_months'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_customer_values_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_customer_values_observed'), kpis, ['all', 'segment', 'region', 'acquisition_channel', 'account'],
    grains=['month', 'quarter', 'year', 'all'],
) }}
