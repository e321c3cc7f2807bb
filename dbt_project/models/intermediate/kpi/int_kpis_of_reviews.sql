{%- set kpis = {
    'review_rating': {'method': 'score', 'x': 'score_normalised', 'coverage': 'known'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_reviews_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_reviews_observed'), kpis,
    [
        'all', 'channel', 'store', 'partner', 'product', 'product_category', 'segment', 'region', 'acquisition_channel',
        'account',
    ],
) }}
