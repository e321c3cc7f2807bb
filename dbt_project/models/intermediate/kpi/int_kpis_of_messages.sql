{%- set kpis = {
    'message_click_rate': {'method': 'share', 'x': 'is_clicked', 'coverage': 'known'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_messages_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_messages_observed'), kpis,
    ['all', 'channel', 'segment', 'region', 'acquisition_channel', 'account'],
) }}
