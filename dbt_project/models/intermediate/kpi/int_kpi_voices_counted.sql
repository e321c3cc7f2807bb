{{ kpi_cells(
    ref('int_kpi_feedback_observed'), {'share_of_voice': {'method': 'count', 'coverage': 'known'}},
    ['all', 'channel', 'product_category'],
) }}
