"""A folder of extracts, its declaration and the raw zone they go to, for tests of the readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from ingestion.declaration import read_declarations
from ingestion.loading import LoadReport, load_extracts
from ingestion.raw_zone import Load, RawZone


class Shop:
    """Orders of a shop: number, time, amount, customer; `declare` says how the file is written."""

    def __init__(self, folder: Path) -> None:
        self.extracts = folder / "extracts"
        self.sources = folder / "sources"
        self.extracts.mkdir(parents=True)
        self.sources.mkdir()
        self.zone = RawZone(folder / "raw")

    def declare(self, settings: str, columns: str = "", key: str = "Nr") -> None:
        columns = columns or "{ordered_at: Datum, net_amount: Betrag, customer_ref: Kunde}"
        (self.sources / "shop.yml").write_text(
            "source: shop\ntables:\n"
            f"  - {{entity: pos.orders, key: {key}, {settings},\n     columns: {columns}}}\n",
            encoding="utf-8")

    def write(self, name: str, content: bytes) -> Path:
        path = self.extracts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def load(self) -> LoadReport:
        return load_extracts(read_declarations(self.sources), self.extracts, self.zone)

    def only(self) -> Load:
        """The one load that is made without a problem; its counts add up."""
        report = self.load()
        assert not report.problems, report.problems
        (load,) = report.loaded
        assert load.rows_read == load.rows_accepted + load.rows_rejected + load.rows_repeated
        return load

    def problem(self) -> str:
        """The one problem of a file that is not loaded at all."""
        report = self.load()
        assert not report.loaded
        (problem,) = report.problems
        return problem.message

    def rows(self, columns: str, load: Load) -> list[tuple[Any, ...]]:
        files = [str(path) for path in self.zone.files_of([load])]
        return duckdb.sql(f"select {columns} from read_parquet({files}) order by all"
                          ).fetchall() if files else []

    def rejects(self, load: Load) -> list[tuple[Any, ...]]:
        folder = self.zone.rejects_of(load)
        return duckdb.sql(f"select source_row, reason, record from read_parquet('{folder}/*')"
                          " order by 1").fetchall() if folder.exists() else []
