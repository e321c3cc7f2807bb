"""Which fetcher serves which kind of connection. Drivers are imported when they are needed."""

from __future__ import annotations

from ingestion.declaration import SourceDeclaration
from ingestion.fetching.fetcher import Fetcher, FetchError, Secrets
from ingestion.rest.settings import RestConnection


def open_fetcher(source: SourceDeclaration, secrets: Secrets) -> Fetcher:
    """Open a source.

    Raises:
        FetchError: it cannot be reached, or its driver is not installed.
    """
    if isinstance(source.connection, RestConnection):
        from ingestion.rest.fetcher import RestFetcher

        return RestFetcher(source, secrets)
    raise FetchError(f"nothing here fetches {source.connection and source.connection.kind}")
