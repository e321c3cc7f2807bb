"""Fetches the tables that sources give over a connection; one that fails harms no other."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingestion.declaration import SourceDeclaration, TableDeclaration
from ingestion.fetching.fetcher import Fetched, Fetcher, FetchError, Secrets, Task
from ingestion.fetching.kinds import open_fetcher
from ingestion.fetching.landing import LandedFile, Landing
from ingestion.planning import Problem
from ingestion.raw_zone import RawZone


class UnknownSource(ValueError):
    """A source that is to be fetched is not declared, or has no connection."""


@dataclass
class FetchReport:
    """What one call brought, and what it could not fetch."""

    landed: list[LandedFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def connected(
    declarations: Iterable[SourceDeclaration], only: Sequence[str] = (),
) -> tuple[SourceDeclaration, ...]:
    """Sources with a connection, or those of them that are named.

    Raises:
        UnknownSource: there is none of that name.
    """
    found = {source.source: source for source in declarations if source.connection}
    unknown = sorted(set(only) - set(found))
    if unknown:
        raise UnknownSource(f"no source {', '.join(unknown)} with a `connection`; there "
                            + (f"is {', '.join(found)}" if found else "is none at all"))
    return tuple(source for name, source in found.items() if not only or name in only)


def fetch_sources(
    declarations: Iterable[SourceDeclaration], zone: RawZone, secrets: Secrets, *,
    only: Sequence[str] = (), anew: bool = False, now: datetime | None = None,
    progress: Callable[[str], None] = lambda message: None,
    opened: Callable[[SourceDeclaration, Secrets], Fetcher] = open_fetcher,
    most: int | None = None,
) -> FetchReport:
    """Fetch what is new in every source with a connection.

    Args:
        declarations: the company's sources.
        zone: raw zone whose landing folder gets the files; `load_extracts` reads them from there.
        secrets: environment variables.
        only: names of sources, else all of them.
        anew: from the start, and not from where the last fetch ended.
        now: the moment this fetch counts as.
        progress: called with a sentence for each table.
        opened: opens a source.
        most: about so many rows of each table only, for a look; the zone is then of no use for
            fetches to come.

    Returns:
        The files that count now, and a problem for each table that could not be fetched, which is
        also kept in the ledger until it can.

    Raises:
        UnknownSource: `only` names none.
    """
    sources = connected(declarations, only)
    report = FetchReport()
    if not sources:
        return report
    landing = Landing(zone.path)
    landing.prepare()
    now = now or datetime.now(UTC)
    without = _useless(zone, anew=anew)
    for source in sources:
        tables = [table for table in source.tables if table.is_fetched]
        try:
            fetcher = opened(source, secrets)
        except Exception as error:
            for table in tables:
                _keep(error, landing, source, table, report)
            continue
        with closing(fetcher):
            for table in tables:
                progress(f"{source.source}: fetching {table.label}")
                try:
                    _fetch_table(
                        fetcher, landing, source, table, now, anew, report, most, without)
                except Exception as error:
                    _keep(error, landing, source, table, report)
    shutil.rmtree(landing.incoming, ignore_errors=True)
    return report


def _fetch_table(
    fetcher: Fetcher, landing: Landing, source: SourceDeclaration, table: TableDeclaration,
    now: datetime, anew: bool, report: FetchReport, most: int | None, without: set[str],
) -> None:
    state = landing.state(source.source, table.label)
    declared = _asked_for(table)
    since = None if anew or declared != state.declared else state.position
    folder = landing.incoming / source.source / table.label
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    landed = landing.paths(source.source, table.label, without)
    task = Task(source, table, since, landed, folder, now,
                lambda label: landing.paths(source.source, label), most)
    waiting: list[Fetched] = []
    for item in fetcher.fetch(task):
        if isinstance(item, Fetched):
            waiting.append(item)
            continue
        report.landed += landing.add(source.source, table.label, waiting, item, declared, now)
        waiting = []
    if waiting:
        raise RuntimeError("a fetcher ended without a position")


def _useless(zone: RawZone, *, anew: bool) -> set[str]:
    """Landed files that make none of today's rows: the same rows may land again beside them.

    Those of loads in quarantine and, where everything is fetched anew, of withdrawn ones.
    """
    states = {"quarantined", "withdrawn"} if anew else {"quarantined"}
    return {load.file for load in zone.loads()
            if load.state in states and not load.replays_load_id}


def _asked_for(table: TableDeclaration) -> str:
    """What decides which rows a position stands for; another question begins from the start."""
    asked = {"table": table.table, "query": table.query, "cursor": table.cursor}
    if table.request:  # how fast and in which pages makes no other rows
        asked["request"] = table.request.model_dump_json(
            exclude={"paging", "throttled", "requests_per_minute"})
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:12]


def _keep(
    error: Exception, landing: Landing, source: SourceDeclaration, table: TableDeclaration,
    report: FetchReport,
) -> None:
    """Drivers put addresses with passwords and rows into their messages: only the class is told."""
    said = str(error) if isinstance(error, FetchError) else (
        f"could not be fetched ({type(error).__name__}); what was fetched before stays in use")
    message = f"{source.source} {table.label}: {said}"
    landing.fail(source.source, table.label, message)
    report.problems.append(Problem(source.source, table.label, f"{source.source}.yml", message))
