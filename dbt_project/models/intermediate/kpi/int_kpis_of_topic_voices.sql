{{ config(meta={
    'kpis': {
        'share_of_voice': {
            'method': 'count', 'coverage': 'known', 'dimensions': ['topic'],
            'share_of': {'kpi': 'share_of_voice', 'total_in': ['topic']},
        },
    },
    'facts': 'int_kpi_feedback_topics_observed',
}) }}
{{ shares_of_voice(ref('int_kpi_topic_voices_counted'), ref('int_kpi_voices_counted')) }}
