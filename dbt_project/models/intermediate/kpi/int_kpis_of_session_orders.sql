{%- set kpis = {
    'impulse_purchase_share': {'method': 'share', 'x': 'is_impulse', 'coverage': 'known'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_session_orders_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_session_orders_observed'), kpis,
    ['all', 'channel', 'segment', 'region', 'acquisition_channel', 'account'],
) }}
