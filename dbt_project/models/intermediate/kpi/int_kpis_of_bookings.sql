{%- set kpis = {
    'revenue': {'method': 'sum', 'x': 'revenue', 'coverage': 'known'},
    'margin': {'method': 'sum', 'x': 'margin', 'coverage': 'known'},
    'revenue_per_customer': {'method': 'per_person', 'x': 'revenue', 'where': 'is_known_customer', 'coverage': 'orders'},
    'margin_per_customer': {'method': 'per_person', 'x': 'margin', 'where': 'is_known_customer', 'coverage': 'orders'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_bookings_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_bookings_observed'), kpis,
    ['all', 'channel', 'store', 'partner', 'segment', 'region', 'acquisition_channel', 'account'],
) }}
