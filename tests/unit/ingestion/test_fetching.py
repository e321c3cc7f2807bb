"""Fetched rows become extracts: what counts, what a kill leaves, and where the next fetch begins.

A made-up source stands in for databases and APIs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.declaration import DeclarationError, SourceDeclaration, read_declarations
from ingestion.fetching.fetch import FetchReport, UnknownSource, fetch_sources
from ingestion.fetching.fetcher import Fetched, FetchError, Position, Secrets, Task
from ingestion.fetching.landing import Landing
from ingestion.planning import find_new_extracts
from tests.unit.ingestion.places import Shop

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
Step = list[dict[str, Any]] | Position | Exception


class Made:
    """A source that gives what a test tells it to, and keeps what it was told."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.tasks: list[Task] = []
        self.is_closed = False

    def fetch(self, task: Task) -> Iterator[Fetched | Position]:
        self.tasks.append(task)
        for number, step in enumerate(self.steps):
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Position):
                yield step
                continue
            path = task.folder / f"{number}.parquet"
            pq.write_table(pa.Table.from_pylist(step), path)
            yield Fetched(path, len(step))

    def close(self) -> None:
        self.is_closed = True


def order(number: int, amount: str = "1.50") -> dict[str, Any]:
    return {"Nr": number, "Datum": "2026-03-30 10:00:00", "Betrag": amount, "Kunde": "K1"}


class FetchedShop(Shop):
    """The shop, whose orders lie in a table of a database."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.declare()

    def declare(self, settings: str = "table: orders", columns: str = "", key: str = "Nr") -> None:
        super().declare(settings, columns, key)
        path = self.sources / "shop.yml"
        path.write_text(path.read_text().replace(
            "tables:", "connection: {kind: postgresql, url_env: SHOP_URL}\ntables:"))

    def fetch(self, *steps: Step, now: datetime = NOON, **settings: Any) -> FetchReport:
        self.made = Made(*steps)
        return fetch_sources(
            read_declarations(self.sources), self.zone, {"SHOP_URL": "postgresql://u:geheim@h/d"},
            now=now, opened=lambda source, secrets: self.made, **settings)

    def landed(self) -> list[str]:
        folder = Landing(self.zone.path).path
        return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def shop(tmp_path: Path) -> FetchedShop:
    return FetchedShop(tmp_path)


def test_what_is_fetched_loads_as_an_extract_and_is_known_again(shop: FetchedShop) -> None:
    report = shop.fetch([order(1), order(2)], Position("2026-03-30"))
    assert (len(report.landed), report.problems, shop.made.is_closed) == (1, [], True)
    load = shop.only()
    assert (load.file, load.rows_accepted, str(load.extracted_on)) == (
        "_landed/shop/pos.orders/000001_20260331.parquet", 2, "2026-03-31")
    assert shop.rows("source_record_ref, net_amount", load)[0][0] == "1"
    assert find_new_extracts(
        read_declarations(shop.sources), shop.extracts, shop.zone) == (0, ())
    assert shop.load().known_count == 1


def test_json_in_a_text_column_is_reached_into(shop: FetchedShop) -> None:
    """MariaDB's JSON is a text."""
    shop.declare(columns="{ordered_at: Datum, customer_ref: Daten.Kunde.Nr, store_ref: Markt.a}")
    shop.fetch([order(1) | {"Daten": '{"Kunde": {"Nr": "K7"}}', "Markt": {"a": "M1"}},
                order(2) | {"Daten": "kein JSON", "Markt": None}], Position())
    assert shop.rows("source_record_ref, customer_ref, store_ref", shop.only()) == [
        ("1", "K7", "M1"), ("2", None, None)]


def test_the_next_fetch_is_told_where_the_last_one_ended(shop: FetchedShop) -> None:
    shop.fetch([order(1)], Position("7", {"page": 3}))
    shop.fetch([order(2)], Position("8"))
    (task,) = shop.made.tasks
    assert (task.since, [path.name for path in task.landed]) == (
        Position("7", {"page": 3}), ["000001_20260331.parquet"])
    assert [load.rows_accepted for load in shop.load().loaded] == [1, 1]
    shop.fetch(Position("9"), anew=True)
    assert shop.made.tasks[0].since is None


def test_another_question_begins_from_the_start(shop: FetchedShop) -> None:
    shop.declare("table: orders, cursor: Nr")
    shop.fetch([order(1)], Position("1"))
    shop.declare("table: orders, cursor: Nr, look_back: 5")
    shop.fetch(Position("1"))
    assert shop.made.tasks[0].since == Position("1")
    shop.declare("table: orders, cursor: Datum")
    shop.fetch(Position("1"))
    assert shop.made.tasks[0].since is None


