"""A company as the tests see it: its home, sources and extracts, and ways to run and read it."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from ingestion.raw_zone import Load, RawZone
from orchestration.publisher import Snapshot, current_snapshot
from orchestration.settings import VARIABLES

CX360 = Path(sys.executable).with_name("cx360")


@dataclass(frozen=True)
class Company:
    """A home with its sources and extracts, and the ways to run and read it."""

    home: Path
    sources: Path
    extracts: Path

    @property
    def environment(self) -> dict[str, str]:
        """Settings of this company and nothing else; an empty one outranks the `.env` file."""
        return dict.fromkeys(VARIABLES, "") | {
            "CX360_HOME": str(self.home), "CX360_SOURCES": str(self.sources),
            "CX360_EXTRACTS": str(self.extracts)}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `cx360 …` in a process of its own."""
        shell = {name: value for name, value in os.environ.items()
                 if not name.startswith(("CX360_", "DAGSTER_", "DBT_"))}
        return subprocess.Popen(
            [str(CX360), *arguments], env=shell | self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def cx360(self, *arguments: str, status: int = 0) -> str:
        """Run `cx360 …` to its end and return what it printed."""
        with self.start(*arguments) as process:
            printed, errors = process.communicate()
        assert process.returncode == status, f"{printed}\n{errors}\n{self.log()}"
        return printed + errors

    def log(self) -> str:
        """The end of the log of the last run."""
        path = self.home / "logs" / "run.log"
        return path.read_text(errors="replace")[-20_000:] if path.exists() else ""

    def copy(self, home: Path) -> Company:
        """The same company in another home, as if it had always been there."""
        shutil.copytree(self.home, home, symlinks=True)
        return replace(self, home=home)

    @property
    def zone(self) -> RawZone:
        return RawZone(self.home / "raw")

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def snapshot(self) -> Snapshot:
        snapshot = current_snapshot(self.published)
        assert snapshot is not None
        return snapshot

    def load(self, file: str) -> Load:
        """The load made from one extract."""
        return next(load for load in self.zone.loads() if load.file == file)

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Query the published snapshot."""
        with closing(duckdb.connect(str(self.published / "current" / "marts.duckdb"),
                                    read_only=True)) as con:
            return con.execute(query).fetchall()

    def raw(self, table: str) -> str:
        """SQL for the admitted rows of a raw table, every record in its current version.

        Written from the contract's words, apart from the macros that the models use.
        """
        files = [str(self.home / "raw" / "_empty" / f"{table}.parquet"), *map(
            str, self.zone.files_of(load for load in self.zone.loads()
                                    if load.table == table and load.state == "admitted"))]
        return (f"(select * from read_parquet({files}) qualify row_number() over ("
                "partition by record_key order by coalesce(updated_at, extracted_on) desc "
                "nulls last, load_sequence desc) = 1)")

    def read_raw(self, query: str) -> list[tuple[Any, ...]]:
        """Query Parquet of the raw zone; name tables with `raw`."""
        with closing(duckdb.connect()) as con:
            return con.execute(query).fetchall()

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Published table -> its rows, sorted."""
        return {table: self.read(f'select * from "{schema}"."{table}" order by all')
                for schema, table in self.read(
                    "select table_schema, table_name from information_schema.tables order by all")}


def assert_same_rows(
    table: str, left: list[tuple[Any, ...]], right: list[tuple[Any, ...]],
) -> None:
    """Equal keys and exact decimals; floats to 1e-9."""
    assert len(left) == len(right), table
    for one, other in zip(left, right, strict=True):
        for a, b in zip(one, other, strict=True):
            same = a == b or (isinstance(a, float) and isinstance(b, float)
                              and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9))
            assert same, (table, one, other)
