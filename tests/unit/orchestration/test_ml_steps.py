"""Steps between dbt's layers that need no step file of their own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.ml_steps import list_holidays
from orchestration.ml_tables import ml_file, prepare_ml_tables
from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path, company_folder=tmp_path, sources=tmp_path,
                        extracts=tmp_path)
    prepare_ml_tables(settings)
    return settings


def open_in(settings: Settings, *regions: str) -> None:
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("create schema if not exists intermediate")
        con.execute("create or replace table intermediate.int_business_regions_listed as "
                    "select unnest($1::varchar[]) as region, 2025 as first_year, "
                    "2026 as last_year", [list(regions)])


def test_holidays_are_listed_for_every_state_and_region(settings: Settings) -> None:
    open_in(settings, "DE-BE", "AT-9")
    outcome = list_holidays(settings)
    rows = pq.read_table(ml_file(settings, "public_holidays")).to_pylist()
    assert outcome.metrics == {"regions": 17}
    assert {row["holiday_date"].year for row in rows} == {2025, 2026}
    assert {(row["name_de"], row["name_en"]) for row in rows
            if row["region"] == "AT-9" and row["holiday_date"] == date(2026, 10, 26)} == {
                ("Nationalfeiertag", "National Day")}


def test_a_region_nobody_knows_is_named_and_the_last_holidays_stay(settings: Settings) -> None:
    open_in(settings, "DE-BE")
    list_holidays(settings)
    before = ml_file(settings, "public_holidays").read_bytes()
    open_in(settings, "Bayern")
    with pytest.raises(ValueError, match="'Bayern' is not a region"):
        list_holidays(settings)
    assert ml_file(settings, "public_holidays").read_bytes() == before


def test_without_business_hours_no_holiday_is_listed(settings: Settings) -> None:
    open_in(settings)
    list_holidays(settings).raise_if_blocked()
    assert pq.read_table(ml_file(settings, "public_holidays")).num_rows == 0
