"""Commands about activation: hand out lists of actions, and see what was handed out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from orchestration.activation import (
    FORMATS,
    LANGUAGES,
    LAYOUTS,
    collect_actions,
    list_exports,
    write_list,
)
from orchestration.cli_options import home_option, set_environment, told_clearly
from orchestration.explain import built_warehouse
from orchestration.run_lock import run_lock
from orchestration.settings import read_settings

KINDS = ("recover", "service", "replenish", "cross_sell", "thank_or_refer", "remind",
         "invite_to_loyalty")


@click.group()
def activate() -> None:
    """Hand out lists of next best actions to mailing, dialling and CRM tools.

    Only customers who consented to the channel are on a list, none of the random holdout, and
    nobody that decisions/suppressions.csv closes. Each list is logged in state/exports.parquet and
    counts as a contact from the next run on.

    \b
    cx360 activate list email --by "A. Beispiel" --output newsletter.csv
    cx360 activate list phone --kind recover --most 50 --by "A. Beispiel" --output calls.csv
    cx360 activate list email --count
    cx360 activate log
    """


@activate.command("list")
@click.argument("channel", type=click.Choice(tuple(LAYOUTS)))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path),
              help="File to write, with personal data; not inside a shared folder.")
@click.option("--by", help="Who hands it out; goes into the log.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS),
              help="Only this kind of action; may be given several times.")
@click.option("--format", "file_format", type=click.Choice(FORMATS),
              help="Default: by the ending of the file, else csv.")
@click.option("--language", type=click.Choice(LANGUAGES), default="de", show_default=True,
              help="Of reason and evidence.")
@click.option("--most", type=click.IntRange(1), help="At most so many, the most valuable ones.")
@click.option("--count", is_flag=True, help="Only say how many there are; writes and logs nothing.")
@home_option
@told_clearly
def list_actions(channel: str, output: Path | None, by: str | None, kinds: tuple[str, ...],
                 file_format: str | None, language: str, most: int | None, count: bool,
                 home: Path | None) -> None:
    """Write the actions of a CHANNEL, one row per customer, the most valuable first.

    \b
    email  Email Address, First Name, Last Name, Company, Tags, …
    sms    Phone Number, First Name, Last Name, Company, …
    phone  the same, for a call list
    post   Title, First Name, Last Name, Company, Address, Postal Code, City, Country, …
    Every list has customer, language, action, product, reason, evidence, expected value, tone and
    best time. CSV is UTF-8 with commas and a header.
    """
    if not count and not (output and by):
        raise click.UsageError("say where to write it and who hands it out: --output and --by; "
                               "or only --count")
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    with run_lock(settings.home, click.echo):
        with built_warehouse(settings, "next best actions") as con:
            collected = collect_actions(settings, con, channel, kinds=kinds, language=language,
                                        most=most)
        click.echo(f"{len(collected.rows):,} customers on the channel {channel}; left out: "
                   + ", ".join(f"{n:,} {why}" for why, n in collected.left_out.items()))
        if count or output is None or by is None:
            return
        if collected.rows.empty:
            click.echo("Nothing to hand out; no file was written.")
            return
        chosen = file_format or ("parquet" if output.suffix == ".parquet" else "csv")
        export_id = write_list(settings, collected, output, chosen, by=by,
                               at=datetime.now(UTC).replace(tzinfo=None))
    click.echo(f"{output}: export {export_id}, logged in state/exports.parquet")


@activate.command()
@home_option
@told_clearly
def log(home: Path | None) -> None:
    """Show what was handed out, the newest first; without the customers."""
    set_environment(CX360_HOME=home and home.resolve())
    exports = list_exports(read_settings())
    if exports.empty:
        click.echo("Nothing was handed out yet.")
    for row in exports.itertuples():
        click.echo(f"{row.exported_at:%Y-%m-%d %H:%M}  {row.channel:<6} {row.actions:>7,} actions "
                   f"as of {row.as_of_date:%Y-%m-%d}  {row.file_name}  by {row.exported_by}  "
                   f"{row.export_id}")
