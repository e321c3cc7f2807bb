"""The identity step: the model it fits and finds again, the store that may go, runs that die."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from expectations.verdicts import TableVerdict
from models_ml import identity
from models_ml.identity_history import fingerprint_partition
from models_ml.identity_store import CLUSTER_TABLES, FORMER_PARTITION, RECORD_TABLES
from models_ml.tables import TABLES, MlTable
from orchestration import identity_log, identity_step, ml_tables
from orchestration.decision_files import DecisionError
from orchestration.identity_step import (
    explain_records,
    resolve_customers,
    train_match_model,
)
from orchestration.ml_tables import ml_file, prepare_ml_tables
from orchestration.settings import CompanySettings, Settings

IDENTITY_TABLES = ("customer_records", "identity_edges", "identity_review", "customer_aliases",
                   "identity_changes")
COLUMNS = ("last_name", "birth_date", "street", "postal_code", "city", "email", "phone")
# Reference -> first name and values of COLUMNS. 1, 2 and 3 are Eva, misspelt in 3 after a move.
# 5, 6 and 7 are guests: 5 left the telephone of 4 in Vienna, 6 and 7 left one mailbox.
PEOPLE: dict[str, tuple[str | None, ...]] = {
    "1": ("Eva", "Rabenhorst", "1980-03-04", "Birkenweg 7", "10115", "Berlin", "eva@x.de", None),
    "2": ("Eva", "Rabenhorst", "1980-03-04", "Birkenweg 7", "10115", "Berlin", None, None),
    "3": ("Eva", "Rabenhrost", "1980-03-04", None, "10117", "Berlin", None, "030 1234567"),
    "4": ("Henry", "Quast", "1951-06-17", "Deichstr. 3", "20459", "Hamburg", None, "01 58804390"),
    "5": (None, None, None, None, None, None, None, "+43 1 58804390"),
    "6": (None, None, None, None, None, None, "kasse@x.de", None),
    "7": (None, None, None, None, None, None, "kasse@x.de", None),
}


def key_of(reference: str) -> str:
    return md5(f"crm.customers|crm|{reference}".encode()).hexdigest()


REFERENCES = {key_of(reference): reference for reference in (*PEOPLE, "8")}


def deliver(settings: Settings, people: dict[str, tuple[str | None, ...]] = PEOPLE) -> None:
    """Stands in for dbt: the four relations of `intermediate` that the step reads."""
    settings.warehouse_path.unlink(missing_ok=True)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("create schema intermediate")
        con.execute("create table people (record_key varchar, reference varchar, "
                    "first_name varchar, " + ", ".join(f"{name} varchar" for name in COLUMNS) + ")")
        for reference, values in people.items():
            con.execute(f"insert into people values ({', '.join('?' * (len(COLUMNS) + 3))})",
                        [key_of(reference), reference, *values])
        for table, query in {
            "int_identity_records_unioned":
                "select record_key, reference::bigint as first_load_sequence from people",
            "int_identifiers_unioned": " union all ".join(
                f"select record_key, '{kind}' as identifier_type, {kind} as identifier_value, "
                f"'crm' as source_system from people where {kind} is not null"
                for kind in ("email", "phone")),
            "int_identity_attributes_unioned":
                "select record_key, 'person' as customer_type, null::varchar as title, "
                "first_name, last_name, null::varchar as company_name, birth_date::date as "
                "birth_date, null::varchar as gender, street, postal_code, city, 'DE' as country "
                "from people where first_name is not null",
            "int_crm_merges_resolved":
                "select record_key as left_record_key, record_key as right_record_key from people "
                "where false",
        }.items():
            con.execute(f"create table intermediate.{table} as {query}")


def pass_everything(table: MlTable, file: Path, *_: Any, **__: Any) -> TableVerdict:
    """Stands in for the suites, which take seconds to be imported."""
    return TableVerdict(table.name, pq.read_metadata(file).num_rows, (), {})


@pytest.fixture(autouse=True)
def no_suites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ml_tables, "_judge", pass_everything)


def settings_of(home: Path) -> Settings:
    return Settings(home=home, company_folder=home / "company", sources=home, extracts=home,
                    as_of=date(2026, 3, 31))


@pytest.fixture(scope="module")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after its first run."""
    home = tmp_path_factory.mktemp("first")
    settings = settings_of(home)
    prepare_ml_tables(settings)
    deliver(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ml_tables, "_judge", pass_everything)
        metrics = resolve_customers(settings).metrics
    (home / "first.json").write_text(json.dumps(metrics))
    return home


@pytest.fixture
def settings(first_home: Path, tmp_path: Path) -> Settings:
    """A home of its own after the first run."""
    shutil.copytree(first_home, tmp_path / "home")
    return settings_of(tmp_path / "home")


