"""What a kind of source has to offer so that it can be fetched, and what it is told.

A fetcher writes files and says how far it has come. What does **not** belong here: which files
count (`landing.py`), and each kind's own way of asking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from ingestion.declaration import SourceDeclaration, TableDeclaration


class FetchError(ValueError):
    """A source could not be asked; the message names the remedy, and no secret and no value."""


@dataclass(frozen=True)
class Fetched:
    """A file that a fetcher has finished: Parquet or JSON Lines, in the task's folder.

    `part` says in one word what it holds if it is no ordinary rows, such as `deleted`.
    """

    path: Path
    rows: int
    part: str = ""


@dataclass(frozen=True)
class Position:
    """How far fetching has come, so that the next fetch can go on there.

    Yielded by a fetcher it makes every file yielded since the last one count, all of them together
    or, if the process dies, none.

    Attributes:
        cursor: as a person would read it; empty where there is none.
        state: whatever else the fetcher wants to be told the next time, as JSON; no secret.
    """

    cursor: str = ""
    state: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One table to be fetched.

    Attributes:
        source: the declaration it belongs to.
        table: what is asked for.
        since: the last position; None to begin from the start.
        landed: what earlier fetches brought and still counts, oldest first.
        folder: an empty folder for the files that are written now.
        now: the moment that this fetch counts as, in UTC.
        landed_of: what counts of another table of the source, by its label.
        most: for a look only: stop after about so many rows, at no position; None for all.
    """

    source: SourceDeclaration
    table: TableDeclaration
    since: Position | None
    landed: tuple[Path, ...]
    folder: Path
    now: datetime
    landed_of: Callable[[str], tuple[Path, ...]]
    most: int | None = None


class Fetcher(Protocol):
    """A source that is open. It is asked for one table after the other."""

    def fetch(self, task: Task) -> Iterator[Fetched | Position]:
        """Yield finished files and, at the latest as the last thing, the position reached.

        A first fetch that finds no rows may yield a file with a header only, later ones need not.

        Raises:
            FetchError: the source refuses or ends early. What it said until then with a position
                counts.
        """
        ...

    def close(self) -> None:
        """Let the source go."""
        ...


# Environment variables by name: the only place where secrets come from.
Secrets = Mapping[str, str]


def secret(secrets: Secrets, name: str) -> str:
    """The value of an environment variable.

    Raises:
        FetchError: it is not set.
    """
    value = secrets.get(name, "")
    if not value:
        raise FetchError(f"environment variable {name} is not set; set it, or write it into .env")
    return value
