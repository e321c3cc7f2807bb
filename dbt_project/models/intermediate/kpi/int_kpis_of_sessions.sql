{%- set kpis = {
    'visits': {'method': 'count', 'coverage': 'known'},
    'conversion_rate': {'method': 'share', 'x': 'has_purchase', 'coverage': 'known'},
    'newsletter_signups': {
        'method': 'sum', 'x': 'newsletter_signups_count', 'where': 'newsletter_signups_count > 0', 'coverage': 'known',
    },
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_sessions_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_sessions_observed'), kpis,
    ['all', 'channel', 'segment', 'region', 'acquisition_channel', 'account'],
) }}
