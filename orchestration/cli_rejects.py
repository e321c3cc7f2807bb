"""Commands about rejects: count them, look at those of a load, replay them."""

from __future__ import annotations

from pathlib import Path

import click

from ingestion.declaration import read_declarations
from ingestion.raw_zone import Load, RawZone
from ingestion.replaying import replay_rejects
from orchestration.cli_options import home_option, set_environment, told_clearly
from orchestration.loads import find_load
from orchestration.rejects import describe_replay, explain_rejects, list_rejects
from orchestration.run_lock import run_lock
from orchestration.settings import read_settings


@click.group(invoke_without_command=True)
@click.option("--source", default="", help="Only of this source.")
@home_option
@click.pass_context
@told_clearly
def rejects(context: click.Context, source: str, home: Path | None) -> None:
    """List rejected rows by reason; show those of a load; replay them.

    \b
    cx360 rejects
    cx360 rejects show 1f2e3d
    cx360 rejects replay --source crm

    A replay judges the stored records with the present declarations. What is accepted now becomes a
    load of its own; the rest stays, with its present reason. Lines that could not be split into
    columns can only be read again from their extract.
    """
    set_environment(CX360_HOME=home and home.resolve())
    if context.invoked_subcommand:
        return
    lines = list_rejects(RawZone(read_settings().raw_path), source)
    for line in lines or ["No rejected rows."]:
        click.echo(line)


@rejects.command()
@click.argument("load_id")
@home_option
@told_clearly
def show(load_id: str, home: Path | None) -> None:
    """Rejects of a load by reason, with the first rows, and what became of them."""
    set_environment(CX360_HOME=home and home.resolve())
    zone = RawZone(read_settings().raw_path)
    for line in explain_rejects(zone, find_load(zone, load_id)):
        click.echo(line)


@rejects.command()
@click.argument("load_id", required=False)
@click.option("--source", default="", help="Only of this source.")
@click.option("--table", default="", help="Only of this table of the declaration.")
@home_option
@told_clearly
def replay(load_id: str | None, source: str, table: str, home: Path | None) -> None:
    """Judge stored rejects with the present declarations: of one load, or of all that fit."""
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    with run_lock(settings.home, click.echo):
        zone = RawZone(settings.raw_path)
        only = find_load(zone, load_id) if load_id else None

        def is_chosen(load: Load) -> bool:
            return (only is None or load.load_id == only.load_id) and (
                source in ("", load.source_system)) and table in ("", load.label)

        done = replay_rejects(read_declarations(settings.sources), zone, is_chosen=is_chosen,
                              memory_limit=settings.memory_limit)
    for one in done:
        click.echo(describe_replay(settings, one))
    if not done:
        click.echo("Nothing to replay: no reject that the present declarations have not judged.")
    elif any(one.made for one in done):
        click.echo("The next `cx360 run` judges these loads and builds with them.")
