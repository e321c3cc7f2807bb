"""Which fetcher serves which kind of connection. Drivers are imported when they are needed."""

from __future__ import annotations

from functools import partial

from ingestion.connections import DatabaseConnection
from ingestion.declaration import SourceDeclaration
from ingestion.fetching.database import Database
from ingestion.fetching.fetcher import Fetcher, FetchError, Secrets, secret
from ingestion.fetching.mysql import MySQL
from ingestion.fetching.postgresql import PostgreSQL
from ingestion.fetching.rows import DatabaseFetcher
from ingestion.rest.settings import RestConnection


def open_fetcher(source: SourceDeclaration, secrets: Secrets) -> Fetcher:
    """Open a source.

    Raises:
        FetchError: it cannot be reached, or its driver is not installed.
    """
    if isinstance(source.connection, RestConnection):
        from ingestion.rest.fetcher import RestFetcher

        return RestFetcher(source, secrets)
    if isinstance(source.connection, DatabaseConnection):
        return DatabaseFetcher(partial(_open_database, source.connection, secrets))
    raise FetchError("the source has no `connection`")


def _open_database(connection: DatabaseConnection, secrets: Secrets) -> Database:
    url = secret(secrets, connection.url_env)
    return (PostgreSQL(connection, url) if connection.kind == "postgresql"
            else MySQL(connection, url))
