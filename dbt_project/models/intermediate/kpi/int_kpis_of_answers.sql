{%- set by_customer = "respondent_type = 'customer'" -%}
{%- set kpis = {
    'nps': {'method': 'nps', 'x': 'nps_points', 'where': by_customer, 'coverage': 'active'},
    'employee_nps': {
        'method': 'nps', 'x': 'nps_points', 'where': "respondent_type = 'employee'",
        'dimensions': ['all', 'department', 'store'],
    },
    'csat_score': {
        'method': 'score', 'x': 'score_normalised', 'where': by_customer ~ " and question_type = 'csat'",
        'coverage': 'active',
    },
    'csat_top_two_box': {
        'method': 'share', 'x': 'is_top_two_box', 'where': by_customer ~ " and question_type = 'csat'",
        'coverage': 'active',
    },
    'ces': {
        'method': 'score', 'x': 'score_normalised', 'where': by_customer ~ " and question_type = 'ces'",
        'coverage': 'active',
    },
    'product_quality_rating': {
        'method': 'score', 'x': 'score_normalised', 'coverage': 'active',
        'where': by_customer ~ " and question_type = 'rating' and question_dimension in ('product', 'product_quality')",
    },
    'service_rating': {
        'method': 'score', 'x': 'score_normalised', 'coverage': 'active',
        'where': by_customer ~ " and question_type = 'rating' and question_dimension in ('service', 'staff')",
    },
    'brand_index': {
        'method': 'score', 'x': 'score_normalised', 'coverage': 'active',
        'where': by_customer ~ " and question_type = 'rating'"
            ~ " and question_dimension in ('brand', 'image', 'overall', 'trust')",
    },
} -%}
{%- set weight, order_by = 'weight', place_in_time('responded_at', 'record_key') -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_answers_observed', 'weight': weight, 'order_by': order_by}) }}
{{ kpi_cells(
    ref('int_kpi_answers_observed'), kpis,
    [
        'all', 'channel', 'store', 'partner', 'department', 'touchpoint', 'product', 'product_category', 'segment',
        'region', 'acquisition_channel', 'account',
    ],
    weight=weight, order_by=order_by,
) }}
