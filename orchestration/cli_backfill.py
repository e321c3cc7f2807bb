"""The command that loads the extracts of a range of dates."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ingestion.raw_zone import RawZone
from orchestration.backfill import describe_backfill, run_backfill
from orchestration.cli_options import home_option, set_environment, told_clearly
from orchestration.run_lock import run_lock
from orchestration.settings import read_settings

_DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", type=_DATE, required=True, help="First date of the range.")
@click.option("--to", "last", type=_DATE, required=True, help="Last date of the range.")
@click.option("--source", default="", help="Only of this source.")
@click.option("--again", is_flag=True,
              help="Also read extracts anew whose content and declaration have not changed.")
@home_option
@told_clearly
def backfill(first: Any, last: Any, source: str, again: bool, home: Path | None) -> None:
    """Load only the extracts whose declared date (`extracted_on`) lies in a range.

    New extracts are loaded, those whose declaration changed are read anew under their old numbers.
    The next `cx360 run` builds with them, and loads what lies outside of the range.
    """
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    with run_lock(settings.home, click.echo):
        done = run_backfill(settings, first.date(), last.date(), source=source, again=again,
                            progress=click.echo)
        for line in describe_backfill(RawZone(settings.raw_path), done):
            click.echo(line)
    sys.exit(1 if done.report.problems else 0)
