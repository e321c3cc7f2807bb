"""What is told of rejects: counts, reasons and rows, never a record; and how they are replayed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import RawZone
from orchestration.admission import admit_loads
from orchestration.cli import main
from orchestration.loads import explain_load, find_load, replay_load, withdraw_load
from orchestration.rejects import counting, group_rejects
from orchestration.settings import Settings
from orchestration.verdict_log import VerdictLog

DECLARATION = """
source: till
tables:
  - entity: pos.orders
    files: "orders*.csv"
    key: number
    decimal: "{decimal}"
    columns: {{ordered_at: at, net_amount: amount, customer_ref: who}}
"""
EXTRACT = "number,at,amount,who\n" + "".join(
    f"{number},2026-01-01 10:00:00,{amount},Erika Beispiel\n"
    for number, amount in enumerate(["1.5"] * 8 + ["frei", "2"], start=1))


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A load of which nine rows of ten are rejected, in quarantine for it, its extract gone."""
    settings = Settings(home=tmp_path / "home", company_folder=tmp_path,
                        sources=tmp_path / "sources", extracts=tmp_path / "extracts")
    settings.sources.mkdir()
    settings.extracts.mkdir()
    monkeypatch.setenv("CX360_HOME", str(settings.home))
    monkeypatch.setenv("CX360_SOURCES", str(settings.sources))
    monkeypatch.setenv("CX360_EXTRACTS", str(settings.extracts))
    declare(settings, ",")
    (settings.extracts / "orders.csv").write_text(EXTRACT)
    zone = RawZone(settings.raw_path)
    load_extracts(read_declarations(settings.sources), settings.extracts, zone)
    admit(settings)
    assert [load.state for load in zone.loads()] == ["quarantined"]
    (settings.extracts / "orders.csv").unlink()
    return settings


def declare(settings: Settings, decimal: str) -> None:
    (settings.sources / "till.yml").write_text(DECLARATION.format(decimal=decimal))


def admit(settings: Settings) -> None:
    admit_loads(RawZone(settings.raw_path), VerdictLog(settings.verdicts_path), "1GB")


def cx360(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    assert "Erika" not in result.output
    return result.output


def test_rejects_are_repaired_from_the_command_line_and_their_load_is_admitted(
    company: Settings,
) -> None:
    zone = RawZone(company.raw_path)
    (load,) = zone.loads()
    assert "9  till pos.orders                  column net_amount: not a number" in cx360("rejects")
    assert "Nothing to replay" in cx360("rejects", "replay")
    declare(company, ".")
    said = cx360("rejects", "replay", load.load_id[:6])
    assert f"8 accepted, 1 still rejected -> load {load.load_id}_r01" in said
    assert "still there" not in said
    shown = cx360("rejects", "show", load.load_id)
    assert "1  column net_amount: not a number (row 9)\n" in shown
    assert (f"8  column net_amount: not a number (row 1, 2, 3, 4, 5, …) -> repaired by "
            f"{load.load_id}_r01, after load number 1") in shown
    admit(company)
    assert [load.state for load in zone.loads()] == ["admitted", "admitted"]
    listed = cx360("rejects")
    assert "1  till pos.orders                  column net_amount: not a number" in listed
    assert "8  till pos.orders                  repaired by replays" in listed
    assert "8 repaired by replays" in cx360("loads", "show", load.load_id)


def test_a_replay_of_what_is_still_there_says_so(company: Settings) -> None:
    (company.extracts / "orders.csv").write_text(EXTRACT)
    declare(company, ".")
    assert "its extract is still there" in cx360("rejects", "replay", "--source", "till")
    assert "Nothing to replay" in cx360("rejects", "replay", "--table", "other")


def test_a_replay_is_judged_anew_and_withdrawn_with_its_load(company: Settings) -> None:
    declare(company, ".")
    cx360("rejects", "replay")
    admit(company)
    zone = RawZone(company.raw_path)
    repair = find_load(zone, zone.loads()[1].load_id)
    assert f"of rejects of load {repair.replays_load_id}" in "\n".join(explain_load(zone, repair))
    (company.extracts / "orders.csv").write_text(EXTRACT)
    assert "judges the stored rows anew" in replay_load(company, zone, repair)
    assert zone.loads()[1].state == "staged"
    withdraw_load(zone, zone.loads()[0], "test data")
    assert {(load.state, load.reason) for load in zone.loads()} == {("withdrawn", "test data")}
    assert counting(zone.loads()) == []


def test_no_rejects_are_no_groups(company: Settings) -> None:
    assert group_rejects(RawZone(company.raw_path), []) == []
    assert "No rejected rows" in cx360("rejects", "--source", "crm")
