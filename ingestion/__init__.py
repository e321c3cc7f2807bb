"""Extracts to canonical records in the raw zone. Knows neither Dagster nor dbt."""
