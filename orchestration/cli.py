"""The command line: run the whole flow, write the demo company, look at the state, open the UI.

Dagster is imported only by the commands that need it, because that takes seconds.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from ingestion.arrival import judge_arrivals
from ingestion.declaration import read_declarations
from ingestion.fetching.landing import Landing
from ingestion.raw_zone import RawZone
from ingestion.schema_history import read_history
from orchestration.alert_messages import send_alerts
from orchestration.audit import STAGES, Audit
from orchestration.cli_activate import activate
from orchestration.cli_alerts import alerts
from orchestration.cli_backfill import backfill
from orchestration.cli_explain import explain
from orchestration.cli_identity import identity
from orchestration.cli_options import home_option, set_environment, told_clearly
from orchestration.cli_rejects import rejects
from orchestration.cli_sources import check_source, inspect
from orchestration.cli_text import text
from orchestration.doctor import examine
from orchestration.fetch_step import fetch_connected, needs_extracts
from orchestration.fingerprint import as_of_date
from orchestration.loads import (
    explain_load,
    find_load,
    list_loads,
    replay_load,
    withdraw_load,
)
from orchestration.publisher import current_snapshot
from orchestration.run_lock import run_lock
from orchestration.schemas import list_changes, list_columns
from orchestration.settings import Settings, SettingsError, read_settings, remember_sources
from orchestration.unchanged import find_unchanged

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="cx360", prog_name="cx360")
def main() -> None:
    """cx360: one checked customer 360 from scattered extracts.

    \b
    cx360 demo          write the extracts of the demo company
    cx360 run           extracts -> raw zone -> customer 360 -> published snapshot
    cx360 inspect       propose a declaration for an extract
    cx360 check-source  what a declaration would load and reject; loads nothing
    cx360 fetch         ask databases and APIs for what is new, without a run
    cx360 status        what has been loaded, checked and published
    cx360 loads         list loads; show, replay or withdraw one
    cx360 backfill      load only the extracts of a range of dates
    cx360 rejects       rejected rows by reason; replay them with a corrected declaration
    cx360 schema        which columns the sources deliver, and how they changed
    cx360 explain       who a customer is and why; what a value of a KPI rests on
    cx360 identity      review doubtful pairs, decide about them, fit the match model anew
    cx360 text          what was concluded about a text; correct it; train the models anew
    cx360 alerts        what has changed beyond chance; take an alert on
    cx360 activate      hand out lists of next best actions, and see what was handed out
    cx360 doctor        check installation, settings, folders, and say what to do
    cx360 dev           the Dagster UI on 127.0.0.1
    cx360 docs          the documentation of the models with their lineage
    """


@main.command()
@click.option("--sources", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder of source declarations (CX360_SOURCES).")
@click.option("--extracts", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder of the extracts (CX360_EXTRACTS).")
@home_option
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]),
              help="Date the run looks back from; default: latest business date.")
@click.option("--strict", is_flag=True,
              help="Stop when a load is quarantined or an extract cannot be read.")
@click.option("--force", is_flag=True, help="Run even if nothing is new.")
@click.option("--no-fetch", is_flag=True,
              help="Ask no database or API; take what was fetched before (CX360_FETCH=false).")
@told_clearly
def run(sources: Path | None, extracts: Path | None, home: Path | None, as_of: Any, strict: bool,
        force: bool, no_fetch: bool) -> None:
    """Run the whole flow: from the extracts to a published snapshot.

    Without options it runs the company's own sources in company/sources, else the demo company.
    """
    set_environment(CX360_SOURCES=sources and sources.resolve(), CX360_EXTRACTS=extracts and
         extracts.resolve(), CX360_HOME=home and home.resolve(),
         CX360_AS_OF=as_of and as_of.date().isoformat(), CX360_STRICT="true" if strict else None,
         CX360_FETCH="false" if no_fetch else None)
    settings = read_settings()
    if needs_extracts(settings) and not settings.extracts.is_dir():
        hint = ("write them with `cx360 demo`" if settings.is_demo
                else "name their folder with --extracts")
        raise SettingsError(f"{settings.extracts}: no extracts there; {hint}")
    remember_sources(settings)
    if not force:
        with run_lock(settings.home, click.echo):
            if settings.fetch:  # nothing else tells whether a database or an API has anything new
                fetch_connected(settings, click.echo)
                set_environment(CX360_FETCH="false")
            snapshot, problems = find_unchanged(settings)
            sent = send_alerts(settings, snapshot.as_of) if snapshot else None
        if snapshot and sent:
            for problem in problems:
                click.echo(f"{problem.source_system}: {problem.message}", err=True)
            for load in RawZone(settings.raw_path).loads():
                if load.state == "quarantined":
                    click.echo(f"{load.source_system}: {load.file} is in quarantine: "
                               f"{load.reason}", err=True)
            for unsent in sent.problems:
                click.echo(unsent, err=True)
            click.echo(f"Nothing new: snapshot {snapshot.name} is current. --force runs anyway.")
            return
    from orchestration.run import run_flow

    sys.exit(0 if run_flow(settings) else 1)


@main.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--anew", is_flag=True,
              help="From the start, not from where the last fetch ended.")
@click.option("--sources", "folder",
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder of source declarations (CX360_SOURCES).")
@home_option
@told_clearly
def fetch(sources: tuple[str, ...], anew: bool, folder: Path | None, home: Path | None) -> None:
    """Ask databases and APIs for what is new; the next run loads it.

    Without a SOURCE all sources with a connection are asked. A run does this by itself first.
    """
    set_environment(CX360_SOURCES=folder and folder.resolve(), CX360_HOME=home and home.resolve())
    settings = read_settings()
    remember_sources(settings)
    with run_lock(settings.home, click.echo):
        problems = fetch_connected(settings, click.echo, only=sources, anew=anew).problems
    for problem in problems:
        click.echo(problem.message, err=True)
    sys.exit(1 if problems else 0)


@main.command()
@click.option("--customers", default=3000, show_default=True, type=click.IntRange(50),
              help="Number of persons.")
@click.option("--months", default=24, show_default=True, type=click.IntRange(3, 60),
              help="Months of history.")
@click.option("--seed", default=7, show_default=True, help="Same seed, same files.")
@click.option("--end", default="2026-06-30", show_default=True,
              type=click.DateTime(["%Y-%m-%d"]), help="Last day of the history.")
@home_option
@told_clearly
def demo(customers: int, months: int, seed: int, end: Any, home: Path | None) -> None:
    """Write the extracts of the demo company, a German retailer with stores, web shop and app.

    The planted truth lies apart, for tests and benchmarks; nothing in the flow reads it.
    """
    set_environment(CX360_HOME=home and home.resolve())
    write_demo(read_settings(), customers, months, seed, end.date())


def write_demo(settings: Settings, customers: int, months: int, seed: int, end: date) -> None:
    """Write the demo's extracts unless the same ones are there already."""
    import json

    from ingestion.demo import generate
    from orchestration.fingerprint import code_version

    stamp = settings.demo_path / "parameters.json"
    parameters = json.dumps({
        "customers": customers, "months": months, "seed": seed, "end": end.isoformat(),
        "generator": code_version(("ingestion/demo",))})
    if stamp.exists() and stamp.read_text() == parameters:
        click.echo(f"Demo extracts are in {settings.demo_path / 'extracts'}")
        return
    if stamp.parent.exists():
        import shutil
        shutil.rmtree(stamp.parent)
    click.echo(f"Writing the demo company: {customers:,} persons, {months} months …")
    summary = generate(settings.demo_path / "extracts", customers=customers, months=months,
                       seed=seed, end=end, truth=settings.demo_path / "truth")
    stamp.write_text(parameters)
    for group in dict.fromkeys(name.split("/")[0] for name in summary.rows):
        rows = {name.split("/")[1]: count for name, count in summary.rows.items()
                if name.startswith(f"{group}/")}
        click.echo(f"  {group:<9} " + ", ".join(f"{n} {count:,}" for n, count in rows.items()))
    click.echo("Difficulty (planted, fixed): " + ", ".join(
        f"{name} {value}" for name, value in asdict(summary.difficulty).items()))


