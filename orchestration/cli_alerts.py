"""Commands about alerts: list the open ones, take one on, send again what was not sent."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from ingestion.raw_zone import RawZone
from orchestration.alert_decisions import alert_decisions_file, append_acknowledgement
from orchestration.alert_list import describe_alerts, list_alerts
from orchestration.alert_messages import send_alerts
from orchestration.cli_options import home_option, set_environment, told_clearly
from orchestration.explain import built_warehouse
from orchestration.fingerprint import as_of_date
from orchestration.run_lock import run_lock
from orchestration.settings import Settings, read_settings

NEEDED = "alerts"


@click.group(invoke_without_command=True)
@click.option("--all", "also_over", is_flag=True, help="Also those that are over.")
@click.option("--language", type=click.Choice(["de", "en"]), help="Default: alert_language.")
@home_option
@click.pass_context
@told_clearly
def alerts(context: click.Context, also_over: bool, language: str | None,
           home: Path | None) -> None:
    """List the alerts that are open, and what moved with them.

    An alert says that a daily series of a KPI or topic has changed beyond chance. Alerts that
    belong to one event stand under its leading one.

    \b
    cx360 alerts
    cx360 alerts --all --language en
    cx360 alerts acknowledge 1e7e8b4dc920 --by "A. Beispiel" --reason "Streik, Kunden informiert"
    cx360 alerts send
    """
    set_environment(CX360_HOME=home and home.resolve())
    if context.invoked_subcommand:
        return
    settings = read_settings()
    with run_lock(settings.home, click.echo), built_warehouse(settings, NEEDED) as con:
        found = list_alerts(con, language or settings.company.alert_language, also_over=also_over)
    for line in describe_alerts(found):
        click.echo(line)
    if not found:
        click.echo("No alerts." if also_over else "No open alerts; --all shows those that are "
                   "over.")


@alerts.command()
@click.argument("alert_id", metavar="ID")
@click.option("--by", required=True, help="Who takes it on.")
@click.option("--reason", required=True, help="Why, or what is done; without personal data.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="When; default: today.")
@home_option
@told_clearly
def acknowledge(alert_id: str, by: str, reason: str, on: Any, home: Path | None) -> None:
    """Take an alert on: it is no longer new, and the check open_alerts is satisfied.

    ID is one that `cx360 alerts` lists. The decision is a row of decisions/alerts.csv in the
    company's folder; to take it back, delete the row and run again.
    """
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    with run_lock(settings.home, click.echo):
        with built_warehouse(settings, NEEDED) as con:
            known = {alert.alert_id: alert.state
                     for alert in list_alerts(con, "en", also_over=True)}
        row = append_acknowledgement(settings, alert_id, known=known, by=by, reason=reason,
                                     on=on.date() if on else date.today())
    click.echo(f"Row {row} of {alert_decisions_file(settings)}; `cx360 run` applies it.")


@alerts.command()
@home_option
@told_clearly
def send(home: Path | None) -> None:
    """Send new alerts that have not been sent yet, to the webhook and the mail addresses set.

    `cx360 run` does it by itself; this is for after a failure. Settings: CX360_ALERT_WEBHOOK, or
    CX360_ALERT_MAIL_TO with CX360_ALERT_MAIL_FROM and CX360_SMTP_HOST (_USER, _PASSWORD).
    """
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    with run_lock(settings.home, click.echo):
        with built_warehouse(settings, NEEDED) as con:
            list_alerts(con, "en")
        sent = send_alerts(settings, _as_of(settings))
    for channel, count in sent.events.items():
        click.echo(f"{channel}: {count} sent")
    for problem in sent.problems:
        click.echo(problem, err=True)
    if not sent.events and not sent.problems:
        click.echo("Nowhere to send to: set CX360_ALERT_WEBHOOK or CX360_ALERT_MAIL_TO.")
    if sent.problems:
        raise SystemExit(1)


def _as_of(settings: Settings) -> date:
    return as_of_date(settings, RawZone(settings.raw_path).loads())
