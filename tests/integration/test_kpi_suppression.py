"""No sum or difference of published KPI cells tells a hidden one, in demo and random worlds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from company import Company
from disclosure import Cell, period_start, recovered_cells

MINIMUM = 5
GRAINS = {"all": ("day", "week", "month", "quarter", "year", "all"),
          "store": ("day", "week", "month", "quarter", "year", "all"),
          "channel": ("day", "week", "month", "quarter", "year", "all"),
          "segment": ("month", "quarter", "year", "all")}
Hide = Callable[[pd.DataFrame], set[Cell]]


@pytest.fixture(scope="module")
def hide(demo: Company) -> Hide:
    """The model that says what is hidden, on cells of our own."""
    query = (demo.home / "dbt/marts/compiled/cx360/models/intermediate/kpi"
             / "int_kpi_cells_hidden.sql").read_text()

    def hidden(cells: pd.DataFrame) -> set[Cell]:
        with closing(duckdb.connect()) as con:
            con.execute("attach ':memory:' as warehouse; create schema warehouse.intermediate; "
                        "create schema warehouse.reporting")
            con.execute("create table warehouse.reporting.kpi_catalogue as "
                        "select 'visits' as kpi_id, 'customer' as audience")
            con.register("cells", cells)
            con.execute("create table warehouse.intermediate.int_kpi_values_unioned as select "
                        "* replace (cast(period_start as date) as period_start, "
                        "cast(first_date as date) as first_date) from cells")
            return {Cell(*row) for row in con.execute(
                f"select grain, period_start, dimension, dimension_value from ({query}) as hidden"
            ).fetchall()}
    return hidden


def random_cells(seed: int) -> pd.DataFrame:
    """Cells of visits: some stores are busy, some hardly ever visited, days differ."""
    rng = np.random.default_rng(seed)
    visits, days = int(rng.integers(300, 6000)), int(rng.integers(20, 200))
    first = pd.Timestamp("2025-10-01") + pd.Timedelta(days=int(rng.integers(0, 150)))
    weights = rng.gamma(0.5, size=int(rng.integers(2, 7)))
    frame = pd.DataFrame({
        "day": first + pd.to_timedelta((days * rng.beta(1, 2, visits)).astype(int), unit="D"),
        "person": rng.integers(0, visits, visits),
        "all": "all",
        "store": rng.choice([f"s{i}" for i in range(len(weights))], visits,
                            p=weights / weights.sum()),
        "channel": rng.choice(["web", "shop"], visits, p=[0.98, 0.02]),
        "segment": rng.choice(["a", "b", "c"], visits, p=[0.7, 0.29, 0.01])})
    parts = []
    for dimension, grains in GRAINS.items():
        for grain in grains:
            starts = {day: period_start(grain, day.date()) for day in frame["day"].unique()}
            grouped = frame.assign(
                dimension_value=frame[dimension], period=frame["day"].map(starts).astype(str),
                period_start=frame["day"].map(starts)).groupby(
                    ["period", "dimension_value"], dropna=False).agg(
                        persons_count=("person", "nunique"), first_date=("day", "min"),
                        period_start=("period_start", "first")).reset_index()
            parts.append(grouped.assign(kpi_id="visits", dimension=dimension, grain=grain))
    cells = pd.concat(parts, ignore_index=True)
    return cells.assign(period=label_periods(cells))


def label_periods(cells: pd.DataFrame) -> list[str]:
    """Names of periods as the warehouse gives them."""
    def label(grain: str, start: date | None) -> str:
        if start is None or pd.isna(start):
            return "all"
        match grain:
            case "week":
                year, week, _ = start.isocalendar()
                return f"{year}-W{week:02}"
            case "month":
                return f"{start:%Y-%m}"
            case "quarter":
                return f"{start.year}-Q{(start.month + 2) // 3}"
            case "year":
                return f"{start.year}"
        return start.isoformat()
    return [label(*row) for row in zip(cells["grain"], cells["period_start"], strict=True)]


def places(cells: pd.DataFrame) -> dict[Cell, int]:
    """Cell -> its people."""
    return {Cell(row.grain, None if pd.isna(row.period_start) else row.period_start,
                 row.dimension, row.dimension_value): row.persons_count
            for row in cells.itertuples()}


@pytest.mark.parametrize("seed", range(25))
def test_no_hidden_cell_of_a_random_world_is_recovered(hide: Hide, seed: int) -> None:
    cells = random_cells(seed)
    persons, hidden = places(cells), hide(cells)
    assert {cell for cell, count in persons.items() if count < MINIMUM} <= hidden
    assert recovered_cells({cell: cell in hidden for cell in {*persons, *hidden}}) == set()


def test_the_attack_recovers_cells_where_only_small_ones_are_hidden() -> None:
    recovered = [len(recovered_cells({cell: count < MINIMUM for cell, count
                                      in places(random_cells(seed)).items()}))
                 for seed in range(25)]
    assert sum(count > 0 for count in recovered) >= 20


def test_the_attack_combines_totals() -> None:
    """Of three hidden days two are one week's: the month less the week is the third."""
    day = [Cell("day", date(2026, 4, number), "all", "all") for number in (6, 7, 14)]
    cells = {Cell("month", date(2026, 4, 1), "all", "all"): False,
             Cell("week", date(2026, 4, 6), "all", "all"): False, **dict.fromkeys(day, True)}
    assert recovered_cells(cells) == {day[2]}


def test_no_hidden_cell_of_the_demo_is_recovered(demo: Company) -> None:
    cells: dict[str, dict[Cell, bool]] = {}
    for kpi, *place, is_hidden in demo.read(
            "select kpi_id, grain, period_start, dimension, dimension_value, is_suppressed "
            "from reporting.kpi_values"):
        cells.setdefault(kpi, {})[Cell(*place)] = is_hidden
    assert {kpi: found for kpi in cells if (found := recovered_cells(cells[kpi]))} == {}
    assert sum(recovered_without_partners(demo.home / "warehouse.duckdb").values()) > 100


def recovered_without_partners(warehouse: Path) -> dict[str, int]:
    """KPI -> cells that would be recovered, were only the small ones hidden."""
    cells: dict[str, dict[Cell, bool]] = {}
    with closing(duckdb.connect(str(warehouse), read_only=True)) as con:
        rows: list[tuple[Any, ...]] = con.execute(
            "select kpi_id, grain, period_start, dimension, dimension_value, persons_count "
            "from intermediate.int_kpi_values_unioned").fetchall()
    for kpi, *place, persons in rows:
        cells.setdefault(kpi, {})[Cell(*place)] = persons < MINIMUM
    return {kpi: len(recovered_cells(places)) for kpi, places in cells.items()}


def test_most_months_of_enough_people_stay_shown(demo: Company) -> None:
    """Partners of small cells must not eat up the reports; accounts are nearly all small."""
    with closing(duckdb.connect(str(demo.home / "warehouse.duckdb"), read_only=True)) as con:
        ((cells, shown),) = con.execute(f"""
            select count(*), avg(case when is_suppressed then 0 else 1 end)
            from reporting.kpi_values
            inner join intermediate.int_kpi_values_unioned
                using (kpi_id, grain, period, dimension, dimension_value)
            where grain = 'month' and persons_count >= {MINIMUM} and dimension <> 'account'
            """).fetchall()
    assert cells > 100
    assert shown > 0.5
