{%- set kpis = {
    'orders_count': {'method': 'count', 'coverage': 'known'},
    'basket': {'method': 'mean', 'x': 'revenue', 'coverage': 'known'},
    'purchase_frequency': {'method': 'per_person', 'x': '1', 'where': 'is_known_customer', 'coverage': 'orders'},
    'repeat_purchase_rate': {'method': 'person_share', 'x': 'is_repeat_order', 'where': 'is_known_customer', 'coverage': 'orders'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_orders_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_orders_observed'), kpis,
    ['all', 'channel', 'store', 'partner', 'segment', 'region', 'acquisition_channel', 'account'],
) }}
