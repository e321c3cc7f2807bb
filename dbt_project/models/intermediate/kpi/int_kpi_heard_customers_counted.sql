{{ kpi_cells(
    ref('int_kpi_hearings_observed'), {'customers_heard': {'method': 'persons'}},
    ['all', 'channel', 'segment', 'region', 'acquisition_channel', 'account'],
    grains=['month', 'quarter', 'year', 'all'], by_grain=true,
) }}
