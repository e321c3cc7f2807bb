{{ kpi_cells(
    ref('int_kpi_initiatives_observed'),
    {
        'roi': {'method': 'ratio', 'x': 'gain_less_cost', 'd': 'cost'},
        'cost': {'method': 'sum', 'x': 'cost'},
        'gain_variance': {'method': 'sum', 'x': 'gain_variance'},
        'customers': {'method': 'sum', 'x': 'customers_count'},
    },
    ['all'],
    grains=['month', 'quarter', 'year', 'all'],
) }}
