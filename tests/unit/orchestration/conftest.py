"""Warehouses that tests of several steps begin with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.ml_tables import prepare_ml_tables
from orchestration.settings import Settings


@pytest.fixture
def empty_home(tmp_path: Path) -> Settings:
    """A company as of 2026-06-30 without a row anywhere."""
    settings = Settings(home=tmp_path, company_folder=tmp_path / "company", sources=tmp_path,
                        extracts=tmp_path, as_of=date(2026, 6, 30))
    (tmp_path / "raw").mkdir()
    prepare_ml_tables(settings)
    return settings


@pytest.fixture
def shop(empty_home: Settings) -> Settings:
    """The same with a table for its purchase days, and nothing in it."""
    with duckdb.connect(str(empty_home.warehouse_path)) as con:
        con.execute("""
            create schema intermediate; create schema seeds;
            create table intermediate.int_purchase_days_summed (identity_record_key varchar,
                purchase_date date, is_purchase boolean, revenue decimal(18, 4),
                margin decimal(18, 4), costed_revenue decimal(18, 4))""")
    return empty_home