def run(settings: Settings) -> dict[str, int]:
    outcome = resolve_customers(settings)
    outcome.raise_if_blocked()
    assert [written.table.name for written in outcome.written][-1] == "customer_records", (
        "the partition comes last, so that a killed run can be run again")
    return outcome.metrics


def partition(settings: Settings) -> str:
    """Customers by the references of their records: "123 45"."""
    groups: dict[str, str] = {}
    for row in pq.read_table(ml_file(settings, "customer_records")).to_pylist():
        groups[row["customer_id"]] = groups.get(row["customer_id"], "") + REFERENCES[
            row["record_key"]]
    return " ".join(sorted("".join(sorted(group)) for group in groups.values()))


def tables(
    settings: Settings, names: tuple[str, ...] = IDENTITY_TABLES,
) -> dict[str, list[dict[str, Any]]]:
    """Rows of the tables in the order of their keys; the files have none."""
    return {name: pq.read_table(ml_file(settings, name)).sort_by(
        [(column, "ascending") for column in TABLES[name].key]).to_pylist() for name in names}


def recorded(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.identity_models_path.iterdir())


def test_the_first_run_fits_a_model_and_the_second_weighs_nothing(settings: Settings) -> None:
    first = json.loads((settings.home / "first.json").read_text())
    assert recorded(settings) == ["0001.json", "0001.parquet"]
    assert (first["match_model"], first["match_model_records"]) == (1, 4)
    assert (first["records_new"], first["records"], first["customers"]) == (7, 7, 4)
    assert first["pairs_weighed"] >= 3
    assert partition(settings) == "123 4 5 67"
    before = tables(settings)
    again = run(settings)
    assert recorded(settings) == ["0001.json", "0001.parquet"]
    assert (again["records_new"], again["records_changed"], again["records_gone"]) == (0, 0, 0)
    assert (again["pairs_weighed"], again["match_model"]) == (0, 1)
    assert tables(settings) == before


def test_nothing_but_the_store_is_left_in_the_store(settings: Settings) -> None:
    """Splink's tables hold names and would pile up, run by run."""
    train_match_model(settings)
    run(settings)
    assert explain_records(settings, key_of("1"), key_of("3"))
    with duckdb.connect(str(settings.ml_path / "identity_store.duckdb"), read_only=True) as con:
        left = {name for (name,) in con.execute(
            "select table_name from information_schema.tables").fetchall()}
    assert left == {"frequency", "store_version", *RECORD_TABLES, *CLUSTER_TABLES}


def test_training_records_another_model_and_the_next_run_uses_it(settings: Settings) -> None:
    deliver(settings, {**PEOPLE, "8": ("Eva", *PEOPLE["1"][1:])})
    model = train_match_model(settings)
    assert model.number == 2
    assert recorded(settings) == ["0001.json", "0001.parquet", "0002.json", "0002.parquet"]
    assert partition(settings) == "123 4 5 67", "training places no table"
    metrics = run(settings)
    assert (metrics["match_model"], metrics["match_model_records"]) == (2, 5)
    assert partition(settings) == "1238 4 5 67"
    assert model.frequencies_path.exists()


def test_without_its_store_a_run_gives_the_same_tables(settings: Settings) -> None:
    before = tables(settings)
    (settings.ml_path / "identity_store.duckdb").unlink()
    metrics = run(settings)
    assert (metrics["records_new"], metrics["match_model"]) == (7, 1)
    assert tables(settings) == before


def test_only_what_changed_is_weighed_and_a_rebuild_gives_the_same(settings: Settings) -> None:
    deliver(settings, {**PEOPLE, "8": PEOPLE["2"]})
    metrics = run(settings)
    assert (metrics["records_new"], metrics["records_changed"]) == (1, 0)
    assert 1 <= metrics["pairs_weighed"] <= 3
    assert partition(settings) == "1238 4 5 67"
    incremental = tables(settings, IDENTITY_TABLES[:3])
    shutil.rmtree(settings.ml_path)
    prepare_ml_tables(settings)
    run(settings)
    assert tables(settings, IDENTITY_TABLES[:3]) == incremental


def test_a_killed_run_leaves_the_store_as_it_was(settings: Settings) -> None:
    """What a kill leaves is what lies on the disk at that moment."""
    deliver(settings, {**PEOPLE, "8": PEOPLE["2"]})
    store = settings.ml_path / "identity_store.duckdb"
    left = store.with_suffix(".left")

    def look(message: str) -> None:
        if message == "identity: clustering":
            assert list(settings.ml_path.glob("identity_store*")) == [store]
            shutil.copy(store, left)

    resolve_customers(settings, look)
    concluded = tables(settings, IDENTITY_TABLES[:3])
    left.replace(store)
    metrics = run(settings)
    assert (metrics["records_new"], metrics["records_changed"]) == (1, 0)
    assert tables(settings, IDENTITY_TABLES[:3]) == concluded


