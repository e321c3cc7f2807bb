"""The suppression step: what the file says becomes a table, and who is unknown is counted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models_ml.tables import TABLES
from orchestration.decision_files import DecisionError
from orchestration.ml_tables import arrow_schema, ml_file, prepare_ml_tables
from orchestration.settings import Settings
from orchestration.suppression_step import list_suppressions

KNOWN, CUSTOMER, FORMER, NOBODY = "a" * 32, "b" * 32, "c" * 32, "0" * 32
WAITING = "suppressions that wait for their customer"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with one record of one customer, who had another id before."""
    settings = Settings(home=tmp_path, company_folder=tmp_path / "company", sources=tmp_path,
                        extracts=tmp_path)
    prepare_ml_tables(settings)
    pq.write_table(pa.Table.from_pylist([
        {"record_key": KNOWN, "customer_id": CUSTOMER, "is_senior": True, "match_rule": "single",
         "match_score": 1.0, "household_key": None}],
        schema=arrow_schema(TABLES["customer_records"])), ml_file(settings, "customer_records"))
    pq.write_table(pa.Table.from_pylist(
        [{"alias_customer_id": FORMER, "customer_id": CUSTOMER}],
        schema=arrow_schema(TABLES["customer_aliases"])), ml_file(settings, "customer_aliases"))
    (settings.company_folder / "decisions").mkdir(parents=True)
    return settings


def decide(settings: Settings, *rows: str) -> None:
    (settings.company_folder / "decisions" / "suppressions.csv").write_text(
        "\n".join(["customer;channel;until;decided_by;decided_at;reason", *rows]),
        encoding="utf-8")


def listed(settings: Settings) -> list[tuple[object, ...]]:
    return [(row["record_key"], row["channel"], row["decided_on"]) for row in
            pq.read_table(ml_file(settings, "contact_suppressions")).to_pylist()]


def test_suppressions_are_listed_and_those_of_nobody_counted(settings: Settings) -> None:
    decide(settings, f"{KNOWN};;;x;2026-03-31;y", f"{CUSTOMER};;;x;2026-03-30;y",
           f"{NOBODY};;;x;2026-03-29;y", f"{FORMER};;;x;2026-03-28;y")
    outcome = list_suppressions(settings)
    outcome.raise_if_blocked()
    assert outcome.metrics == {WAITING: 1}
    assert listed(settings) == [(NOBODY, "*", date(2026, 3, 29)), (KNOWN, "*", date(2026, 3, 31)),
                                (CUSTOMER, "*", date(2026, 3, 30)),
                                (FORMER, "*", date(2026, 3, 28))]


def test_without_a_file_nobody_is_listed(settings: Settings) -> None:
    assert list_suppressions(settings).metrics == {WAITING: 0}
    assert listed(settings) == []


def test_a_file_that_cannot_be_used_leaves_the_last_list(settings: Settings) -> None:
    decide(settings, f"{KNOWN};;;x;2026-03-31;y")
    list_suppressions(settings)
    decide(settings, f"{NOBODY};;;x;2026-03-31;y", "Erika;;;x;2026-03-31;y")
    with pytest.raises(DecisionError, match="row 3"):
        list_suppressions(settings)
    assert listed(settings) == [(KNOWN, "*", date(2026, 3, 31))]
