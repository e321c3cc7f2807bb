"""A backfill loads the extracts of a range of declared dates, and nothing else changes."""

from __future__ import annotations

import errno
from datetime import date
from pathlib import Path

import pytest
from places import Shop

from ingestion.backfill import Backfill, backfill_extracts
from ingestion.declaration import read_declarations
from ingestion.replaying import replay_rejects

FORM = 'files: "orders*.csv", extracted_on: "_(.*)[.]csv"'
FIRST, LAST = date(2026, 1, 2), date(2026, 1, 3)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Four daily files, none loaded."""
    shop = Shop(tmp_path)
    shop.declare(FORM)
    for day in range(1, 5):
        deliver(shop, day)
    return shop


def deliver(shop: Shop, day: int, amount: str = "1.5") -> None:
    shop.write(f"orders_2026-01-0{day}.csv",
               f"Nr,Datum,Betrag,Kunde\n{day},2026-01-01,{amount},K\n".encode())


def backfill(shop: Shop, *, source: str = "", again: bool = False) -> Backfill:
    return backfill_extracts(read_declarations(shop.sources), shop.extracts, shop.zone, FIRST, LAST,
                             source=source, again=again)


def counted(shop: Shop) -> list[tuple[int, date | None, str]]:
    return [(load.load_sequence, load.extracted_on, load.state) for load in shop.zone.loads()
            if load.state != "superseded"]


def test_only_extracts_of_the_range_are_loaded(shop: Shop) -> None:
    done = backfill(shop)
    assert [load.extracted_on for load in done.report.loaded] == [FIRST, LAST]
    assert backfill(shop).report.loaded == ()
    shop.load()
    assert sorted(day for _, day, _ in counted(shop) if day) == [
        date(2026, 1, day) for day in range(1, 5)]


def test_a_changed_declaration_reads_the_range_anew_under_its_numbers(shop: Shop) -> None:
    shop.load()
    shop.declare(FORM + ", decimal: ','")
    done = backfill(shop)
    assert [(load.load_sequence, load.rows_rejected) for load in done.report.loaded] == [
        (2, 1), (3, 1)]
    assert [sequence for sequence, _, _ in counted(shop)] == [1, 2, 3, 4]
    assert [load.load_sequence for load in shop.load().loaded] == [1, 4]


def test_what_has_not_changed_is_read_again_only_if_asked(shop: Shop) -> None:
    before = {load.load_id: load for load in shop.load().loaded}
    shop.zone.set_states(dict.fromkeys(before, ("admitted", "")))
    done = backfill(shop)
    assert (done.report.loaded, len(done.unchanged)) == ((), 2)
    again = backfill(shop, again=True)
    assert [load.load_sequence for load in again.report.loaded] == [2, 3]
    assert again.unchanged == ()
    assert [state for *_, state in counted(shop)] == ["admitted", "staged", "staged", "admitted"]
    for load in again.report.loaded:
        assert shop.rows("* exclude (load_id)", load) == shop.rows(
            "* exclude (load_id)", before[load.load_id])


def test_loads_stay_whose_extract_is_gone_or_cannot_be_read(shop: Shop) -> None:
    shop.load()
    (shop.extracts / "orders_2026-01-02.csv").unlink()
    shop.write("orders_2026-01-03.csv", b"")
    before = counted(shop)
    done = backfill(shop, again=True)
    assert [load.extracted_on for load in done.gone] == [FIRST]
    assert [problem.file for problem in done.report.problems] == ["orders_2026-01-03.csv"]
    assert counted(shop) == before


def test_extracts_without_a_date_belong_to_no_range(shop: Shop) -> None:
    shop.declare('files: "orders*.csv"')
    done = backfill(shop)
    assert (done.report.loaded, done.undated_count) == ((), 4)


def test_another_source_is_left_alone(shop: Shop) -> None:
    assert backfill(shop, source="crm").report.loaded == ()
    assert len(backfill(shop, source="shop").report.loaded) == 2


def test_problems_of_what_is_left_out_stay_known(shop: Shop) -> None:
    shop.write("orders_2026-01-01.csv", b'Nr,Datum,Betrag,Kunde\n"1,2026-01-01,1,K\n')
    shop.load()
    (problem,) = shop.zone.problems()
    assert problem["file"] == "orders_2026-01-01.csv"
    shop.declare(FORM + ", decimal: ','")
    backfill(shop)
    assert list(shop.zone.problems()) == [problem]


def test_replays_of_a_load_that_is_read_again_give_way(shop: Shop) -> None:
    shop.declare(FORM + ", decimal: ','")
    shop.load()
    shop.declare(FORM)
    assert len(replay_rejects(read_declarations(shop.sources), shop.zone)) == 4
    backfill(shop)
    replays = [load for load in shop.zone.loads() if load.replays_load_id]
    assert [load.load_sequence for load in replays if load.state == "superseded"] == [2, 3]
    assert [load.load_sequence for load in replays if load.state == "staged"] == [1, 4]


def test_a_backfill_that_fails_midway_loses_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither rows nor what was known of a load."""
    first, second = (load.load_id for load in shop.load().loaded[1:3])
    shop.zone.set_states({first: ("quarantined", "too few rows"), second: ("admitted", "")})
    before = shop.zone.loads()

    def full_disk(*args: object, **settings: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ingestion.loading.open_extract", full_disk)
    with pytest.raises(OSError, match="No space left"):
        backfill(shop, again=True)
    assert shop.zone.loads() == before
    monkeypatch.setattr("ingestion.backfill.load_extracts", full_disk)
    with pytest.raises(OSError, match="No space left"):
        backfill(shop, again=True)
    assert shop.zone.loads() == before


def test_what_a_killed_backfill_left_counts_again_if_nothing_reads_it(shop: Shop) -> None:
    """Its extract may be gone by then; what is still there is read."""
    before = shop.load().loaded
    shop.zone.set_states({load.load_id: ("admitted", "") for load in before})
    admitted = shop.zone.loads()
    shop.zone.give_way(admitted[1:4])  # killed here
    assert len(counted(shop)) == 1
    (shop.extracts / "orders_2026-01-02.csv").unlink()
    assert [load.load_sequence for load in backfill(shop).report.loaded] == [3]
    assert [state for *_, state in counted(shop)] == ["admitted", "admitted", "staged", "admitted"]


def test_a_load_that_lost_its_files_waits_to_be_read(shop: Shop) -> None:
    loads = shop.load().loaded
    shop.zone.give_way(loads[:2])
    for path in shop.zone.files_of(loads[:1]):
        path.unlink()
    shop.zone.take_back()
    assert [sequence for sequence, _, _ in counted(shop)] == [2, 3, 4]
    assert [load.load_sequence for load in shop.load().loaded] == [1]
