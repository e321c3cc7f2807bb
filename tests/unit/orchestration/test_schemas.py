"""The schema history as a person reads it on the command line."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import RawZone
from orchestration.cli import main

DECLARATION = """
tables:
  - entity: pos.stores
    files: "stores_*.csv"
    key: id
    columns: {city: Ort, region: Land}
"""


def asked(home: Path, *arguments: str) -> list[list[str]]:
    """Words of the lines that `cx360 schema` prints."""
    result = CliRunner().invoke(main, ["schema", *arguments, "--home", str(home)])
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.output.splitlines()]


def test_columns_of_today_and_changes_are_listed(tmp_path: Path) -> None:
    sources, extracts = tmp_path / "sources", tmp_path / "extracts"
    sources.mkdir()
    extracts.mkdir()
    assert asked(tmp_path) == []
    for source in ("north", "south"):
        (sources / f"{source}.yml").write_text(DECLARATION.replace("stores_", f"{source}_"))
        (extracts / f"{source}_1.csv").write_text("id,Ort,Fax\n1,Bonn,5\n")
    for content in ("", "id,Ort,Web\n1,Bonn,x\n"):
        if content:
            (extracts / "south_2.csv").write_text(content)
        load_extracts(read_declarations(sources), extracts, RawZone(tmp_path / "raw"))
    assert asked(tmp_path, "south") == [
        ["south", "pos.stores", "id", "present", "text", "->", "source_record_ref"],
        ["south", "pos.stores", "Ort", "present", "text", "->", "city"],
        ["south", "pos.stores", "Web", "new", "text", "->", "source_metadata"],
        ["south", "pos.stores", "Fax", "removed", "->", "source_metadata"],
        ["south", "pos.stores", "Land", "missing", "->", "region"]]
    assert asked(tmp_path, "--changes") == [
        ["south", "pos.stores", "Fax", "removed", "source_metadata", "since", "south_2.csv"],
        ["south", "pos.stores", "Web", "new", "text", "source_metadata", "since", "south_2.csv"],
        ["south", "pos.stores", "Land", "missing", "region", "since", "south_1.csv"],
        ["north", "pos.stores", "Land", "missing", "region", "since", "north_1.csv"]]