def customers_of(settings: Settings) -> dict[str, str]:
    """Reference of every record -> its customer."""
    return {REFERENCES[row["record_key"]]: row["customer_id"]
            for row in pq.read_table(ml_file(settings, "customer_records")).to_pylist()}


def aliases(settings: Settings) -> dict[str, str]:
    return {row["alias_customer_id"]: row["customer_id"]
            for row in pq.read_table(ml_file(settings, "customer_aliases")).to_pylist()}


def test_a_deleted_record_leaves_its_key_as_a_tombstone(settings: Settings) -> None:
    """The id that its customer had from it means the customer that is left, with or without the
    store; delivered again, it is the customer's id again. Who has no record left, has no row."""
    before = tables(settings, IDENTITY_TABLES[:4])
    eva, henry = customers_of(settings)["1"], customers_of(settings)["4"]
    deliver(settings, {reference: values for reference, values in PEOPLE.items()
                       if reference not in ("1", "4")})
    metrics = run(settings)
    assert (metrics["records_gone"], metrics["customers_renamed"]) == (2, 1)
    assert partition(settings) == "23 5 67"
    left = customers_of(settings)["2"]
    assert left != eva
    assert aliases(settings)[eva] == left
    assert henry not in {*aliases(settings), *customers_of(settings).values()}
    after = tables(settings, IDENTITY_TABLES[:4])
    (settings.ml_path / "identity_store.duckdb").unlink()
    run(settings)
    assert tables(settings, IDENTITY_TABLES[:4]) == after
    deliver(settings)
    run(settings)
    assert tables(settings, IDENTITY_TABLES[:4]) == before


def test_a_partition_carries_its_fingerprint(settings: Settings) -> None:
    for people in (PEOPLE, {**PEOPLE, "8": PEOPLE["2"]}):  # clustered anew, and by what changed
        deliver(settings, people)
        run(settings)
        file = ml_file(settings, "customer_records")
        mark = pq.read_metadata(file).metadata[identity_log.PARTITION_MARK.encode()].decode()
        with duckdb.connect() as con:
            assert mark == fingerprint_partition(con, f"read_parquet('{file}')")