@main.command()
@home_option
@told_clearly
def status(home: Path | None) -> None:
    """Show what has been loaded, which stages passed, and what is published."""
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    loads = RawZone(settings.raw_path).loads()
    click.echo(f"home       {settings.home}")
    click.echo(f"sources    {settings.sources}")
    click.echo(f"extracts   {settings.extracts}")
    for state in ("admitted", "staged", "quarantined", "withdrawn", "superseded"):
        of_state = [load for load in loads if load.state == state]
        if of_state:
            rows = sum(load.rows_accepted for load in of_state)
            click.echo(f"{state:<10} {len(of_state):,} loads, {rows:,} rows")
    for load in loads:
        if load.state == "quarantined":
            click.echo(f"  quarantined {load.load_id} {load.file}: {load.reason}")
    for finding in judge_arrivals(
            read_declarations(settings.sources), loads, as_of_date(settings, loads),
            fetched_on=Landing(settings.raw_path).fetched_on()):
        click.echo(f"  arrival   {finding.sentence}")
    states = Audit(settings.state_path / "stages.json").states()
    click.echo("stages     " + ", ".join(f"{s} {states.get(s, 'not run yet')}" for s in STAGES))
    snapshot = current_snapshot(settings.published_path)
    click.echo(f"published  {snapshot.path if snapshot else 'nothing yet'}")


