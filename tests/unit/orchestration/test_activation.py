"""Lists for activation: who is left out, what the files look like, and what is logged."""

from __future__ import annotations

import csv
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from orchestration.activation import (
    LAYOUTS,
    ActivationList,
    HoldoutBroken,
    collect_actions,
    count_exported,
    exports_file,
    list_exports,
    write_list,
)
from orchestration.cli import main
from orchestration.cli_activate import KINDS
from orchestration.settings import DBT_PROJECT, Settings
from orchestration.warehouse import reading

AT = datetime(2026, 7, 1, 8, 0)
LATER = datetime(2026, 7, 2, 8, 0)

ACTIONS = """
    create schema marts; create schema staging; create schema seeds; create schema intermediate;
    create table seeds.contact_channels as select * from (values ('email', 4), ('*', 5)) as
        limits (channel, maximum_contacts);
    create table intermediate.int_contact_permissions_resolved as
        select 'c' || n as customer_id, channel, 3 as all_contacts_count
        from range(1, 6) as numbers (n), (values ('email'), ('phone')) as channels (channel);
    create table marts.next_best_actions as select * from (values
        ('a1', 'c1', 'p1', 1, 'cross_sell', 'email', false, 5.0),
        ('a2', 'c1', null, 2, 'recover', 'email', false, 4.0),
        ('a3', 'c2', null, 1, 'recover', 'email', false, 9.0),
        ('a4', 'c3', null, 1, 'recover', 'email', true, 7.0),
        ('a5', 'c4', null, 1, 'recover', 'phone', false, 6.0),
        ('a6', 'c5', null, 1, 'leave_alone', null, false, 0.0)
    ) as actions (action_id, customer_id, product_id, action_rank, action_kind, channel, is_holdout,
        expected_value);
    alter table marts.next_best_actions add column as_of_date date default date '2026-06-30';
    alter table marts.next_best_actions add column holdout_draw varchar default 'salt/0.1';
    alter table marts.next_best_actions add column currency varchar default 'EUR';
    alter table marts.next_best_actions add column reason_de varchar default 'Grund';
    alter table marts.next_best_actions add column reason_en varchar default 'reason';
    alter table marts.next_best_actions add column evidence_de varchar default 'Beleg';
    alter table marts.next_best_actions add column evidence_en varchar default 'evidence';
    create table marts.customers as select
        'c' || n as customer_id, 'c' || n || '@example.com' as email, '+4917000' || n as phone,
        case n when 1 then '=cmd()' else 'Vorname' end as first_name, 'Nachname' as last_name,
        null::varchar as company_name, null::varchar as title, null::varchar as street,
        null::varchar as postal_code, null::varchar as city, null::varchar as country,
        'de' as language from range(1, 6) as numbers (n);
    create table marts.products as select 'p1' as product_id, 'Lampe' as product_name;
    create table marts.contact_preferences as select 'c1' as customer_id,
        'factual' as preferred_tone, 1 as preferred_weekday, 'evening' as preferred_day_part;
    create table marts.customer_aliases as
        select 'old2' as alias_customer_id, 'c2' as customer_id;
    create table staging.stg_ml__customer_records as
        select md5('crm.customers|crm|2') as identity_record_key, 'c2' as customer_id;
    create table staging.stg_crm__customers as
        select md5('crm.customers|crm|2') as identity_record_key, '10002' as customer_number"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    home.mkdir()
    settings = Settings(home=home, company_folder=tmp_path / "company", sources=tmp_path,
                        extracts=tmp_path)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute(ACTIONS)
    return settings


def collect(settings: Settings, channel: str = "email", **options: object) -> ActivationList:
    with reading(settings.warehouse_path) as con:
        return collect_actions(settings, con, channel, **options)  # type: ignore[arg-type]


def suppress(settings: Settings, row: str) -> None:
    path = settings.company_folder / "decisions" / "suppressions.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"customer;channel;until;decided_by;decided_at;reason\n{row}\n",
                    encoding="utf-8")


def customers(collected: ActivationList) -> list[str]:
    return collected.rows["Customer ID"].tolist()


def test_each_customer_is_once_on_a_list_the_most_valuable_first(settings: Settings) -> None:
    collected = collect(settings)
    assert customers(collected) == ["c2", "c1"]
    assert collected.rows["Customer Number"].fillna("").tolist() == ["10002", ""]
    assert collected.rows["Product"].fillna("").tolist() == ["", "Lampe"]


def test_the_holdout_is_left_out_and_counted(settings: Settings) -> None:
    collected = collect(settings)
    assert "c3" not in customers(collected)
    assert collected.left_out["in the holdout"] == 1


def test_a_list_with_the_holdout_is_not_written(settings: Settings, tmp_path: Path) -> None:
    collected = collect(settings)
    broken = ActivationList(collected.channel, collected.as_of, collected.rows,
                            collected.actions.assign(is_holdout=True), {})
    with pytest.raises(HoldoutBroken):
        write_list(settings, broken, tmp_path / "list.csv", "csv", by="x", at=AT)
    assert not (tmp_path / "list.csv").exists()
    assert count_exported(settings) == 0


@pytest.mark.parametrize(("row", "is_on_it"), [
    ("crm/2;;;x;2026-07-01;y", False), ("crm/2;email;;x;2026-07-01;y", False),
    ("crm/2;phone;;x;2026-07-01;y", True), ("crm/2;;2026-06-29;x;2026-06-01;y", True),
    ("crm/2;;2026-06-30;x;2026-06-01;y", False), ("crm/9;;;x;2026-07-01;y", True)])
def test_who_was_suppressed_since_the_run_is_left_out(
    settings: Settings, row: str, is_on_it: bool,
) -> None:
    suppress(settings, row)
    assert ("c2" in customers(collect(settings))) is is_on_it


def test_nobody_is_handed_out_twice_for_one_channel_and_run(
    settings: Settings, tmp_path: Path,
) -> None:
    write_list(settings, collect(settings, most=1), tmp_path / "1.csv", "csv", by="x", at=AT)
    second = collect(settings)
    assert customers(second) == ["c1"]
    assert second.left_out["handed out before"] == 1
    assert customers(collect(settings, "phone")) == ["c4"]


def test_lists_of_two_channels_keep_to_the_limit_of_all_together(
    settings: Settings, tmp_path: Path,
) -> None:
    """Of five contacts three were made before the run, and two are handed out on other channels."""
    write_list(settings, collect(settings, "phone"), tmp_path / "1.csv", "csv", by="x", at=AT)
    log = pq.read_table(exports_file(settings))
    also_by_mail = pd.concat([log.to_pandas(), log.to_pandas().assign(channel="post")])
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("update marts.next_best_actions set channel = 'email' where action_id = 'a5'")
    assert "c4" in customers(collect(settings))
    pq.write_table(pa.Table.from_pandas(also_by_mail, schema=log.schema), exports_file(settings))
    collected = collect(settings)
    assert customers(collected) == ["c2", "c1"]
    assert collected.left_out["contacted enough"] == 1


def test_nobody_else_can_read_a_list_at_any_moment(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    modes = []
    to_csv = pd.DataFrame.to_csv

    def watch(frame: pd.DataFrame, file: Any, **options: Any) -> None:
        modes.append(os.fstat(file.fileno()).st_mode & 0o777)
        to_csv(frame, file, **options)

    monkeypatch.setattr(pd.DataFrame, "to_csv", watch)
    umask = os.umask(0)
    try:
        write_list(settings, collect(settings), tmp_path / "list.csv", "csv", by="x", at=AT)
    finally:
        os.umask(umask)
    assert modes == [0o600]
    assert (tmp_path / "list.csv").stat().st_mode & 0o777 == 0o600


def test_a_list_that_breaks_off_leaves_nothing_behind(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("orchestration.activation._append_log", fail)
    with pytest.raises(OSError, match="disk full"):
        write_list(settings, collect(settings), tmp_path / "out" / "list.csv", "csv", by="x", at=AT)
    assert list((tmp_path / "out").iterdir()) == []


def seed(name: str, column: str) -> set[str]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row[column] for row in csv.DictReader(file)}


def test_lists_are_of_the_channels_and_kinds_that_the_seeds_know() -> None:
    assert set(LAYOUTS) == seed("contact_channels", "channel") - {"*"}
    assert set(KINDS) == seed("action_kinds", "action_kind") - {"leave_alone"}


def test_kinds_and_language_are_chosen(settings: Settings) -> None:
    collected = collect(settings, kinds=("cross_sell",), language="en")
    assert collected.rows[["Customer ID", "Reason"]].values.tolist() == [["c1", "reason"]]


def test_the_file_has_columns_that_tools_know_and_no_formula(
    settings: Settings, tmp_path: Path,
) -> None:
    write_list(settings, collect(settings), tmp_path / "list.csv", "csv", by="x", at=AT)
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:3] == ["Email Address", "First Name", "Last Name"]
    assert [row["First Name"] for row in rows] == ["Vorname", "'=cmd()"]
    write_list(settings, collect(settings, "phone"), tmp_path / "calls.csv", "csv", by="x", at=AT)
    assert pd.read_csv(tmp_path / "calls.csv", dtype=str)["Phone Number"].tolist() == ["+49170004"]


def test_parquet_holds_the_same(settings: Settings, tmp_path: Path) -> None:
    collected = collect(settings)
    write_list(settings, collected, tmp_path / "list.parquet", "parquet", by="x", at=AT)
    assert pq.read_table(tmp_path / "list.parquet")["Customer ID"].to_pylist() == ["c2", "c1"]


def test_the_log_grows_and_keeps_what_it_had(settings: Settings, tmp_path: Path) -> None:
    first = write_list(settings, collect(settings, most=1), tmp_path / "1.csv", "csv", by="Ada",
                       at=AT)
    before = pq.read_table(exports_file(settings)).to_pylist()
    second = write_list(settings, collect(settings), tmp_path / "2.csv", "csv", by="Bea", at=LATER)
    after = pq.read_table(exports_file(settings)).to_pylist()
    assert after[:1] == before
    assert [(row["export_id"], row["exported_by"], row["action_id"], row["customer_id"],
             row["holdout_draw"]) for row in after] == [
        (first, "Ada", "a3", "c2", "salt/0.1"), (second, "Bea", "a1", "c1", "salt/0.1")]
    assert list_exports(settings)["export_id"].tolist() == [second, first]


def test_an_empty_list_is_neither_written_nor_logged(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no rows"):
        write_list(settings, collect(settings, "post"), tmp_path / "x.csv", "csv", by="x", at=AT)
    assert count_exported(settings) == 0


def run(settings: Settings, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["activate", *arguments, "--home", str(settings.home)],
                                env={"CX360_COMPANY": str(settings.company_folder)})
    return result.exit_code, result.output


def test_the_command_counts_writes_and_shows_the_log(settings: Settings, tmp_path: Path) -> None:
    assert run(settings, "list", "email", "--count") == (
        0, "2 customers on the channel email; left out: 1 in the holdout, 0 suppressed, "
           "0 handed out before, 0 contacted enough\n")
    assert run(settings, "log") == (0, "Nothing was handed out yet.\n")
    code, output = run(settings, "list", "email", "--by", "Ada", "--output",
                       str(tmp_path / "list.csv"))
    assert code == 0 and "logged in state/exports.parquet" in output
    code, output = run(settings, "log")
    assert code == 0 and "2 actions as of 2026-06-30  list.csv  by Ada" in output


def test_the_command_wants_to_know_who_and_where(settings: Settings, tmp_path: Path) -> None:
    code, output = run(settings, "list", "email", "--output", str(tmp_path / "list.csv"))
    assert code == 2 and "--by" in output
    assert not (tmp_path / "list.csv").exists()


def test_without_a_warehouse_the_command_says_what_to_do(
    settings: Settings,
) -> None:
    settings.warehouse_path.unlink()
    code, output = run(settings, "list", "email", "--count")
    assert code == 1 and "run `cx360 run` first" in output


@pytest.mark.parametrize(("arguments", "expected"), [
    (("--help",), "--by \"A. Beispiel\" --output newsletter.csv"),
    (("--help",), "holdout"), (("list", "--help"), "Email Address, First Name, Last Name"),
])
def test_help_gives_examples_and_columns(arguments: tuple[str, ...], expected: str) -> None:
    assert expected in CliRunner().invoke(main, ["activate", *arguments]).output
