{%- set kpis = {
    'contact_rate': {'method': 'ratio', 'x': 'is_contact', 'd': 'is_order', 'coverage': 'known'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_orders_and_contacts_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_orders_and_contacts_observed'), kpis,
    ['all', 'partner', 'segment', 'region', 'acquisition_channel', 'account'],
) }}
