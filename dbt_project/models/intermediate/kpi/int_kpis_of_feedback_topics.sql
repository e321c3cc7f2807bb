{%- set kpis = {
    'sentiment_index': {'method': 'mean', 'x': 'polarity_points', 'coverage': 'known', 'dimensions': ['topic']},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_feedback_topics_observed'}) }}
{{ kpi_cells(ref('int_kpi_feedback_topics_observed'), kpis, ['topic']) }}
