{%- set kpis = {
    'acquisition_cost': {'method': 'mean', 'x': 'acquisition_cost'},
    'referral_rate': {'method': 'share', 'x': 'is_referred'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_customers_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_customers_observed'), kpis, ['all', 'segment', 'region', 'acquisition_channel', 'account'],
    grains=['month', 'quarter', 'year', 'all'],
) }}
