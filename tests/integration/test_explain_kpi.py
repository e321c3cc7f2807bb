"""Values of KPIs explained: every one is what its records give, and what is hidden stays so."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from company import Company

from orchestration.explain_kpi import (
    Asked,
    BuiltProject,
    UnknownKpi,
    explain_kpi,
    read_built_project,
)
from orchestration.settings import Settings
from orchestration.warehouse import reading

Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def con(demo: Company) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading(demo.home / "warehouse.duckdb") as con:
        yield con


@pytest.fixture(scope="module")
def project(demo: Company) -> BuiltProject:
    return read_built_project(Settings(demo.home, demo.home, demo.sources, demo.extracts))


def one_cell(con: duckdb.DuckDBPyConnection, where: str) -> tuple[Any, ...]:
    """The first value of which a condition holds."""
    row = con.execute("select kpi_id, period, dimension, dimension_value, n "
                      f"from reporting.kpi_values where {where} order by all").fetchone()
    assert row is not None, where
    return row


def test_every_kpi_is_what_its_records_give(
    con: duckdb.DuckDBPyConnection, project: BuiltProject,
) -> None:
    """Its total of a month, and in each of its dimensions the value with most in it."""
    cells: Rows = con.execute(
        "select kpi_id, period, dimension, dimension_value from ("
        "select *, row_number() over (partition by kpi_id, dimension order by n desc, "
        "period, dimension_value) as place from intermediate.int_kpi_values_unioned "
        "where grain = 'month') where place = 1 order by all").fetchall()
    with_values = con.execute("select count(distinct kpi_id) from reporting.kpi_values").fetchall()
    assert len({cell[0] for cell in cells}) == with_values[0][0] > 40
    assert len({cell[0] for cell in cells if cell[2] != "all"}) > 40
    wrong = [cell for cell in cells
             if not explain_kpi(con, project, Asked(*cell), reveal=True, shown=0).is_equal]
    assert wrong == []


@pytest.mark.parametrize("period", ["grain = 'day'", "grain = 'week'", "grain = 'quarter'",
                                    "grain = 'year'", "grain = 'all'"])
def test_periods_of_every_grain_are_what_their_records_give(
    con: duckdb.DuckDBPyConnection, project: BuiltProject, period: str,
) -> None:
    cell = one_cell(con, f"kpi_id = 'revenue' and dimension = 'all' and value > 0 and {period}")
    assert explain_kpi(con, project, Asked(*cell[:4])).is_equal


@pytest.mark.parametrize("kpi", ["crr", "customers_heard"])
@pytest.mark.parametrize("grain", ["month", "quarter", "year", "all"])
def test_facts_of_one_grain_do_not_count_in_another(
    con: duckdb.DuckDBPyConnection, project: BuiltProject, kpi: str, grain: str,
) -> None:
    cells: Rows = con.execute(
        "select kpi_id, period, dimension, dimension_value "
        "from intermediate.int_kpi_values_unioned "
        "where kpi_id = $1 and grain = $2 and dimension in ('all', 'channel') limit 5",
        [kpi, grain]).fetchall()
    assert cells or kpi == "crr"
    for cell in cells:
        assert explain_kpi(con, project, Asked(*cell), reveal=True, shown=0).is_equal


def test_meaning_making_checks_and_records_are_told(
    con: duckdb.DuckDBPyConnection, project: BuiltProject,
) -> None:
    kpi, period, *_, n = one_cell(
        con, "kpi_id = 'active_customers' and grain = 'month' and dimension = 'all' and n > 0")
    text = "\n".join(explain_kpi(con, project, Asked("Aktive Kunden", period), shown=3).lines)
    for part in (
        f"kpi         {kpi}", "name        Active customers / Aktive Kunden", "definition  ",
        "formula     ", "unit        customers, up is better", "owner       ", "target      ",
        "literature  ", f"value             {n:,} customers", "(95 %)", "coverage", "data grade",
        f"value  {n:,}  equal", "on a year before",
        "dbt_project/models/intermediate/kpi/int_kpi_customer_months_observed.sql",
        "dbt_project/models/intermediate/kpi/int_kpis_of_customer_months.sql",
        "dbt_project/models/reporting/kpi_values.sql",
        "method    persons of is_active", "from intermediate.int_kpi_customer_months_observed",
        "retention_and_churn_add_up_to_one", "columns under contract", "reporting.kpi_values",
        "input pos.orders", "0 in quarantine",
    ):
        assert part in text
    assert re.search(r"tests of these models +all \d\d passed", text)
    assert re.search(r"tests of the \d+ tables behind +all \d+ passed", text)
    assert "int_kpis_of_hearings" not in text
    keys = text.split("keys of intermediate.int_kpi_customer_months_observed\n")[1].splitlines()
    assert [bool(re.fullmatch(r"  [0-9a-f]{32}\|2026-\d\d-01", key)) for key in keys] == [True] * 3


def test_a_test_that_failed_or_did_not_run_is_told(
    con: duckdb.DuckDBPyConnection, project: BuiltProject,
) -> None:
    results = dict(project.results)
    failed, missing = (next(test for test in results if test.startswith(f"test.cx360.{name}"))
                       for name in ("small_cells_are_suppressed", "kpi_values_are_unique"))
    results[failed] = {**results[failed], "status": "fail", "failures": 2}
    del results[missing]
    text = "\n".join(explain_kpi(con, replace(project, results=results), Asked("visits")).lines)
    assert re.search(r"tests of these models +\d+ passed, 1 \w+.*, 1 \w+", text)
    assert re.search(r"FAILED \(2 rows\) +small_cells_are_suppressed", text)
    assert re.search(r"did not run +kpi_values_are_unique", text)


def test_keys_of_all_records_go_into_a_file(demo: Company, con: duckdb.DuckDBPyConnection,
                                            tmp_path: Path) -> None:
    _, period, dimension, value, n = one_cell(
        con, "kpi_id = 'orders_count' and grain = 'month' and dimension = 'channel' and n > 30")
    file = tmp_path / "keys.csv"
    printed = demo.cx360("explain", "kpi", "BESTELLUNGEN", "--period", period, "--dimension",
                         dimension, "--value", value.upper(), "--all-records", str(file))
    assert f"Records ({n:,}, the first 20)" in printed
    with file.open(newline="") as keys:
        rows = list(csv.DictReader(keys))
    assert len({row["record_key"] for row in rows}) == n
    assert {row["facts"] for row in rows} == {"int_kpi_orders_observed"}


def test_a_suppressed_value_is_told_only_when_asked_for(
    demo: Company, con: duckdb.DuckDBPyConnection, tmp_path: Path,
) -> None:
    kpi, period, dimension, value, _ = one_cell(
        con, "is_suppressed and kpi_id = 'revenue' and grain = 'month' and dimension = 'store'")
    [(hidden, n)] = con.execute(
        "select value, n from intermediate.int_kpi_values_unioned where kpi_id = $1 "
        "and period = $2 and dimension = $3 and dimension_value = $4",
        [kpi, period, dimension, value]).fetchall()
    file = tmp_path / "keys.csv"
    command = ("explain", "kpi", kpi, "--period", period, "--dimension", dimension, "--value",
               value)
    printed = demo.cx360(*command, "--all-records", str(file))
    assert "suppressed: fewer people than may be shown" in printed
    assert "No records written: the value is suppressed" in printed
    assert not file.exists()
    shown = f"{hidden:,.6f}".rstrip("0").rstrip(".")
    for word in (shown, "Computed again", "Records (", "interval  ", "coverage  "):
        assert word not in printed
    revealed = demo.cx360(*command, "--reveal")
    assert f"{shown} reporting currency, suppressed in reports" in revealed
    assert f"Records ({n:,}" in revealed


def test_a_value_that_its_records_do_not_give_is_noticed(copy: Company) -> None:
    with closing(duckdb.connect(str(copy.home / "warehouse.duckdb"))) as con:
        _, period, *_ = one_cell(con, "kpi_id = 'nps' and grain = 'month' and dimension = 'all' "
                                 "and value is not null")
        con.execute("update reporting.kpi_values set value = value + 0.001 where kpi_id = 'nps' "
                    f"and period = '{period}' and dimension = 'all'")
    printed = copy.cx360("explain", "kpi", "nps", "--period", period, status=1)
    assert re.search(r"value +-?[\d.]+ +DIFFERS: reported is -?[\d.]+, \+0\.001", printed)
    assert re.search(r"n +\d+ +equal", printed)


@pytest.mark.parametrize(("asked", "message"), [
    (Asked("npx"), r"no KPI has this id or name; near are nps \(Net Promoter Score"),
    (Asked("Umsatz je"), r"near are .*revenue_per_customer \(Revenue per customer / Umsatz je"),
    (Asked("qqq"), "there are abandoned_calls, "),
    (Asked("crr"), "crr has no values yet"),
    (Asked("nps", "March"), "March: no period; write it as 2026-03-14"),
    (Asked("nps", "2019-03"), r"nps has nothing in 2019-03; there are .* months? from 2026-04 to"),
    (Asked("nps", None, "reason", "x"), "nps is not split by reason; its dimensions are "),
    (Asked("nps", None, "channel", "fax"), "nps has no channel fax; there are .*email"),
    (Asked("nps", None, "all", "email"), "email: name the dimension it is of"),
])
def test_what_is_not_there_is_told_with_what_is(
    con: duckdb.DuckDBPyConnection, project: BuiltProject, asked: Asked, message: str,
) -> None:
    with pytest.raises(UnknownKpi, match=message):
        explain_kpi(con, project, asked)


def test_an_unknown_name_ends_with_a_sentence(demo: Company) -> None:
    assert demo.cx360("explain", "kpi", "npx", status=2).startswith(
        "cx360: npx: no KPI has this id or name; near are nps (Net Promoter Score")