def test_files_count_together_with_their_position_or_not_at_all(shop: FetchedShop) -> None:
    report = shop.fetch([order(1)], [order(2)], Position("2"), [order(3)],
                        FetchError("the server went away"))
    assert [file.rows for file in report.landed] == [1, 1]
    assert report.problems[0].message == "shop pos.orders: the server went away"
    shop.fetch([order(3)], Position("3"))
    assert shop.made.tasks[0].since == Position("2")
    assert shop.landed() == ["ledger.json", *(
        f"shop/pos.orders/00000{n}_20260331.parquet" for n in (1, 2, 3))]
    assert sum(load.rows_accepted for load in shop.load().loaded) == 3


def test_a_failed_fetch_is_a_problem_until_one_succeeds(shop: FetchedShop) -> None:
    shop.fetch([order(1)], Position("1"))
    shop.fetch(FetchError("the server went away"))
    report = shop.load()
    assert [load.rows_accepted for load in report.loaded] == [1]
    assert [problem["message"] for problem in shop.zone.problems()] == [
        "shop pos.orders: the server went away"]
    shop.fetch(Position("1"))
    assert shop.load().problems == ()


def test_no_word_of_a_driver_is_told(shop: FetchedShop) -> None:
    """It may hold the address with its password, or a row."""
    report = shop.fetch(RuntimeError("postgresql://u:geheim@h/d refused Erika Beispiel"))
    told = report.problems[0].message + Landing(shop.zone.path).ledger.read_text()
    assert "RuntimeError" in told
    assert not [word for word in ("geheim", "Erika") if word in told]


def test_a_table_that_was_never_fetched_is_a_problem(shop: FetchedShop) -> None:
    assert shop.problem() == ("shop pos.orders: nothing has been fetched yet; run `cx360 fetch "
                              "shop`")


def test_the_same_rows_again_bring_nothing_but_count_after_others(shop: FetchedShop) -> None:
    for amount in ("1.50", "1.50", "2.50", "1.50"):
        shop.fetch([order(1, amount)], Position())
    loads = shop.load().loaded
    assert [load.rows_accepted for load in loads] == [1, 1, 1]
    assert [str(shop.rows("net_amount", load)[0][0]) for load in loads] == [
        "1.5000", "2.5000", "1.5000"]
    shop.declare("table: orders, null_values: [x]")
    again = shop.load().loaded
    assert [load.load_sequence for load in again] == [load.load_sequence for load in loads]
    assert [load.state for load in shop.zone.loads()].count("superseded") == 3


def test_a_file_that_the_ledger_does_not_name_never_loads_and_is_removed(
    shop: FetchedShop,
) -> None:
    shop.fetch([order(1)], Position("1"))
    landing = Landing(shop.zone.path)
    left = landing.path / "shop/pos.orders/000002_20260331.parquet"
    pq.write_table(pa.Table.from_pylist([order(2)]), left)
    assert [load.rows_accepted for load in shop.load().loaded] == [1]
    shop.fetch(Position("1"))
    assert not left.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from ingestion.fetching.fetcher import Position
from ingestion.raw_zone import RawZone
from tests.unit.ingestion import test_fetching as t

shop = t.FetchedShop.__new__(t.FetchedShop)
home, kill_at = Path(sys.argv[1]), int(sys.argv[2])
shop.sources, shop.zone = home / "sources", RawZone(home / "raw")
count = 0
def counted(original):
    def call(*args, **kwargs):
        global count
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)
    return call
