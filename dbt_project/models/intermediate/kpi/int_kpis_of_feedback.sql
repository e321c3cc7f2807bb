{%- set kpis = {
    'sentiment_index': {'method': 'mean', 'x': 'polarity_points', 'coverage': 'known'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_feedback_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_feedback_observed'), kpis,
    [
        'all', 'channel', 'store', 'partner', 'department', 'touchpoint', 'product', 'product_category', 'segment',
        'region', 'acquisition_channel', 'account',
    ],
) }}
