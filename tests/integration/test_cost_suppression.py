"""Nobody can compute a hidden cost: department, reason and kind divide the same costs of a month.

A reader knows which combinations of the three there are at all. Each shown cell is the sum of those
it holds; a hidden one follows where its own sum is a combination of the shown ones, by their rank.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import duckdb
import jinja2
import numpy as np
import pandas as pd
import pytest
from company import Company

from orchestration.settings import DBT_PROJECT

DIMENSIONS = ["department", "reason", "cost_kind"]
# Figure -> of which costs it can be told.
FIGURES = {"contacts_count": "is_contact", "handling_minutes": "handling_minutes is not null",
           "cost_amount": "true", "poor_quality_amount": "is_poor_quality"}
COUNTED = " union all ".join(
    f"select date_trunc('month', cost_date)::date as period_start, '{dimension}' as dimension, "
    f"{value} as dimension_value, count(distinct person_key) as customers_count "
    f"from costs group by all"
    for dimension, value in [("all", "'all'"), *((name, name) for name in DIMENSIONS)])
# What hid cells before: the small ones and the next smallest of their month and dimension.
ALONE = """
    select *, customers_count < 5 or (min(customers_count) over months < 5
        and row_number() over (months order by customers_count, dimension_value) <= 2)
        as is_suppressed
    from ({cells}) window months as (partition by period_start, dimension)"""


def given_away(costs: pd.DataFrame, cells: pd.DataFrame) -> set[tuple[object, ...]]:
    """Small cells (figure, month, dimension, value) that the shown ones tell.

    Args:
        costs: one row per cost, with what there is to tell of it as `FIGURES`.
        cells: every cell with its people and whether it is hidden.
    """
    told = set()
    for figure in FIGURES:
        combinations = costs[costs[figure]][DIMENSIONS].drop_duplicates()
        for month, of_month in cells.groupby("period_start"):
            values = {name: set(of_month[of_month["dimension"] == name]["dimension_value"])
                      for name in DIMENSIONS}
            parts = combinations[np.logical_and.reduce(
                [combinations[name].isin(values[name]) for name in DIMENSIONS])]
            sums = np.array([
                np.ones(len(parts)) if dimension == "all" else parts[dimension] == value
                for dimension, value in zip(of_month["dimension"], of_month["dimension_value"],
                                            strict=True)], dtype=float)
            shown = sums[~of_month["is_suppressed"].to_numpy(bool)]
            rank = np.linalg.matrix_rank(shown) if shown.size else 0
            for row, cell in zip(sums, of_month.itertuples(), strict=True):
                if (cell.customers_count < 5 and row.any()
                        and np.linalg.matrix_rank(np.vstack([shown, row])) == rank):
                    told.add((figure, month, cell.dimension, cell.dimension_value))
    return told


def count_needed(costs: pd.DataFrame, cells: pd.DataFrame) -> int:
    """Hidden cells that are left when every one that can be shown is, the largest first."""
    cells = cells.copy()
    large = cells[cells["is_suppressed"] & (cells["customers_count"] >= 5)]
    for row in large.sort_values("customers_count", ascending=False).index:
        cells.loc[row, "is_suppressed"] = False
        cells.loc[row, "is_suppressed"] = bool(given_away(costs, cells))
    return int(cells["is_suppressed"].sum())


def told_of(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Combinations of the table costs with what can be told of each."""
    flags = ", ".join(f"bool_or({condition}) as {figure}" for figure, condition in FIGURES.items())
    return con.execute(f"select {', '.join(DIMENSIONS)}, {flags} from costs "
                       "group by all").df()


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as connection:
        yield connection


def hide(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The cells as the model hides them."""
    macros = (DBT_PROJECT / "macros" / "small_cells.sql").read_text(encoding="utf-8")
    model = (DBT_PROJECT / "models" / "intermediate" / "service"
             / "int_service_cost_cells_hidden.sql").read_text(encoding="utf-8")
    query = jinja2.Environment(autoescape=False).from_string(macros + model).render(
        ref={"int_service_costs_unioned": "costs",
             "int_service_cost_cells_counted": "counted"}.__getitem__,
        var={"small_cell_minimum": 5}.__getitem__)
    con.execute(f"create or replace table counted as select *, 0 as contacts_count, "
                f"0 as handling_minutes, 0 as cost_amount, 0 as poor_quality_amount "
                f"from ({COUNTED})")
    return con.execute(query).df()


@pytest.mark.parametrize("seed", range(12))
def test_no_random_company_gives_a_small_cell_away(
    con: duckdb.DuckDBPyConnection, seed: int,
) -> None:
    """Companies of 2 to 6 departments in which some combinations are frequent and most are not."""
    rng = np.random.default_rng(seed)
    departments, reasons = int(rng.integers(2, 6)), int(rng.integers(3, 12))
    kinds = ["first_contact", "complaint", "recontact", "double_entry", "return", "lost_margin"]
    combinations = pd.DataFrame([
        (f"d{(reason + int(rng.random() < 0.2)) % departments}", f"r{reason}", kind)
        for reason in range(reasons) for kind in kinds if rng.random() < 0.5], columns=DIMENSIONS)
    drawn = pd.DataFrame([
        (*combination, f"2026-{month:02}-01", f"person{rng.integers(200)}")
        for combination in combinations.itertuples(index=False) for month in range(1, 7)
        for _ in range(int(rng.poisson(rng.gamma(0.5, 12))))
    ], columns=[*DIMENSIONS, "cost_date", "person_key"])
    con.execute("""
        create table costs as
        select * replace (cost_date::date as cost_date),
            cost_kind in ('first_contact', 'complaint', 'recontact') as is_contact,
            cost_kind <> 'first_contact' as is_poor_quality,
            case when cost_kind not in ('return', 'lost_margin') then 1.0 end as handling_minutes
        from drawn""")
    assert len(drawn)
    hidden = hide(con)
    assert not given_away(told_of(con), hidden)
    # Not by hiding everything, and what hid before did give cells away.
    assert (~hidden["is_suppressed"]).mean() > 0.2
    assert given_away(told_of(con), con.execute(ALONE.format(cells=COUNTED)).df())


def test_the_demo_company_gives_no_small_cell_away(demo: Company) -> None:
    with closing(duckdb.connect(str(demo.home / "warehouse.duckdb"), read_only=True)) as con:
        con.execute("create temp view costs as select * from "
                    "intermediate.int_service_costs_unioned where cost_date is not null")
        cells = con.execute(
            f"select counted.*, is_suppressed from ({COUNTED}) as counted "
            "join reporting.service_costs_by_month "
            "using (period_start, dimension, dimension_value)").df()
        assert not given_away(told_of(con), cells)
        assert given_away(told_of(con), con.execute(ALONE.format(cells=COUNTED)).df())
        needed = count_needed(told_of(con), cells)
        assert 0 < needed <= cells["is_suppressed"].sum() <= 1.25 * needed
