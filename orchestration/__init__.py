"""Orchestration: the only package that knows Dagster, and the only one that knows the others."""
