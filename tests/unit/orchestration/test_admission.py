"""The gate between the raw zone and dbt: a bad load is kept out, everything else goes on."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.contract import ENTITIES
from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import Load, RawZone
from orchestration.admission import Admission, admit_loads
from orchestration.verdict_log import VerdictLog

DECLARATION = """
source: till
currency: EUR
tables:
  - entity: pos.orders
    files: "orders*.csv"
    key: number
    columns: {ordered_at: at, net_amount: amount}
  - entity: pos.stores
    files: stores.csv
    key: number
    columns: {name: name}
"""
GOOD = "number,at,amount\n1,2026-01-01 10:00:00,1\n"
# Seven rows of eight have no number in the amount: more than the few that may be rejected.
BAD = "number,at,amount\n2,2026-01-01 10:00:00,1\n" + "".join(
    f"{number},2026-01-01 10:00:00,free\n" for number in range(3, 10))


class Place:
    """A folder of extracts and the raw zone they go to."""

    def __init__(self, folder: Path) -> None:
        self.extracts, self.sources = folder / "extracts", folder / "sources"
        self.extracts.mkdir()
        self.sources.mkdir()
        (self.sources / "till.yml").write_text(DECLARATION)
        self.zone = RawZone(folder / "raw")
        self.log = VerdictLog(folder / "verdicts")

    def deliver(self, **files: str) -> dict[str, Admission]:
        for name, content in files.items():
            (self.extracts / f"{name}.csv").write_text(content)
        load_extracts(read_declarations(self.sources), self.extracts, self.zone)
        return admit_loads(self.zone, self.log, "1GB")

    def load(self, name: str) -> Load:
        return next(load for load in self.zone.loads() if load.file == f"{name}.csv")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_good_loads_are_admitted_and_every_table_has_an_outcome(place: Place) -> None:
    outcomes = place.deliver(orders_1=GOOD, stores="number,name\n7,Bonn\n")
    assert set(outcomes) == {entity.table for entity in ENTITIES.values()}
    assert all(outcome.passed for outcome in outcomes.values())
    assert [len(outcomes[table].admitted) for table in ("pos_orders", "pos_stores")] == [1, 1]
    assert outcomes["crm_customers"].admitted == ()


def test_a_bad_load_is_quarantined_with_its_reason_and_the_others_go_on(place: Place) -> None:
    outcomes = place.deliver(orders_1=GOOD, orders_2=BAD, stores="number,name\n7,Bonn\n")
    orders = outcomes["pos_orders"]
    assert not orders.passed
    assert [load.file for load in orders.admitted] == ["orders_1.csv"]
    assert [load.file for load in orders.quarantined] == ["orders_2.csv"]
    assert orders.newly_judged == 2
    assert "87.5% of the rows read were rejected (7 rows of 8)" in place.load("orders_2").reason
    assert "free" not in place.load("orders_2").reason
    assert outcomes["pos_stores"].passed


def test_a_load_stays_in_quarantine_and_fails_its_table_in_every_run(place: Place) -> None:
    place.deliver(orders_1=GOOD, orders_2=BAD)
    again = place.deliver(orders_3=GOOD.replace("1,2026", "11,2026"))["pos_orders"]
    assert not again.passed
    assert (len(again.admitted), len(again.quarantined), again.newly_judged) == (2, 1, 1)


def test_a_corrected_declaration_replays_the_load(place: Place) -> None:
    place.deliver(orders_1=GOOD, orders_2=BAD)
    (place.sources / "till.yml").write_text(DECLARATION.replace(
        "net_amount: amount", "net_amount: {from: amount, null_values: [free]}"))
    assert place.deliver()["pos_orders"].passed


def test_a_load_whose_files_were_changed_behind_its_back_is_quarantined(place: Place) -> None:
    place.deliver(orders_1=GOOD)
    (file,) = place.zone.files_of([place.load("orders_1")])
    duckdb.sql(f"select * from read_parquet('{file}') limit 0").write_parquet(str(file))
    place.zone.set_states({place.load("orders_1").load_id: ("staged", "")})
    assert not admit_loads(place.zone, place.log, "1GB")["pos_orders"].passed
    assert "the stored files hold 0" in place.load("orders_1").reason


def test_a_stored_file_of_other_types_is_not_read_as_text(place: Place) -> None:
    place.deliver(orders_1=GOOD, orders_2=GOOD.replace("2026-01-01", "2026-01-02"))
    (file,) = place.zone.files_of([place.load("orders_1")])
    with duckdb.connect() as con:
        con.execute(f"create table rows as select * replace ('soon' as ordered_at) "
                    f"from read_parquet('{file}')")
        con.execute(f"copy rows to '{file}' (format parquet)")
    place.zone.set_states({place.load(name).load_id: ("staged", "") for name in (
        "orders_1", "orders_2")})
    with pytest.raises(duckdb.ConversionException):
        admit_loads(place.zone, place.log, "1GB")
    assert place.load("orders_1").state == "staged"


def test_an_empty_extract_is_quarantined_unless_it_may_be_empty(place: Place) -> None:
    header = GOOD.splitlines()[0] + "\n"
    assert not place.deliver(orders_1=header)["pos_orders"].passed
    (place.sources / "till.yml").write_text(
        DECLARATION.replace('files: "orders*.csv"', 'files: "orders*.csv"\n    may_be_empty: true'))
    (place.extracts / "orders_1.csv").unlink()
    outcome = place.deliver(orders_2=header + "\n")
    assert place.load("orders_2").state == "admitted", outcome["pos_orders"]
    assert place.load("orders_1").state == "quarantined"


def test_deletions_are_asked_only_for_what_they_can_have(place: Place) -> None:
    """And records beside them for everything still, as are loads made before there were any."""
    place.deliver(orders_1="number,at,amount,cx360_deleted\n1,2026-01-01,1,\n2,,,true\n")
    assert place.load("orders_1").state == "admitted"
    (file,) = place.zone.files_of([place.load("orders_1")])
    rows = duckdb.sql(f"select * from read_parquet('{file}')").to_arrow_table()

    def judge(query: str) -> str:
        with duckdb.connect() as con:
            con.register("rows", rows)
            con.sql(query).write_parquet(str(file))
        place.zone.set_states({place.load("orders_1").load_id: ("staged", "")})
        admit_loads(place.zone, place.log, "1GB")
        return place.load("orders_1").reason

    assert rows.num_rows == 2
    assert "`record_key` is not an md5 of 32 hexadecimal digits in 1 row." in judge(
        "select * replace (case when is_deleted then 'x' else record_key end as record_key) "
        "from rows")
    assert "`ordered_at` is empty in 1 row," in judge(
        "select * replace (cast(null as timestamp) as ordered_at) from rows")
    assert judge("select * exclude (is_deleted) from rows where not is_deleted union all "
                 "select * exclude (is_deleted) replace (md5('3') as record_key) from rows "
                 "where not is_deleted") == ""
