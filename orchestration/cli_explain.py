"""Commands that explain: who a customer is, and what a figure rests on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import click
import duckdb

from orchestration.cli_options import home_option, reveal_option, set_environment, told_clearly
from orchestration.decisions import read_decisions
from orchestration.explain import built_warehouse, explain_customer
from orchestration.explain_kpi import Asked, explain_kpi, read_built_project
from orchestration.run_lock import run_lock
from orchestration.settings import read_settings


@click.group()
def explain() -> None:
    """Explain how the warehouse came to a conclusion."""


@explain.command()
@click.argument("given", metavar="ID")
@reveal_option
@home_option
@told_clearly
def customer(given: str, reveal: bool, home: Path | None) -> None:
    """Who a customer is, and why.

    Its records, what ties them and what was cut, decisions, earlier ids and changes, household and
    accounts, and for each value of the golden record its source and date.

    ID is a customer id, an earlier one, a record key, or source/reference as in crm/10023.
    """
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    from orchestration.identity_step import explain_records

    def evidence(left: str, right: str) -> Sequence[tuple[str, str, float]]:
        # The store of compared records may be deleted, or an older version's: the next run fills
        # it, and all else can be told without it.
        try:
            return explain_records(settings, left, right)
        except (duckdb.CatalogException, duckdb.BinderException, ValueError):
            return ()

    decisions = read_decisions(settings)
    with run_lock(settings.home, click.echo), built_warehouse(settings) as con:
        for line in explain_customer(con, given, decisions=decisions, evidence=evidence,
                                     reveal=reveal):
            click.echo(line)


@explain.command()
@click.argument("name", metavar="KPI")
@click.option("--period", help="A day, week, month, quarter, year or all, such as 2026-03-14, "
              "2026-W11, 2026-03, 2026-Q1, 2026; default: the newest complete month.")
@click.option("--dimension", default="all", show_default=True, help="What to split by.")
@click.option("--value", default="all", show_default=True, help="Which part of the dimension.")
@click.option("--records", default=20, show_default=True, type=click.IntRange(0),
              help="Most keys of records shown.")
@click.option("--all-records", type=click.File("w", encoding="utf-8", lazy=True),
              help="CSV file to write the keys of all records to.")
@click.option("--reveal", is_flag=True, help="Show a suppressed value and its records.")
@home_option
@told_clearly
def kpi(name: str, period: str | None, dimension: str, value: str, records: int,
        all_records: TextIO | None, reveal: bool, home: Path | None) -> None:
    """What a value of a KPI means and rests on, computed again from its records.

    Definition, value with interval and target, data grade, the models that make it, the checks
    behind it, and the keys of its records. Ends with status 1 if the records give another value.

    KPI is its id or its English or German name, such as nps or Umsatz.
    """
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    with run_lock(settings.home, click.echo), built_warehouse(settings, "values of KPIs") as con:
        explained = explain_kpi(
            con, read_built_project(settings), Asked(name, period, dimension, value),
            shown=records, all_records=all_records, reveal=reveal)
    for line in explained.lines:
        click.echo(line)
    sys.exit(0 if explained.is_equal else 1)
