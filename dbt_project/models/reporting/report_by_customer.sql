{{ config(materialized='view') }}
{{ kpi_report(['segment', 'region', 'account']) }}
