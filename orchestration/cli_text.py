"""Commands about what customers say: look at a text, correct it, train models anew."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from orchestration.cli_options import home_option, set_environment, told_clearly
from orchestration.explain import built_warehouse
from orchestration.run_lock import run_lock
from orchestration.settings import read_settings
from orchestration.text_decisions import (
    FIELDS,
    VALUES,
    append_text_decision,
    is_text_key,
    text_decisions_file,
)
from orchestration.text_show import describe_text


@click.group()
def text() -> None:
    """Look at what was concluded about texts, correct it, train the models anew.

    A correction is a row of decisions/text.csv in the company's folder; it outranks every model
    from the next run on, and models learn from it. To take one back, delete its row and run again.
    """


@text.command()
@click.argument("text_name", metavar="TEXT")
@home_option
@told_clearly
def show(text_name: str, home: Path | None) -> None:
    """Print what was concluded about a text, with personal data masked.

    TEXT is its text_key, or source/reference of the feedback as in survey/10023.
    """
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    with run_lock(settings.home, click.echo):
        for line in describe_text(settings, text_name):
            click.echo(line)


@text.command()
@home_option
@told_clearly
def train(home: Path | None) -> None:
    """Train the text models on today's labels and record them.

    Labels are the company's own: the score beside a text, the department and reason of a case, and
    corrections. A model is used from the next run on where it is better than what there is.
    """
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    from orchestration.text_step import train_models

    with run_lock(settings.home, click.echo):
        with built_warehouse(settings):
            pass
        models = train_models(settings, progress=click.echo)
    for line in models.as_lines():
        click.echo(line)


@text.command()
@click.argument("text_name", metavar="TEXT")
@click.option("--sentiment", type=click.Choice(VALUES["sentiment"]), help="How it judges.")
@click.option("--topic", help="All its topics, with | between; none: it has none.")
@click.option("--department", help="Who answers it.")
@click.option("--intent", type=click.Choice(VALUES["intent"]), help="What its author wants.")
@click.option("--urgency", type=click.Choice(VALUES["urgency"]), help="How soon.")
@click.option("--by", required=True, help="Who decided.")
@click.option("--reason", required=True, help="Why; without personal data.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="When; default: today.")
@home_option
@told_clearly
def correct(text_name: str, by: str, reason: str, on: Any, home: Path | None,
            **given: str | None) -> None:
    """Say what is true of a text.

    TEXT is source/reference of the feedback as in survey/10023, or its text_key; by that it holds
    only while the text stays as it is, and a case's changes with its next message. The newest
    correction of a field of a text counts.
    """
    corrections = {field: value for field in FIELDS if (value := given[field]) is not None}
    if not corrections:
        raise click.UsageError("say what is true: " + ", ".join(f"--{field}" for field in FIELDS))
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    with run_lock(settings.home, click.echo):
        row = append_text_decision(settings, text_name, corrections, by=by, reason=reason,
                                   on=on.date() if on else date.today())
    first = row - len(corrections) + 1
    rows = f"Row {row}" if first == row else f"Rows {first} to {row}"
    click.echo(f"{rows} of {text_decisions_file(settings)}; `cx360 run` applies "
               f"{'it' if first == row else 'them'}.")
    if is_text_key(text_name):
        click.echo("A text_key holds only while the text stays as it is, and that of a case "
                   "changes with its next message: better name it by source/reference, as in "
                   "survey/10023.")
