{%- set of_problem = 'is_first_of_problem = 1' -%}
{%- set kpis = {
    'contacts': {'method': 'count', 'where': 'is_contact = 1', 'coverage': 'known'},
    'first_contact_resolution': {
        'method': 'share', 'x': 'is_first_contact_resolved', 'where': of_problem, 'coverage': 'known',
    },
    'recontact_rate': {'method': 'share', 'x': 'is_recontacted', 'where': of_problem, 'coverage': 'known'},
    'first_response_time': {'method': 'mean', 'x': 'first_response_time_hours', 'coverage': 'known'},
    'first_response_business_time': {'method': 'mean', 'x': 'first_response_business_hours', 'coverage': 'known'},
    'response_promise_kept': {'method': 'share', 'x': 'is_response_promise_kept', 'coverage': 'known'},
    'resolution_time': {'method': 'mean', 'x': 'resolution_time_hours', 'coverage': 'known'},
    'resolution_business_time': {'method': 'mean', 'x': 'resolution_business_hours', 'coverage': 'known'},
    'same_day_resolution': {'method': 'share', 'x': 'is_resolved_same_day', 'coverage': 'known'},
    'resolution_within_week': {'method': 'share', 'x': 'is_resolved_within_week', 'coverage': 'known'},
    'abandoned_calls': {'method': 'share', 'x': 'is_abandoned', 'where': "channel = 'phone'", 'coverage': 'known'},
    'waiting_time': {'method': 'mean', 'x': 'waiting_minutes', 'coverage': 'known'},
    'bot_handover_share': {
        'method': 'share', 'x': 'is_handed_over', 'where': "(channel = 'chatbot' or is_handed_over = 1)",
        'coverage': 'known',
    },
    'bot_handover_success': {'method': 'share', 'x': 'is_handover_successful', 'coverage': 'known'},
    'cost_per_contact': {'method': 'ratio', 'x': 'cost_amount', 'd': 'is_contact', 'coverage': 'known'},
    'support_cost': {'method': 'sum', 'x': 'cost_amount', 'coverage': 'known'},
} -%}
{{ config(meta={'kpis': kpis, 'facts': 'int_kpi_cases_observed'}) }}
{{ kpi_cells(
    ref('int_kpi_cases_observed'), kpis,
    [
        'all', 'channel', 'store', 'partner', 'department', 'reason', 'topic', 'product', 'product_category',
        'segment', 'region', 'acquisition_channel', 'account',
    ],
) }}
