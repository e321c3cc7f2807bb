"""Commands about who is who: review pairs, decide, fit the match model."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from orchestration.cli_options import home_option, reveal_option, set_environment, told_clearly
from orchestration.decisions import (
    WORDS,
    append_decision,
    decisions_file,
    find_waiting,
    read_decisions,
)
from orchestration.explain import built_warehouse
from orchestration.identity_review import describe_model, list_review
from orchestration.run_lock import run_lock
from orchestration.settings import read_settings


@click.group()
def identity() -> None:
    """Review doubtful pairs of records, decide about them, fit the match model.

    A decision is a row of decisions/identity.csv in the company's folder, and outranks every rule
    and every score from the next run on. To take one back, delete its row (the file belongs into
    the company's version control) and run again: everything is as it was before.
    """


@identity.command()
@home_option
@told_clearly
def train(home: Path | None) -> None:
    """Fit the match model to today's records.

    It is recorded, and used from the next run on. The first run fits one by itself; fit anew when
    a source was added or the data has changed in kind. Customers whose records stay together keep
    their ids.
    """
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    from orchestration.identity_step import train_match_model

    with run_lock(settings.home, click.echo):
        with built_warehouse(settings):
            pass
        recorded = train_match_model(settings, progress=click.echo)
    click.echo(f"recorded    {recorded.path}")
    for line in describe_model(recorded.model):
        click.echo(line)


@identity.command()
@click.option("--top", default=20, show_default=True, type=click.IntRange(1),
              help="Most pairs shown.")
@reveal_option
@home_option
@told_clearly
def review(top: int, reveal: bool, home: Path | None) -> None:
    """List the pairs a person should look at.

    The most valuable first, each with the row to paste for a decision.
    """
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    decisions = read_decisions(settings)
    with run_lock(settings.home, click.echo), built_warehouse(settings) as con:
        for line in list_review(con, decisions=decisions, top=top, today=date.today(),
                                reveal=reveal):
            click.echo(line)
        waiting = find_waiting(con, decisions)
    if waiting:
        click.echo(f"\nDecisions that wait for a record: row {', '.join(map(str, waiting))}")
    click.echo(f"\nPaste a row into {decisions_file(settings)} (same or different), or write "
               "`cx360 identity decide same LEFT RIGHT --by WHO --reason WHY`.")


@identity.command()
@click.argument("decision", type=click.Choice(WORDS))
@click.argument("left")
@click.argument("right")
@click.option("--by", required=True, help="Who decided.")
@click.option("--reason", required=True, help="Why; without personal data.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="When; default: today.")
@home_option
@told_clearly
def decide(decision: str, left: str, right: str, by: str, reason: str, on: Any,
           home: Path | None) -> None:
    """Say that two records are one person or two.

    LEFT and RIGHT are record keys or source/reference as in crm/10023. The newest decision about
    a pair counts. To take one back, delete its row from decisions/identity.csv.
    """
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    with run_lock(settings.home, click.echo):
        row = append_decision(settings, decision, left, right, by=by, reason=reason,
                              on=on.date() if on else date.today())
        click.echo(f"Row {row} of {decisions_file(settings)}; `cx360 run` applies it.")
        if settings.warehouse_path.exists():
            with built_warehouse(settings) as con:
                if row in find_waiting(con, read_decisions(settings)):
                    click.echo("It waits: no record of that name has been loaded yet.", err=True)
