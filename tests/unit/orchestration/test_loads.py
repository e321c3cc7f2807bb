"""What a person may do about a load, and that the sentences hold no value of a row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import Load, RawZone
from orchestration.loads import (
    UnknownLoad,
    explain_load,
    find_load,
    list_loads,
    replay_load,
    withdraw_load,
)
from orchestration.settings import Settings

DECLARATION = """
source: crm
tables:
  - entity: crm.consents
    files: consents.csv
    key: id
    columns: {customer_ref: who, purpose: what, is_granted: yes_no, decided_at: at}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path / "home", company_folder=tmp_path,
                        sources=tmp_path / "sources", extracts=tmp_path / "extracts")
    settings.sources.mkdir()
    settings.extracts.mkdir()
    (settings.sources / "crm.yml").write_text(DECLARATION)
    (settings.extracts / "consents.csv").write_text(
        "id,who,what,yes_no,at\n1,K1,marketing,ja,2025-07-03\n2,Erika Beispiel,marketing,,x\n")
    return settings


def load(settings: Settings) -> Load:
    zone = RawZone(settings.raw_path)
    load_extracts(read_declarations(settings.sources), settings.extracts, zone)
    return zone.loads()[-1]


def test_a_load_is_explained_by_reasons_and_counts_only(settings: Settings) -> None:
    first = load(settings)
    text = "\n".join(explain_load(RawZone(settings.raw_path), first))
    assert "2 read = 1 accepted + 1 rejected + 0 repeated" in text
    assert ("rejected    1 rows: column decided_at: not a point in time; column is_granted: "
            "empty, but required (row 2)") in text
    assert "Erika" not in text + "\n".join(list_loads([first]))


def test_what_to_do_about_quarantine_depends_on_where_the_extract_is(settings: Settings) -> None:
    first = replace(load(settings), state="quarantined", reason="because")
    zone = RawZone(settings.raw_path)
    assert "correct the extract or its declaration" in explain_load(zone, first)[-1]
    fetched = replace(first, file="_landed/crm/crm.consents/000001_20260331.parquet")
    assert "`cx360 fetch crm --anew`" in explain_load(zone, fetched)[-1]


def test_an_id_may_be_shortened_but_must_be_one(settings: Settings) -> None:
    first = load(settings)
    zone = RawZone(settings.raw_path)
    assert find_load(zone, first.load_id[:6]) == first
    with pytest.raises(UnknownLoad, match="no load with an id beginning with 'zz'"):
        find_load(zone, "zz")


def test_a_replayed_load_is_read_again_under_its_number(settings: Settings) -> None:
    first = load(settings)
    zone = RawZone(settings.raw_path)
    zone.set_states({first.load_id: ("quarantined", "because")})
    assert load(settings).state == "quarantined"
    assert "reads consents.csv again" in replay_load(settings, zone, first)
    again = load(settings)
    assert (again.load_id, again.load_sequence, again.state) == (
        first.load_id, first.load_sequence, "staged")


def test_a_corrected_extract_takes_the_place_of_the_load_to_replay(settings: Settings) -> None:
    first = load(settings)
    zone = RawZone(settings.raw_path)
    zone.set_states({first.load_id: ("quarantined", "because")})
    replay_load(settings, zone, zone.loads()[0])
    (settings.extracts / "consents.csv").write_text(
        "id,who,what,yes_no,at\n1,K1,marketing,ja,2025-07-03\n")
    assert load(settings).rows_rejected == 0
    assert [one.state for one in zone.loads()] == ["superseded", "staged"]


def test_a_load_whose_extract_is_gone_is_judged_as_stored(settings: Settings) -> None:
    first = load(settings)
    zone = RawZone(settings.raw_path)
    zone.set_states({first.load_id: ("quarantined", "because")})
    (settings.extracts / "consents.csv").unlink()
    assert "is gone" in replay_load(settings, zone, first)
    assert zone.loads()[0].state == "staged"


def test_a_withdrawn_load_stays_out_and_keeps_its_reason(settings: Settings) -> None:
    first = load(settings)
    zone = RawZone(settings.raw_path)
    withdraw_load(zone, first, "test data")
    assert (load(settings).state, load(settings).reason) == ("withdrawn", "test data")
    declared = settings.sources / "crm.yml"
    declared.write_text(DECLARATION.replace("who,", "[who, wer],"))
    assert (load(settings).load_id, load(settings).state) == (first.load_id, "withdrawn")
    replay_load(settings, zone, zone.loads()[0])
    load(settings)
    assert sorted(one.state for one in zone.loads()) == ["staged", "superseded"]
