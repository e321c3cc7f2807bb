"""What an ML table is, as data: columns, types, keys.

The tables themselves stand in `tables.py` and, for one part each, in `tables_<part>.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MlType = Literal["string", "integer", "double", "boolean", "timestamp", "date"]


@dataclass(frozen=True)
class MlColumn:
    """One column; `minimum`/`maximum` bound it, `values` lists all it may hold."""

    name: str
    type: MlType
    description: str
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class MlTable:
    """One ML table; `key` is unique, `description` begins with the grain."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[MlColumn, ...]


MODEL_NAME = MlColumn("model_name", "string", "Model that concluded it.")
MODEL_VERSION = MlColumn("model_version", "string", "Version of the model.")
