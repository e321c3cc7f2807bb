{%- set kpis = {
    'response_rate': {'method': 'share', 'x': 'is_answered', 'coverage': 'known'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_invitations_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_invitations_observed'), kpis,
    ['all', 'channel', 'segment', 'region', 'acquisition_channel', 'account'],
) }}