def fail_once(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, number: int = 1,
) -> None:
    """Let the call of that number raise, and the others pass."""
    real: Callable[..., Any] = getattr(module, name)
    calls: list[int] = []

    def failing(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == number:
            raise OSError("no space left on device")
        return real(*arguments, **options)

    monkeypatch.setattr(module, name, failing)


@pytest.fixture(scope="module")
def undisturbed(first_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home after a second run in which 3 turned out to be 4, and 8 is new."""
    home = tmp_path_factory.mktemp("second") / "home"
    shutil.copytree(first_home, home)
    deliver(settings_of(home), {**PEOPLE, "3": PEOPLE["4"], "8": PEOPLE["2"]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ml_tables, "_judge", pass_everything)
        run(settings_of(home))
    return settings_of(home)


@pytest.mark.parametrize(("module", "name", "number"), [
    (identity, "score_pairs", 1),  # within the store
    (identity_step, "draft_copy", 1),
    (identity_step, "place_ml_table", 5),  # the partition itself
    (identity_step, "draw_match_weights", 1),  # when all is written and nothing in place
])
def test_a_run_that_died_can_be_run_again(
    settings: Settings, undisturbed: Settings, monkeypatch: pytest.MonkeyPatch, module: Any,
    name: str, number: int,
) -> None:
    shutil.copy(undisturbed.warehouse_path, settings.warehouse_path)
    fail_once(monkeypatch, module, name, number)
    with pytest.raises(OSError, match="no space left"):
        run(settings)
    assert partition(settings) == "123 4 5 67"
    run(settings)
    assert partition(settings) == "128 34 5 67"
    assert tables(settings) == tables(undisturbed)
    assert not list(settings.ml_path.glob("*.tmp"))


@pytest.mark.parametrize("is_followed", [True, False])
def test_the_log_is_the_same_by_the_changed_rows_and_by_all(
    settings: Settings, undisturbed: Settings, monkeypatch: pytest.MonkeyPatch, is_followed: bool,
) -> None:
    compared: list[str] = []
    real = identity_log.find_changes

    def noting(con: duckdb.DuckDBPyConnection, *, previous: str, **others: Any) -> pd.DataFrame:
        compared.append(previous)
        return real(con, previous=previous, **others)

    monkeypatch.setattr(identity_log, "find_changes", noting)
    if not is_followed:  # the partition in place is another than the store's last one
        known = identity_step.version_of
        monkeypatch.setattr(identity_step, "version_of", lambda con, part: (
            "" if part == FORMER_PARTITION else known(con, part)))
    shutil.copy(undisturbed.warehouse_path, settings.warehouse_path)
    run(settings)
    assert (compared == ["former_customer_records"]) == is_followed
    assert tables(settings) == tables(undisturbed)


HEAD = "decision;left_record;right_record;decided_by;decided_at;reason\n"


def decide(settings: Settings, *rows: str) -> None:
    path = settings.company_folder / "decisions" / "identity.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + "".join(f"{row};Änne;2026-03-31;asked\n" for row in rows))


def test_decisions_count_from_the_next_run_until_they_are_taken_back(settings: Settings) -> None:
    before = tables(settings, IDENTITY_TABLES[:4])
    decide(settings, "different;crm/1;crm/2", f"same;crm/4;{key_of('5')}", "same;crm/6;crm/99")
    metrics = run(settings)
    assert partition(settings) in ("1 23 45 67", "13 2 45 67")
    assert (metrics["decisions_waiting"], metrics["pairs_weighed"]) == (1, 0)
    assert (metrics["customers_merged"], metrics["customers_split"]) == (1, 1)
    decide(settings)
    metrics = run(settings)
    assert tables(settings, IDENTITY_TABLES[:4]) == before
    assert (metrics["customers_merged"], metrics["customers_split"]) == (1, 1)


def test_a_broken_decision_stops_the_step_and_changes_nothing(settings: Settings) -> None:
    before = tables(settings)
    deliver(settings, {"1": PEOPLE["1"]})
    decide(settings, "equal;crm/1;crm/2")
    with pytest.raises(DecisionError, match="row 2, column decision: unknown word"):
        run(settings)
    assert tables(settings) == before


@pytest.mark.parametrize(("company", "expected"), [
    (CompanySettings(default_country="AT"), "123 45 67"),  # 01 58804390 is a number in Vienna
    (CompanySettings(blocked_identifiers=("KASSE@x.de",)), "123 4 5 6 7"),
])
def test_another_spelling_of_identifiers_fills_the_store_anew(
    settings: Settings, company: CompanySettings, expected: str,
) -> None:
    metrics = run(replace(settings, company=company))
    assert (metrics["records_new"], metrics["match_model"]) == (7, 1)
    assert partition(settings) == expected


def test_other_thresholds_need_no_pair_weighed(settings: Settings) -> None:
    company = CompanySettings(identity_size_limit=2, identifier_limits=(("email", 1),))
    metrics = run(replace(settings, company=company))
    assert (metrics["records_new"], metrics["pairs_weighed"]) == (0, 0)
    assert metrics["values_over_limit"] == 1
    assert metrics["largest_cluster"] == 2
    assert run(settings)["largest_cluster"] == 3


def test_a_model_for_other_comparisons_is_followed_by_a_new_one(settings: Settings) -> None:
    path = settings.identity_models_path / "0001.json"
    model = json.loads(path.read_text())
    model["same"]["gender"].append(.1)
    path.write_text(json.dumps(model))
    assert run(settings)["match_model"] == 2
    assert recorded(settings) == ["0001.json", "0001.parquet", "0002.json", "0002.parquet"]
    assert path.read_text() == json.dumps(model), "recorded history is not rewritten"


def test_the_evidence_between_two_records_is_told(settings: Settings) -> None:
    evidence = {name: level for name, level, _ in explain_records(settings, key_of("1"),
                                                                  key_of("3"))}
    assert evidence["first_name"] == "equal"
    assert evidence["last_name"] == "typing error"
    assert explain_records(settings, key_of("4"), key_of("5")) == [], "5 has no attributes"
    shutil.rmtree(settings.identity_models_path)
    assert explain_records(settings, key_of("1"), key_of("3")) == []


def test_metrics_and_the_model_hold_no_personal_data(settings: Settings) -> None:
    outcome = resolve_customers(settings)
    told = json.dumps(outcome.metrics) + outcome.chart + (
        settings.identity_models_path / "0001.json").read_text()
    values = {value for person in PEOPLE.values() for value in person if value}
    assert not [value for value in values if value.lower() in told.lower()]
    assert all(isinstance(value, int) for value in outcome.metrics.values())


def test_before_the_first_run_of_dbt_there_is_nothing_to_resolve(tmp_path: Path) -> None:
    for step in (resolve_customers, train_match_model):
        with pytest.raises(FileNotFoundError, match="run `cx360 run` first"):
            step(settings_of(tmp_path))


def test_a_company_without_records_has_empty_tables(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    prepare_ml_tables(settings)
    deliver(settings, {})
    assert run(settings)["customers"] == 0
    for name in IDENTITY_TABLES:
        table = pq.read_table(ml_file(settings, name))
        assert table.num_rows == 0
        assert table.column_names == [column.name for column in TABLES[name].columns]
