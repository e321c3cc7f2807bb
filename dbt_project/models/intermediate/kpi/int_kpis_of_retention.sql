{%- set kpis = {
    'crr': {'method': 'share', 'x': 'is_retained', 'coverage': 'orders'},
    'churn': {'method': 'share', 'x': 'is_lost', 'coverage': 'orders'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_retention_observed', 'by_grain': true}) }}
{{ kpi_cells(
    ref('int_kpi_retention_observed'), kpis, ['all', 'segment', 'region', 'acquisition_channel', 'account'],
    grains=['month', 'quarter', 'year'], by_grain=true,
) }}
