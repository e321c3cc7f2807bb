"""What databases share whose drivers follow Python's database API (PEP 249)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any

from ingestion.fetching.fetcher import FetchError


class DrivenDatabase(ABC):
    """An open connection of a driver; each kind's own SQL is added."""

    _connection: Any

    def end(self) -> None:
        """End the transaction."""
        self._execute("rollback")

    def value(self, sql: str) -> str | None:
        """The one value of a statement."""
        with self._cursor() as cursor:
            cursor.execute(sql)
            row = cursor.fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def close(self) -> None:
        """Close the connection, also one that is broken."""
        try:
            self._connection.close()
        except Exception:  # nothing more is asked of it
            return

    def _execute(self, *statements: str) -> None:
        """Execute the first statement that the server knows: those of one kind differ."""
        for number, sql in enumerate(statements, 1):
            try:
                with self._cursor() as cursor:
                    cursor.execute(sql)
                return
            except FetchError:
                if number == len(statements):
                    raise

    @abstractmethod
    def _cursor(self) -> AbstractContextManager[Any]:
        """A cursor whose errors are told by their number: their text may hold a row."""
