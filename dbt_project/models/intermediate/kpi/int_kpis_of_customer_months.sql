{%- set kpis = {
    'active_customers': {'method': 'persons', 'x': 'is_active', 'coverage': 'orders'},
    'tenure': {'method': 'mean', 'x': 'tenure_months', 'coverage': 'orders'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_customer_months_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_customer_months_observed'), kpis, ['all', 'segment', 'region', 'acquisition_channel', 'account'],
    grains=['month', 'quarter', 'year', 'all'],
) }}
