"""Fetching as a step of its own: what `cx360 fetch` does, and a run first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingestion.declaration import read_declarations
from ingestion.fetching.fetch import FetchReport, fetch_sources
from ingestion.raw_zone import RawZone
from ingestion.readers.remote import is_remote
from orchestration.settings import Settings, read_secrets


def fetch_connected(
    settings: Settings, tell: Callable[[str], None], *, only: Sequence[str] = (),
    anew: bool = False,
) -> FetchReport:
    """Fetch the sources that have a connection and tell what came. Called under the run lock.

    Raises:
        DeclarationError: a declaration does not fit.
        UnknownSource: `only` names none.
    """
    report = fetch_sources(
        read_declarations(settings.sources), RawZone(settings.raw_path), read_secrets(),
        only=only, anew=anew, progress=tell)
    for file in report.landed:
        tell(f"  {file.source} {file.label}: {file.rows:,} rows in {file.name}")
    return report


def needs_extracts(settings: Settings) -> bool:
    """Whether a source reads files from the folder of extracts."""
    return any(table.files and not is_remote(table.files)
               for source in read_declarations(settings.sources) for table in source.tables)