Path.replace, Path.write_text = counted(Path.replace), counted(Path.write_text)
shop.fetch([t.order(1)], [t.order(2)], Position("2"), [t.order(3)], Position("3"))
print(count)
"""


def test_a_killed_fetch_leaves_all_of_a_position_or_nothing(tmp_path: Path) -> None:
    """Killed before every single move or write that a fetch makes, the next one completes."""
    def fetch(home: Path, kill_at: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", KILLED, str(home), str(kill_at)], capture_output=True,
            text=True, check=kill_at == 0, env={**os.environ, "PYTHONPATH": str(Path.cwd())}).stdout

    FetchedShop(tmp_path / "0")
    moments = int(fetch(tmp_path / "0", 0))
    assert moments == 7  # three files moved, two ledgers written and moved
    counted = set()
    for kill_at in range(1, moments + 1):
        shop = FetchedShop(tmp_path / str(kill_at))
        fetch(tmp_path / str(kill_at), kill_at)
        before = sum(load.rows_accepted for load in shop.load().loaded)
        counted.add(before)
        fetch(tmp_path / str(kill_at), 0)
        shop.load()
        rows = [shop.rows("source_record_ref", load) for load in shop.zone.loads()]
        assert {ref for load in rows for (ref,) in load} == {"1", "2", "3"}
        assert len(shop.landed()) - 1 == len(Landing(shop.zone.path).files("shop", "pos.orders"))
    assert counted == {0, 2}


def test_one_source_that_cannot_be_opened_harms_no_other(shop: FetchedShop) -> None:
    (shop.sources / "crm.yml").write_text(
        "connection: {kind: mysql, url_env: CRM_URL}\ntables:\n"
        "  - {entity: crm.cases, key: id, query: select 1,\n"
        "     columns: {customer_ref: k, opened_at: o}}\n")
    made = Made([order(1)], Position("1"))

    def opened(source: SourceDeclaration, secrets: Secrets) -> Made:
        if source.source == "crm":
            raise FetchError("no answer")
        return made

    report = fetch_sources(
        read_declarations(shop.sources), shop.zone, {}, now=NOON, opened=opened)
    assert [problem.message for problem in report.problems] == ["crm crm.cases: no answer"]
    assert [file.source for file in report.landed] == ["shop"]
    assert fetch_sources(read_declarations(shop.sources), shop.zone, {}, only=["shop"],
                         opened=opened).problems == []
    with pytest.raises(UnknownSource, match=r"no source pos .* there is crm, shop"):
        fetch_sources(read_declarations(shop.sources), shop.zone, {}, only=["pos"])


@pytest.mark.parametrize(("settings", "message"), [
    ("table: orders, files: a.csv", "give `files` or `records`"),
    ("table: orders, format: csv", "leave out `format`"),
    ("table: orders, look_back: 2d", "`look_back` needs a `cursor`"),
    ("table: orders, cursor: Nr, look_back: late", "neither a duration"),
    ("files: a.csv, cursor: Nr", "`cursor` belongs to"),
    ("files: a.csv, deleted: compare_keys", "`deleted: compare_keys` belongs to"),
    ("files: a.csv", "no table is fetched over it"),
])
def test_settings_of_fetching_that_do_not_fit(
    shop: FetchedShop, settings: str, message: str,
) -> None:
    shop.declare(settings)
    with pytest.raises(DeclarationError, match=message):
        read_declarations(shop.sources)


@pytest.mark.parametrize(("old", "new", "message"), [
    ("connection: {kind: postgresql, url_env: SHOP_URL}\n", "", "give the source a `connection`"),
    ("url_env: SHOP_URL", "url_env: 'postgresql://u:geheim@h/d'", "names an environment variable"),
    ("url_env: SHOP_URL", "url_env: SHOP_URL, password: geheim", "unknown setting"),
    ("kind: postgresql", "kind: oracle", "postgresql"),
])
def test_a_connection_that_does_not_fit_is_told_without_a_secret(
    shop: FetchedShop, old: str, new: str, message: str,
) -> None:
    path = shop.sources / "shop.yml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DeclarationError, match=message) as told:
        read_declarations(shop.sources)
    assert "geheim" not in str(told.value)


@pytest.mark.parametrize("change", [
    lambda s: s.replace("table: orders", "query: select * from orders"),
    lambda s: s.replace("table: orders", "table: orders, cursor: Nr, look_back: 9"),
    lambda s: s.replace("SHOP_URL", "OTHER_URL"),
])
def test_how_rows_are_asked_for_makes_no_load_anew(
    shop: FetchedShop, change: Callable[[str], str],
) -> None:
    shop.fetch([order(1)], Position("1"))
    shop.only()
    path = shop.sources / "shop.yml"
    path.write_text(change(path.read_text()))
    assert (shop.load().loaded, shop.load().known_count) == ((), 1)


def test_the_ledger_reads_as_json(shop: FetchedShop) -> None:
    shop.fetch([order(1)], Position("7", {"page": 3}))
    ledger = json.loads(Landing(shop.zone.path).ledger.read_text())
    assert ledger["tables"]["shop/pos.orders"]["position"] == {"cursor": "7", "state": {"page": 3}}
    assert ledger["files"][0]["rows"] == 1


def test_the_declaration_of_the_documentation_can_be_read(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs" / "databases.md"
    (tmp_path / "crm.yml").write_text(page.read_text().split("```yaml\n")[1].split("```")[0])
    (source,) = read_declarations(tmp_path)
    assert [(table.label, table.is_fetched, table.format) for table in source.tables] == [
        ("crm.customers", True, "parquet"), ("crm.cases", True, "parquet")]
