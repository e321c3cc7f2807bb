{{ kpi_cells(
    ref('int_kpi_feedback_topics_observed'), {'share_of_voice': {'method': 'count', 'coverage': 'known'}}, ['topic'],
) }}
