{{ kpi_cells(
    ref('int_kpi_ad_days_observed'),
    {
        'ctr': {'method': 'ratio', 'x': 'clicks_count', 'd': 'impressions_count'},
        'impressions': {'method': 'sum', 'x': 'impressions_count'},
    },
    ['all', 'channel'],
) }}
