{%- set kpis = {
    'self_service_share': {'method': 'share', 'x': 'is_self_served'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_self_service_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_self_service_observed'), kpis, ['all', 'segment', 'region', 'acquisition_channel', 'account'],
) }}
