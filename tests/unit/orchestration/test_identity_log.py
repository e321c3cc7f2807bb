"""The log of identity changes survives kills: every change is logged once, or not at all."""

from __future__ import annotations

from datetime import date
from hashlib import md5
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from models_ml.tables import TABLES
from orchestration.identity_log import IdentityHistory, log_file, record_history
from orchestration.ml_tables import arrow_schema, ml_file, prepare_ml_tables
from orchestration.settings import Settings


def new_home(folder: Path) -> Settings:
    settings = Settings(home=folder, company_folder=folder, sources=folder, extracts=folder)
    prepare_ml_tables(settings)
    return settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return new_home(tmp_path)


def id_of(record: str) -> str:
    return md5(f"customer|{record}".encode()).hexdigest()


LETTERS = {id_of(record): record for record in "abcdef"}


def place(settings: Settings, name: str, parts: list[pd.DataFrame]) -> None:
    """Stands in for `write_ml_table`, without judging."""
    schema = arrow_schema(TABLES[name])
    with pq.ParquetWriter(ml_file(settings, name), schema) as writer:
        for part in parts:
            writer.write_table(pa.Table.from_pandas(part, schema=schema, preserve_index=False))


def run(
    settings: Settings, customers: str, *, killed: bool = False, day: int = 1,
) -> IdentityHistory:
    found = pd.DataFrame(
        [(record, id_of(group[0]), record == group[0], "email", 1.0, None)
         for group in customers.split() for record in sorted(group)],
        columns=[column.name for column in TABLES["customer_records"].columns]).astype(
            {"record_key": "str", "customer_id": "str", "is_senior": "bool"})
    con = duckdb.connect()
    con.register("found", found)
    con.execute("create view seniority as select record_key, 1 as first_load_sequence from found")
    history = record_history(settings, con, current="found", seniority="seniority",
                             as_of=date(2026, 1, day))
    if not killed:
        place(settings, "customer_aliases", [con.table(history.aliases).df()])
        place(settings, "identity_changes", [history.changes])
        place(settings, "customer_records", [found])
    return history


def logged(settings: Settings) -> list[str]:
    rows = pq.read_table(log_file(settings)).to_pylist()
    return [f"{row['change_sequence']} {row['change_type']} {LETTERS[row['from_customer_id']]}>"
            f"{LETTERS[row['to_customer_id']]}" for row in rows]


def test_runs_that_change_nothing_have_no_number(settings: Settings) -> None:
    for customers in ("a b c", "a b c", "ab c", "ab cd", "ab c", "a b c"):
        run(settings, customers)
    assert logged(settings) == ["1 merged b>a", "2 split a>b"]


def test_the_tables_are_what_dbt_reads(settings: Settings) -> None:
    run(settings, "a b c", day=1)
    history = run(settings, "ab c", day=2)
    assert history.counts == {"merged": 1, "split": 0, "renamed": 0}
    run(settings, "ab c", day=3)
    assert pq.read_table(ml_file(settings, "identity_changes")).to_pylist() == [{
        "change_sequence": 1, "as_of_date": date(2026, 1, 2), "change_type": "merged",
        "from_customer_id": id_of("b"), "to_customer_id": id_of("a"), "records_count": 1}]
    assert pq.read_table(ml_file(settings, "customer_aliases")).to_pylist() == [
        {"alias_customer_id": id_of("b"), "customer_id": id_of("a")}]


def test_taking_a_decision_back_gives_the_ids_of_before(settings: Settings) -> None:
    run(settings, "a b c")
    before = ml_file(settings, "customer_records").read_bytes()
    run(settings, "ab c")
    history = run(settings, "a b c")
    assert history.counts == {"merged": 0, "split": 1, "renamed": 0}
    assert ml_file(settings, "customer_records").read_bytes() == before
    assert pq.read_table(ml_file(settings, "customer_aliases")).num_rows == 0


@pytest.mark.parametrize("after", ["ab c", "a bc", "a b c"])
def test_a_killed_run_takes_nothing_with_it(settings: Settings, after: str) -> None:
    """Killed after the log and before the partition; the next run may conclude otherwise."""
    run(settings, "abc")
    run(settings, "a b c")
    run(settings, "ab c", killed=True)
    run(settings, after)
    assert logged(settings) == ["1 split a>b", "1 split a>c", *{
        "ab c": ["2 merged b>a"], "a bc": ["2 merged c>b"], "a b c": []}[after]]


def test_a_partition_that_comes_back_does_not_undo_the_log(settings: Settings) -> None:
    """From `a b` to `ab`, by way of nothing to `a b` again: the merge was real and stays logged."""
    for customers in ("a b", "ab", "", "a b", "a b"):
        run(settings, customers)
    assert logged(settings) == ["1 merged b>a"]


def test_a_former_id_outlives_its_record(settings: Settings) -> None:
    for customers in ("ab c", "b c", "bc"):
        run(settings, customers)
    assert logged(settings) == ["1 renamed a>b", "2 merged c>b"]
    rows = pq.read_table(ml_file(settings, "customer_aliases")).to_pylist()
    assert {(LETTERS[row["alias_customer_id"]], LETTERS[row["customer_id"]]) for row in rows} == {
        ("a", "b"), ("c", "b")}


partitions = st.lists(st.sampled_from(
    ["", "a", "ab", "a b", "abc", "a bc", "ab c", "ac b", "a b c", "abcd", "ab cd", "bcd", "b cd"]),
    min_size=1, max_size=6)


@given(steps=partitions, kills=st.lists(st.booleans(), min_size=6, max_size=6), detour=partitions)
@examples(max_examples=8, deadline=None)
def test_a_history_with_kills_is_the_history_without_them(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], kills: list[bool],
    detour: list[str],
) -> None:
    straight = new_home(tmp_path_factory.mktemp("straight"))
    bumpy = new_home(tmp_path_factory.mktemp("bumpy"))
    for number, customers in enumerate(steps):
        run(straight, customers)
        if kills[number]:
            run(bumpy, detour[number % len(detour)], killed=True)
        run(bumpy, customers)
    for name in ("customer_records", "customer_aliases", "identity_changes"):
        assert ml_file(straight, name).read_bytes() == ml_file(bumpy, name).read_bytes()
    assert logged(straight) == logged(bumpy)