@main.group(invoke_without_command=True)
@click.option("--state", type=click.Choice(["staged", "admitted", "quarantined", "withdrawn",
                                            "superseded"]), help="Only loads in this state.")
@home_option
@click.pass_context
@told_clearly
def loads(context: click.Context, state: str | None, home: Path | None) -> None:
    """List loads; show, replay or withdraw one. An id may be shortened."""
    set_environment(CX360_HOME=home and home.resolve())
    if context.invoked_subcommand is None:
        for line in list_loads(load for load in RawZone(read_settings().raw_path).loads()
                               if state in (None, load.state)):
            click.echo(line)


@loads.command()
@click.argument("load_id")
@told_clearly
def show(load_id: str) -> None:
    """Explain a load: where it comes from, its counts, why rows or the load were refused."""
    zone = RawZone(read_settings().raw_path)
    for line in explain_load(zone, find_load(zone, load_id)):
        click.echo(line)


@loads.command()
@click.argument("load_id")
@told_clearly
def replay(load_id: str) -> None:
    """Have the next run read the extract of a load again and judge it anew."""
    settings = read_settings()
    with run_lock(settings.home, click.echo):
        zone = RawZone(settings.raw_path)
        click.echo(replay_load(settings, zone, find_load(zone, load_id)))


@loads.command()
@click.argument("load_id")
@click.option("--reason", required=True, help="Why; kept with the load.")
@told_clearly
def withdraw(load_id: str, reason: str) -> None:
    """Leave a load out from the next run on."""
    settings = read_settings()
    with run_lock(settings.home, click.echo):
        zone = RawZone(settings.raw_path)
        click.echo(withdraw_load(zone, find_load(zone, load_id), reason))


@main.command()
@click.argument("source", required=False)
@click.option("--changes", is_flag=True, help="Only what changed after a table's first extract.")
@home_option
@told_clearly
def schema(source: str | None, changes: bool, home: Path | None) -> None:
    """List the columns that each source delivers, and what the declarations make of them."""
    set_environment(CX360_HOME=home and home.resolve())
    history = [row for row in read_history(RawZone(read_settings().raw_path))
               if source in (None, row["source_system"])]
    for line in list_changes(history) if changes else list_columns(history):
        click.echo(line)


@main.command()
@home_option
def doctor(home: Path | None) -> None:
    """Check installation, settings, folders, disk and state, and say what to do."""
    set_environment(CX360_HOME=home and home.resolve())
    findings = list(examine())
    for finding in findings:
        click.echo(f"{'ok' if finding.is_well else '!!'}  {finding.subject:<20} {finding.found}")
        if not finding.is_well:
            click.echo(f"    {'':<20} -> {finding.remedy}")
    sys.exit(0 if all(finding.is_well for finding in findings) else 1)


@main.command()
@home_option
@click.option("--port", default=3000, show_default=True, help="Port of the UI.")
@told_clearly
def dev(home: Path | None, port: int) -> None:
    """Open the Dagster UI on 127.0.0.1, on the same home as `cx360 run`."""
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    from orchestration.run import prepare_instance

    prepare_instance(settings)
    click.echo(f"Dagster UI on http://127.0.0.1:{port} (home: {settings.home})")
    from orchestration.settings import PROJECT

    dagster = Path(sys.executable).parent / "dagster"
    os.chdir(settings.dagster_path)
    os.execv(dagster, [str(dagster), "dev", "-w", str(PROJECT / "workspace.yaml"),
                       "-h", "127.0.0.1", "-p", str(port)])


@main.command()
@home_option
@told_clearly
def docs(home: Path | None) -> None:
    """Write the documentation of the models with their lineage, one static page."""
    set_environment(CX360_HOME=home and home.resolve())
    settings = read_settings()
    from orchestration import dbt

    dbt.set_environment(settings)
    click.echo(dbt.generate_docs(settings, RawZone(settings.raw_path).loads()))


main.add_command(activate)
main.add_command(alerts)
main.add_command(backfill)
main.add_command(check_source)
main.add_command(explain)
main.add_command(identity)
main.add_command(inspect)
main.add_command(rejects)
main.add_command(text)


if __name__ == "__main__":
    main()
