"""Dagster definitions, one noun a file."""
