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


@pytest.mark.public_data
def test_a_year_of_the_airport_without_a_question_is_told_by_name(
    tmp_path: Path, public_extracts: Path,
) -> None:
    """Its ratings are not loaded; its responses and the other year are."""
    extracts = tmp_path / "extracts"
    extracts.mkdir()
    for year in (2013, 2015):
        content = (public_extracts / "sfo_survey" / f"{year}.csv").read_bytes()
        if year == 2015:
            content = content.replace(b",Q7WIFI,", b",Q7INTERNET,", 1)
        (extracts / f"{year}.csv").write_bytes(content)
    report = load_extracts(
        read_declarations(EXAMPLES / "sfo_survey"), extracts, RawZone(tmp_path / "raw"))
    assert [problem.message[:67] for problem in report.problems] == [
        "2017.csv: file not found in extracts/; deliver it or correct `files",
        "2015.csv: column Q7WIFI / Q7I_WIFI of `unpivot` is missing; the fil"]
    assert {(load.label, load.file, load.rows_accepted) for load in report.loaded
            if load.file != "sfo_survey.yml"} == {
        ("survey.responses", "2013.csv", 3535), ("survey.responses", "2015.csv", 2958),
        ("ratings", "2013.csv", 3535 * 25)}
