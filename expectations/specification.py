"""What a suite needs to know about a table, as protocols.

`ingestion.contract.Entity` and `models_ml.tables.MlTable` fit them without being imported. Nothing
else about those classes may be assumed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class BoundedColumn(Protocol):
    """A column whose values may have bounds."""

    @property
    def name(self) -> str:
        """Name of the column."""

    @property
    def minimum(self) -> float | None:
        """Least value allowed."""

    @property
    def maximum(self) -> float | None:
        """Greatest value allowed."""


class RawColumn(BoundedColumn, Protocol):
    """A column of the input contract."""

    @property
    def required(self) -> bool:
        """Every row has a value."""

    @property
    def references(self) -> str | None:
        """Entity the column points to."""

    @property
    def key_name(self) -> str:
        """Column with the record key that the reference points to."""


class RawTable(Protocol):
    """A raw table."""

    @property
    def table(self) -> str:
        """Name of the table."""

    @property
    def columns(self) -> Sequence[RawColumn]:
        """Columns that sources fill; a version that tells of a deletion has no value in them."""

    @property
    def raw_columns(self) -> Sequence[RawColumn]:
        """All columns, those that ingestion adds included."""


class MlColumn(BoundedColumn, Protocol):
    """A column of an ML table."""

    @property
    def nullable(self) -> bool:
        """Rows without a value are allowed."""

    @property
    def values(self) -> Sequence[str]:
        """All values allowed, when the list is closed."""


class MlTable(Protocol):
    """An ML table."""

    @property
    def name(self) -> str:
        """Name of the table."""

    @property
    def key(self) -> Sequence[str]:
        """Columns that together are unique."""

    @property
    def columns(self) -> Sequence[MlColumn]:
        """All columns."""
