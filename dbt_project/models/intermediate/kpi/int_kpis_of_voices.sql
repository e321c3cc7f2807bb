{{ config(meta={
    'kpis': {
        'share_of_voice': {
            'method': 'count', 'coverage': 'known',
            'share_of': {'kpi': 'share_of_voice', 'total_in': ['channel', 'product_category']},
        },
    },
    'facts': 'int_kpi_feedback_observed',
}) }}
{{ shares_of_voice(ref('int_kpi_voices_counted'), ref('int_kpi_voices_counted')) }}
