{%- set kpis = {
    'on_time_delivery': {'method': 'share', 'x': 'is_on_time', 'coverage': 'known'},
    'delivery_days': {'method': 'mean', 'x': 'delivery_days', 'where': 'delivery_days >= 0', 'coverage': 'known'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_deliveries_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_deliveries_observed'), kpis,
    ['all', 'channel', 'store', 'partner', 'segment', 'region', 'acquisition_channel', 'account'],
) }}
