"""A load that fails its suite is kept out of dbt; everything else goes on, or stops with strict."""

from __future__ import annotations

import csv
import re
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from company import Company, assert_same_rows

from orchestration.audit import Audit
from orchestration.publisher import Snapshot

BAD = "pos/orders_2026-07-01.csv"
CANARY = "erika.kanarienvogel@example.org"


@pytest.fixture(scope="module")
def planted(demo: Company, tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, str]:
    """The demo company after a day whose receipts have e-mails where amounts belong."""
    folder = tmp_path_factory.mktemp("planted")
    company = replace(demo.copy(folder / "home"), extracts=folder / "extracts")
    shutil.copytree(demo.extracts, company.extracts)
    with (company.extracts / "pos" / "orders_2026-06-30.csv").open(newline="") as file:
        names = next(csv.reader(file))
    with (company.extracts / BAD).open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows({"receipt_no": f"X{number}", "ordered_at": "2026-07-01 10:00:00",
                          "net_amount": CANARY, "email": CANARY} for number in range(20))
    return company, company.cx360("run")


@pytest.fixture(scope="module")
def after(planted: tuple[Company, str]) -> Company:
    return planted[0]


def test_the_bad_load_is_quarantined_and_only_it(after: Company) -> None:
    quarantined = [load for load in after.zone.loads() if load.state != "admitted"]
    assert [(load.file, load.state) for load in quarantined] == [(BAD, "quarantined")]
    assert "100.0% of the rows read were rejected (20 rows of 20)" in quarantined[0].reason


def test_the_rest_is_published_as_before(demo: Company, after: Company) -> None:
    """dbt never sees the bad load: not a row differs but those that tell of it."""
    assert after.snapshot.name.startswith("00002-")
    assert after.snapshot.as_of == demo.snapshot.as_of
    before, now = demo.rows(), after.rows()
    assert list(now) == list(before)
    graded = {table for (table,) in demo.read(
        "select table_name from information_schema.columns where column_name = 'data_grade'")}
    assert len(graded) == 4
    for tables in (before, now):
        for table in graded:
            tables[table] = [row[:-1] for row in tables[table]]  # the grade tells of it
    for table in set(now) - {"data_health"}:
        assert_same_rows(table, before[table], now[table])


def test_data_health_says_what_rests_on_it(demo: Company, after: Company) -> None:
    query = ("select subject, quarantined_loads_count from reporting.data_health "
             "where subject_type = 'mart' and quarantined_loads_count > 0 order by all")
    assert demo.read(query) == []
    subjects = dict(after.read(query))
    assert subjects["orders"] == 1
    assert "products" not in subjects
    assert "feedback" not in subjects


def test_the_failed_check_is_told_with_its_reason(planted: tuple[Company, str]) -> None:
    _, printed = planted
    assert re.search(r"Checks: \d+ passed, 1 failed", printed)
    assert "raw/pos_orders: admission" in printed


def test_rejected_values_are_told_nowhere(planted: tuple[Company, str]) -> None:
    after, printed = planted
    assert CANARY not in printed
    with closing(duckdb.connect()) as con:
        rejects = after.zone.rejects_of(after.load(BAD))
        assert con.execute(f"select count(*) from read_parquet('{rejects}/*') "
                           f"where record like '%{CANARY}%'").fetchall() == [(20,)]
    told = [path for path in after.home.rglob("*") if path.is_file()
            and path.relative_to(after.home).parts[0] in ("logs", "dagster", "dbt", "state",
                                                          "published")]
    assert [path for path in told if CANARY.encode() in path.read_bytes()] == []


def test_the_next_run_still_says_so(after: Company) -> None:
    printed = after.cx360("run")
    assert "Nothing new" in printed
    assert f"{BAD} is in quarantine" in printed
    assert f"{BAD}: pos_orders: 100.0%" in after.cx360("status")


def test_strict_stops_the_run_and_the_last_snapshot_stays(after: Company, tmp_path: Path) -> None:
    strict = after.copy(tmp_path / "home")
    before: Snapshot = strict.snapshot
    printed = strict.cx360("run", "--strict", status=1)
    assert "strict: loads in quarantine" in printed
    assert "✓" not in printed
    assert Audit(strict.home / "state" / "stages.json").states()["ingest"] == "failed"
    assert strict.snapshot == before
