"""Which files an ML table is made of where it lies in parts: `ml/parts.json`.

Parts are never changed once they are listed. So moving one list into place replaces several tables
at once, and a killed run leaves all of them as they were. What a part may hold is not judged here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

LIST_NAME = "parts.json"


@dataclass(frozen=True)
class Part:
    """One Parquet file, named from the folder of the ML tables on; its rows are in key order."""

    file: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class PartedTable:
    """A table in parts, at least one; `suite` is the version of the suite that all rows passed."""

    suite: str
    parts: tuple[Part, ...]


def read_part_list(folder: Path) -> dict[str, PartedTable]:
    """Tables that lie in parts, by name; the others are one file, `<table>.parquet`."""
    path = folder / LIST_NAME
    if not path.exists():
        return {}
    return {row["name"]: PartedTable(row["suite"], tuple(Part(**part) for part in row["parts"]))
            for row in json.loads(path.read_text(encoding="utf-8"))}


def list_files(folder: Path, table: str) -> list[Path]:
    """Files of an ML table: its parts, or one."""
    parted = read_part_list(folder).get(table)
    return ([folder / part.file for part in parted.parts] if parted
            else [folder / f"{table}.parquet"])


def write_part_list(folder: Path, tables: Mapping[str, PartedTable]) -> None:
    """Move a new list into place."""
    temporary = folder / f"{LIST_NAME}.tmp"
    rows = [{"name": name, **asdict(table)} for name, table in sorted(tables.items())]
    temporary.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    temporary.replace(folder / LIST_NAME)


def is_whole(folder: Path, part: Part) -> bool:
    """Whether the file of a part is there, as large as it was written."""
    path = folder / part.file
    return path.exists() and path.stat().st_size == part.bytes
