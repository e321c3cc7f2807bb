"""The shipped declarations of public sets read every row of them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import ingestion
from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import RawZone

EXAMPLES = Path(ingestion.__file__).parent / "sources" / "examples"


@pytest.mark.public_data
@pytest.mark.parametrize(("name", "rows", "outside"), [
    ("febrl_1", 1000, {"address_2", "soc_sec_id"}),
    ("febrl_2", 5000, {"address_2", "soc_sec_id"}),
    ("fake_1000", 1000, {"cluster"}),
])
def test_every_person_is_loaded_and_the_answer_identifies_nobody(
    tmp_path: Path, public_extracts: Path, name: str, rows: int, outside: set[str],
) -> None:
    zone = RawZone(tmp_path / "raw")
    report = load_extracts(
        read_declarations(EXAMPLES / name), public_extracts / "identity", zone)
    (load,) = report.loaded
    assert (load.rows_read, load.rows_accepted) == (rows, rows)
    assert not report.problems
    files = [str(path) for path in zone.files_of([load])]
    people = f"read_parquet({files})"
    keys = duckdb.sql(
        f"select distinct unnest(json_keys(source_metadata)) from {people}").fetchall()
    assert {key for (key,) in keys} - {"birth_date"} == outside
    ((named, born, numbered, cards),) = duckdb.sql(
        "select count(last_name), count(birth_date), count(customer_number), count(loyalty_id) "
        f"from {people}").fetchall()
    assert min(named, born) > 0.8 * rows
    assert (numbered, cards) == (0, 0)
