"""A backfill from the command line: what is loaded, told and refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ingestion.raw_zone import RawZone
from orchestration.audit import Audit
from orchestration.cli import main

DECLARATION = """
source: till
tables:
  - {entity: pos.orders, files: "orders*.csv", key: number, extracted_on: "_(.*)[.]csv",
     expected_every: 1d, columns: {ordered_at: at, net_amount: amount}}
  - {entity: pos.stores, files: stores.csv, key: number, columns: {name: name}}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three daily files and one without a date, none loaded."""
    for folder in ("sources", "extracts"):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(f"CX360_{folder.upper()}", str(tmp_path / folder))
    monkeypatch.setenv("CX360_HOME", str(tmp_path / "home"))
    (tmp_path / "sources" / "till.yml").write_text(DECLARATION)
    for day in range(1, 4):
        (tmp_path / "extracts" / f"orders_2026-01-0{day}.csv").write_text(
            f"number,at,amount\n{day},2026-01-0{day} 10:00:00,1\n")
    (tmp_path / "extracts" / "stores.csv").write_text("number,name\n7,Bonn\n")
    return tmp_path / "home"


def cx360(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == status, result.output
    return result.output


def test_a_range_is_loaded_and_judged_and_what_has_no_date_is_told(home: Path) -> None:
    said = cx360("backfill", "--from", "2026-01-02", "--to", "2026-01-31")
    assert "2026-01-02  till pos.orders, orders_2026-01-02.csv: 1 accepted, 0 rejected, adm" in said
    assert "2 extracts loaded, 0 unchanged" in said
    assert "1 new extracts have no declared date" in said
    assert [load.state for load in RawZone(home / "raw").loads()] == ["admitted", "admitted"]
    # A part does not make the stage pass: the next run builds.
    assert Audit(home / "state" / "stages.json").states()["ingest"] == "stale"
    again = cx360("backfill", "--from", "2026-01-01", "--to", "2026-01-02", "--source", "till")
    assert "1 extracts loaded, 1 unchanged" in again


def test_an_extract_that_cannot_be_read_is_told_with_a_status(home: Path, tmp_path: Path) -> None:
    (tmp_path / "extracts" / "orders_2026-01-02.csv").write_text("number,amount\n2,1\n")
    said = cx360("backfill", "--from", "2026-01-02", "--to", "2026-01-03", status=1)
    assert "1 extracts loaded" in said
    assert "orders_2026-01-02.csv: column at is missing" in said


@pytest.mark.parametrize(("arguments", "message"), [
    (("--from", "2026-01-03", "--to", "2026-01-02"), "the range ends before it begins"),
    (("--from", "2026-01-01", "--to", "2026-01-02", "--source", "crm"), "there are till"),
])
def test_a_range_that_makes_no_sense_is_refused(
    home: Path, arguments: tuple[str, ...], message: str,
) -> None:
    assert message in cx360("backfill", *arguments, status=2)


def test_the_status_tells_who_is_late(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cx360("backfill", "--from", "2026-01-01", "--to", "2026-01-03")
    assert "late" not in cx360("status")
    monkeypatch.setenv("CX360_AS_OF", "2026-01-05")
    assert ("arrival   till pos.orders: last extract of 2026-01-03, expected every 1d, on "
            "2026-01-05 1 day late") in cx360("status")
