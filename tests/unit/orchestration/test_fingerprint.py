"""A fingerprint changes with what can change a row, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from ingestion.raw_zone import Load
from orchestration.fingerprint import as_of_date, run_fingerprint
from orchestration.settings import CompanySettings, Settings

AS_OF = date(2026, 6, 30)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", company_folder=tmp_path / "company",
                    sources=tmp_path / "sources", extracts=tmp_path / "extracts")


def load(sequence: int, state: str = "admitted", last_event_at: datetime | None = None) -> Load:
    return Load(
        load_id=f"load{sequence}", load_sequence=sequence, source_system="till",
        label="pos.orders", entity="pos.orders", table="pos_orders", file=f"{sequence}.csv",
        content_hash=f"hash{sequence}", declaration_version="1", rows_read=1, rows_accepted=1,
        rows_rejected=0, rows_repeated=0, extracted_on=None, first_event_at=last_event_at,
        last_event_at=last_event_at, expected_every="", may_be_empty=False, state=state,  # type: ignore[arg-type]
        reason="", files=())


LOADS = (load(1), load(2), load(3, "quarantined"))


@pytest.mark.parametrize("loads", [
    LOADS[::-1],
    (*LOADS, load(4, "staged")),
    (*LOADS, load(4, "superseded")),
    (*LOADS, load(4, "withdrawn")),
    tuple(replace(one, file=f"moved/{one.file}", reason="told otherwise") for one in LOADS),
])
def test_what_changes_no_row_changes_no_fingerprint(
    settings: Settings, loads: tuple[Load, ...],
) -> None:
    assert run_fingerprint(settings, loads, AS_OF) == run_fingerprint(settings, LOADS, AS_OF)


@pytest.mark.parametrize("loads", [
    LOADS[:2],
    (*LOADS, load(4)),
    (load(1), load(2), load(3)),
    (load(1), load(2, "withdrawn"), load(3, "quarantined")),
    tuple(replace(one, load_sequence=4 - one.load_sequence) for one in LOADS),
])
def test_other_loads_give_another_fingerprint(
    settings: Settings, loads: tuple[Load, ...],
) -> None:
    assert run_fingerprint(settings, loads, AS_OF) != run_fingerprint(settings, LOADS, AS_OF)


def test_date_company_and_decisions_give_another_fingerprint(settings: Settings) -> None:
    found = [run_fingerprint(settings, LOADS, AS_OF),
             run_fingerprint(settings, LOADS, date(2026, 6, 29)),
             run_fingerprint(replace(settings, company=CompanySettings(reporting_currency="CHF")),
                             LOADS, AS_OF),
             run_fingerprint(replace(settings, company=CompanySettings(languages=("de", "en"))),
                             LOADS, AS_OF)]
    decisions = settings.company_folder / "decisions"
    decisions.mkdir(parents=True)
    for file, content in (("identity.csv", "a"), ("identity.csv", "b"), ("text.csv", "a"),
                          ("text.csv", "b")):
        (decisions / file).write_text(content)
        found.append(run_fingerprint(settings, LOADS, AS_OF))
    assert len(set(found)) == 8


def test_the_newest_match_model_is_part_of_the_fingerprint(settings: Settings) -> None:
    """With its term frequencies; what an earlier one said, and its number, do not matter."""
    folder = settings.state_path / "identity_models"
    folder.mkdir(parents=True)
    found = [run_fingerprint(settings, LOADS, AS_OF)]
    for name, content in (("0001.json", "a"), ("0001.parquet", "a"), ("0001.parquet", "b"),
                          ("0002.json", "c")):
        (folder / name).write_text(content)
        found.append(run_fingerprint(settings, LOADS, AS_OF))
    assert len(set(found)) == 5
    (folder / "0001.json").write_text("other")
    (folder / "0002.json").rename(folder / "0003.json")
    assert run_fingerprint(settings, LOADS, AS_OF) == found[-1]


def test_where_a_home_lies_does_not_matter(settings: Settings, tmp_path: Path) -> None:
    elsewhere = replace(settings, home=tmp_path / "b", sources=tmp_path / "c",
                        extracts=tmp_path / "d", memory_limit="1GB", snapshots_kept=9)
    assert run_fingerprint(elsewhere, LOADS, AS_OF) == run_fingerprint(settings, LOADS, AS_OF)


@pytest.mark.parametrize(("zone", "expected"), [
    ("Europe/Berlin", date(2026, 7, 1)),     # 22:30 UTC is half past midnight in summer
    ("UTC", date(2026, 6, 30)),
    ("America/Sao_Paulo", date(2026, 6, 30)),
])
def test_as_of_is_the_latest_admitted_instant_in_company_time(
    settings: Settings, zone: str, expected: date,
) -> None:
    loads = [load(1, last_event_at=datetime(2026, 6, 30, 22, 30)),
             load(2, last_event_at=datetime(2026, 6, 1)), load(3),
             load(4, "quarantined", datetime(2030, 1, 1)), load(5, "staged", datetime(2030, 1, 1))]
    there = replace(settings, company=CompanySettings(company_time_zone=zone))
    assert as_of_date(there, loads) == expected


def test_as_of_is_what_the_setting_says_and_defined_without_events(settings: Settings) -> None:
    assert as_of_date(replace(settings, as_of=date(2025, 1, 1)), LOADS) == date(2025, 1, 1)
    assert as_of_date(settings, LOADS) == date(1970, 1, 1)
