{%- set kpis = {
    'return_rate': {'method': 'ratio', 'x': 'units_returned', 'd': 'units_sold', 'coverage': 'known'},
    'revenue': {'method': 'sum', 'x': 'revenue', 'coverage': 'known', 'dimensions': ['product', 'product_category']},
    'margin': {'method': 'sum', 'x': 'margin', 'coverage': 'known', 'dimensions': ['product', 'product_category']},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_booked_products_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_booked_products_observed'), kpis,
    [
        'all', 'channel', 'store', 'partner', 'product', 'product_category', 'segment', 'region', 'acquisition_channel',
        'account',
    ],
) }}
