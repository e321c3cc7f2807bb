"""The records that one request gives, page by page, each with the text that is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ingestion.fetching.fetcher import FetchError, Secrets, Task
from ingestion.rest.client import RestClient
from ingestion.rest.documents import Document, Record, look_up, with_fields
from ingestion.rest.instants import as_instant
from ingestion.rest.pages import Pages
from ingestion.rest.settings import Request
from ingestion.rest.texts import place_of


def records_of(
    client: RestClient, secrets: Secrets, task: Task, request: Request, values: dict[str, Any], *,
    known: datetime | None = None, fields: dict[str, Any] | None = None,
) -> Iterator[tuple[Record, str]]:
    """Records with the text that is kept of each.

    Args:
        client: sends the requests.
        secrets: environment variables.
        task: the table.
        request: what its declaration says.
        values: of the placeholders.
        known: where newest come first, records before this are known already.
        fields: what is added to each record.

    Raises:
        FetchError: the API refuses, fails for too long, or answers what cannot be used.
    """
    pages = Pages(
        client, request, values, secrets, known=known,
        instant_of=lambda record: instant_of(task, record),
        identity=lambda record: identity_of(task, record))
    for document, records in pages:
        sides = _sides(request, document)
        for record in records:
            yield record, with_fields(record, (fields or {}) | {
                name: side[str(look_up(record.value, request.join[name].by))]
                for name, side in sides.items()
                if str(look_up(record.value, request.join[name].by)) in side})


def key_of(task: Task) -> list[str]:
    """Fields of a record that are its key."""
    return [name for name in task.table.key if not name.startswith("=")]


def identity_of(task: Task, record: Record) -> Any:
    """What a record is known by: its key, else all that it says."""
    found = tuple(str(look_up(record.value, name)) for name in key_of(task))
    return found if found and set(found) != {"None"} else record.text


def instant_of(task: Task, record: Record) -> datetime | None:
    """A record's value of the cursor."""
    return as_instant(look_up(record.value, task.table.cursor)) if task.table.cursor else None


def _sides(request: Request, document: Document) -> dict[str, dict[str, dict[str, Any]]]:
    """For each join: what is added to a record, by the value that the record names it with."""
    sides: dict[str, dict[str, dict[str, Any]]] = {}
    for name, join in request.join.items():
        found = look_up(document.rest, join.found_at)
        if not isinstance(found, (list, dict, type(None))):
            raise FetchError(f"{place_of(request)}: no list of objects at {join.found_at}; "
                             f"correct `from` of join {name}")
        objects = (found.items() if isinstance(found, dict) else
                   [(look_up(one, join.key), one) for one in found or ()])
        sides[name] = {str(key): {field: look_up(one, field) for field in join.fields}
                       for key, one in objects if key is not None and isinstance(one, dict)}
    return sides
