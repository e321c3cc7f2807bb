"""Which rows of a database are asked for and kept; DuckDB stands in for a server.

The servers themselves are tested in `tests/integration/test_databases.py` where they are installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from ingestion.declaration import SourceDeclaration
from ingestion.fetching import changes
from ingestion.fetching import rows as rows_module
from ingestion.fetching.database import CursorKind, SourceColumn, first, quoted, where
from ingestion.fetching.fetch import FetchReport, fetch_sources
from ingestion.fetching.landing import Landing
from ingestion.fetching.rows import DatabaseFetcher
from ingestion.loading import load_extracts
from ingestion.raw_zone import RawZone, State

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
CURSORS: dict[str, CursorKind] = {"BIGINT": "number", "TIMESTAMP": "time", "VARCHAR": "text"}


class DuckDatabase:
    """A database whose SQL is DuckDB's; it keeps what it was asked."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con, self.asked, self.given = con, list[str](), 0

    def begin(self) -> None:
        self.con.execute("begin")

    def end(self) -> None:
        self.con.execute("rollback")

    def columns(self, relation: str) -> list[SourceColumn]:
        described = self.con.sql(f"select * from {relation} limit 0")
        schema = described.to_arrow_table().schema
        return [SourceColumn(name, self.name(name), schema.field(number).type,
                             CURSORS.get(str(kind), ""), str(kind))
                for number, (name, kind) in enumerate(
                    zip(described.columns, described.types, strict=True))]

    def batches(
        self, columns: Sequence[SourceColumn], relation: str, condition: str,
        most: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        self.asked.append(condition)
        names = ", ".join(column.sql for column in columns)
        found = self.con.sql(f"select {names} from {relation}{where(condition)}{first(most)}")
        self.given += len(found)
        yield from found.to_arrow_table().to_batches()

    def value(self, sql: str) -> str | None:
        row = self.con.execute(sql).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def name(self, name: str) -> str:
        return f'"{name}"'

    def constant(self, value: str, column: SourceColumn) -> str:
        return f"{quoted(value)}::{column.type_name}"

    def latest(self, column: SourceColumn) -> str:
        return f"max({self.name(column.name)})"

    def earlier(self, value: str, column: SourceColumn, seconds: int) -> str:
        return f"({self.constant(value, column)} - interval '{seconds} seconds')"

    def close(self) -> None:
        return


class Shop:
    """A table of orders, its declaration and what has landed of it."""

    def __init__(self, folder: Path) -> None:
        self.con = duckdb.connect()
        self.con.execute("create table orders (nr bigint, store varchar, amount varchar, "
                         "changed timestamp)")
        self.insert((1, 1), (2, 2), (3, 3))
        self.zone, self.now = RawZone(folder), NOON
        self.settings: dict[str, Any] = {"key": "nr"}

    def insert(self, *rows: tuple[int, int | None]) -> None:
        self.con.executemany(
            "insert into orders values (?, 'A', '1.50', ?)",
            [[nr, None if day is None else datetime(2026, 3, day)] for nr, day in rows])

    def fetch(self, *, anew: bool = False, **settings: Any) -> FetchReport:
        self.settings |= settings
        self.source = source = SourceDeclaration.model_validate({
            "source": "shop", "connection": {"kind": "postgresql", "url_env": "URL"}, "tables": [{
                "entity": "pos.orders", "table": "orders",
                "columns": {"ordered_at": "changed"}, **self.settings}]})
        self.now += timedelta(hours=1)
        self.database = DuckDatabase(self.con.cursor())
        return fetch_sources([source], self.zone, {}, now=self.now, anew=anew,
                             opened=lambda *_: DatabaseFetcher(lambda: self.database))

    def look(self, most: int) -> FetchReport:
        source = SourceDeclaration.model_validate({
            "source": "shop", "connection": {"kind": "postgresql", "url_env": "URL"}, "tables": [{
                "entity": "pos.orders", "table": "orders", "cursor": "changed",
                "columns": {"ordered_at": "changed"}, **self.settings}]})
        self.database = DuckDatabase(self.con.cursor())
        return fetch_sources([source], self.zone, {}, now=self.now, most=most,
                             opened=lambda *_: DatabaseFetcher(lambda: self.database))

    def landed(self, columns: str = "nr") -> list[list[Any]]:
        files = Landing(self.zone.path).paths("shop", "pos.orders")
        found = [duckdb.sql(f"select {columns} from '{file}' order by all").fetchall()
                 for file in files]
        return [[row[0] if len(row) == 1 else row for row in rows] for rows in found]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "raw")


def test_a_whole_table_is_compared_with_what_has_landed(shop: Shop) -> None:
    for change in ("", "update orders set amount = '2' where nr = 2",
                   "update orders set amount = '1.50' where nr = 2",
                   "update orders set store = null where nr = 3"):
        if change:
            shop.con.execute(change)
        assert shop.fetch().problems == []
    assert shop.fetch().landed == []
    assert shop.landed("nr, store, amount") == [
        [(1, "A", "1.50"), (2, "A", "1.50"), (3, "A", "1.50")], [(2, "A", "2")],
        [(2, "A", "1.50")], [(3, None, "1.50")]]


def test_without_a_key_everything_lands_unless_it_is_all_the_same(shop: Shop) -> None:
    for nr in (4, 5):
        shop.fetch(key=(), duplicates="keep")
        assert shop.fetch().landed == []
        shop.insert((nr, nr))
    assert shop.landed() == [[1, 2, 3], [1, 2, 3, 4]]


def test_a_new_column_lands_every_row_again(shop: Shop) -> None:
    shop.fetch()
    shop.con.execute("alter table orders add column channel varchar")
    shop.fetch()
    assert shop.landed() == [[1, 2, 3], [1, 2, 3]]
    assert shop.fetch().landed == []


def test_a_key_that_loses_its_blanks_is_not_gone(shop: Shop) -> None:
    """With and without them it is one record, which the deletion would have hidden for good."""
    shop.con.execute("alter table orders alter nr type varchar using nr || ' '")
    shop.fetch(deleted="compare_keys")
    shop.con.execute("update orders set nr = trim(nr)")
    assert [file.rows for file in shop.fetch().landed] == [3]
    assert shop.fetch().landed == []
    shop.con.execute("delete from orders where nr = '1'")
    assert [file.name[-15:] for file in shop.fetch().landed] == ["deleted.parquet"]
    assert shop.fetch().landed == []


def test_a_key_of_another_type_lands_again_and_is_not_compared(shop: Shop) -> None:
    shop.fetch()
    shop.con.execute("alter table orders alter nr type varchar using 'N' || nr")
    shop.fetch()
    assert shop.landed() == [[1, 2, 3], ["N1", "N2", "N3"]]
    shop.con.execute("alter table orders alter nr type bigint using cast(nr[2:] as bigint)")
    (problem,) = shop.fetch(deleted="compare_keys").problems
    assert "give the table a new `name`" in problem.message
    assert shop.fetch(name="orders_anew").problems == []


@pytest.mark.parametrize(("cursor", "look_back", "condition"), [
    ("nr", "", """("nr" >= ('3'::BIGINT - 1000) or "nr" is null)"""),
    ("nr", "5", """("nr" >= ('3'::BIGINT - 5) or "nr" is null)"""),
    ("changed", "", """("changed" >= ('2026-03-03 00:00:00'::TIMESTAMP - interval """
     """'86400 seconds') or "changed" is null)"""),
    ("changed", "2h", """("changed" >= ('2026-03-03 00:00:00'::TIMESTAMP - interval """
     """'7200 seconds') or "changed" is null)"""),
    ("store", "", """("store" >= 'A'::VARCHAR or "store" is null)"""),
])
def test_an_increment_asks_from_the_last_cursor_less_the_look_back(
    shop: Shop, cursor: str, look_back: str, condition: str,
) -> None:
    shop.fetch(cursor=cursor, look_back=look_back)
    assert shop.database.asked == [""]
    shop.fetch()
    assert shop.database.asked == [condition]


def test_equal_late_and_empty_cursors_are_not_lost(shop: Shop) -> None:
    shop.fetch(cursor="changed", look_back="1d")
    shop.insert((4, 3), (5, 2), (6, None), (7, 1))
    shop.fetch()
    assert shop.landed() == [[1, 2, 3], [4, 5, 6]]
    assert shop.fetch().landed == []


def _position(shop: Shop) -> str:
    position = Landing(shop.zone.path).state("shop", "pos.orders").position
    assert position
    return position.cursor


def test_a_time_after_now_does_not_count_as_reached(shop: Shop) -> None:
    shop.con.execute("insert into orders values (9, 'A', '1.50', '2062-01-01')")
    shop.fetch(cursor="changed", look_back="6h")
    assert _position(shop) == "2026-03-03 00:00:00"
    shop.con.execute("insert into orders values (4, 'A', '1.50', ?)",
                     [(shop.now + timedelta(hours=2)).replace(tzinfo=None)])
    shop.fetch()
    assert shop.landed() == [[1, 2, 3, 9], [4]]


def test_where_all_times_are_after_now_the_position_stays(shop: Shop) -> None:
    shop.con.execute("update orders set changed = '2062-01-01' where nr = 3")
    shop.con.execute("delete from orders where nr < 3")
    shop.fetch(cursor="changed")
    assert _position(shop) == ""
    shop.insert((4, 4))
    shop.fetch()
    shop.con.execute("delete from orders where nr = 4")
    shop.fetch()
    assert _position(shop) == "2026-03-04 00:00:00"
    assert shop.landed() == [[3], [4]]


@pytest.mark.parametrize(("settings", "reached"), [
    ({"time_zone": "Europe/Berlin"}, "2026-03-31 15:00:00"),
    ({"updated_at": {"from": "changed", "time_zone": "Europe/Berlin"}}, "2026-03-31 15:00:00"),
    ({"time_zone": "UTC"}, "2026-03-31 13:00:00"),
    ({}, "2026-03-31 01:00:00"),  # where the clock stands is not known: it may be this far back
])
def test_now_is_told_in_the_zone_of_local_times(
    shop: Shop, settings: dict[str, Any], reached: str,
) -> None:
    shop.con.execute("insert into orders select 100 + h, 'A', '1', timestamp '2026-03-30' "
                     "+ h * interval '1 hour' from range(72) as r(h)")
    shop.fetch(cursor="changed", **settings)
    assert _position(shop) == reached


def test_an_unchanged_row_that_only_old_files_have_lands_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fetch looks at the newest landed rows only, so that it costs what it brings."""
    monkeypatch.setattr(changes, "_LEAST_ROWS", 1)
    monkeypatch.setattr(changes, "_DEPTH", 1)
    shop.insert((0, None))
    shop.fetch(cursor="changed", look_back="1h")
    for day in range(4, 10):
        shop.insert((day, day))
        shop.fetch()
    assert shop.landed()[1:] == [[4], [5], [6], [0, 7], [8], [9]]


def test_keys_that_are_gone_become_tombstones(shop: Shop) -> None:
    shop.fetch(key=["nr", "=DE"], deleted="compare_keys")
    shop.con.execute("delete from orders where nr in (1, 3)")
    (file,) = shop.fetch().landed
    assert (file.rows, file.name) == (2, "000002_20260331_deleted.parquet")
    moment = NOON + timedelta(hours=2)
    assert shop.landed("*")[1] == [(1, True, moment), (3, True, moment)]
    assert shop.fetch().landed == []


def test_a_key_that_is_back_lands_again_even_if_its_row_is_as_before(shop: Shop) -> None:
    shop.fetch(deleted="compare_keys")
    for _ in range(2):
        shop.con.execute("delete from orders where nr = 3")
        shop.fetch()
        shop.insert((3, 3))
        shop.fetch()
    assert shop.landed()[1:] == [[3], [3], [3], [3]]
    assert shop.fetch().landed == []


@pytest.mark.parametrize("most", [20_000, 1])
def test_keys_that_the_cursor_missed_are_fetched(
    shop: Shop, most: int, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows_module, "_MOST_KEYS", most)
    monkeypatch.setattr(rows_module, "_KEYS_AT_A_TIME", 2)
    shop.fetch(cursor="changed", look_back="1h", deleted="compare_keys", key=["store", "nr"])
    shop.insert((4, 1), (5, 1), (6, 1))
    shop.fetch()
    assert sorted(nr for file in shop.landed()[1:] for nr in file) == [4, 5, 6]
    assert shop.fetch().landed == []


def test_rows_without_a_key_are_neither_lost_nor_deleted(shop: Shop) -> None:
    shop.con.execute("insert into orders values (null, 'B', '1', null)")
    shop.fetch(deleted="compare_keys")
    shop.con.execute("insert into orders values (null, 'C', '1', null)")
    shop.fetch()
    assert shop.landed("nr, store")[1:] == [[(None, "B"), (None, "C")]]


@pytest.mark.parametrize(("settings", "message"), [
    ({"cursor": "geaendert"}, "`cursor`: there is no column geaendert; there is nr, store"),
    ({"key": "id"}, "column id is missing; there is nr, store, amount, changed. Nothing is"),
    ({"key": "store.id", "deleted": "compare_keys"}, "needs key columns that the table itself has"),
])
def test_a_declaration_that_does_not_fit_the_table_is_told(
    shop: Shop, settings: dict[str, Any], message: str,
) -> None:
    (problem,) = shop.fetch(**settings).problems
    assert message in problem.message


def test_what_came_while_a_required_column_was_away_is_not_missed(shop: Shop) -> None:
    """Landed without it, it would never load, and the cursor would be past it."""
    shop.fetch(cursor="changed", columns={"ordered_at": "at"}, query="select *, changed as at "
               "from orders", table="")
    shop.insert((4, 20))
    (problem,) = shop.fetch(query="select * from orders").problems
    assert "column at is missing" in problem.message
    shop.insert((5, 21))
    shop.fetch(query="select *, changed as at from orders")
    assert shop.landed() == [[1, 2, 3], [4, 5]]


BY_CURSOR = {"cursor": "changed", "look_back": "1h"}


@pytest.mark.parametrize(("state", "settings", "numbers"), [
    ("quarantined", {}, [1, 2, 3]), ("quarantined", BY_CURSOR, [1, 3]),
    ("quarantined", BY_CURSOR | {"deleted": "compare_keys"}, [1, 2, 3]),
    ("withdrawn", {}, [1]), ("withdrawn", BY_CURSOR | {"deleted": "compare_keys"}, [1])])
def test_rows_of_a_load_that_is_not_used_can_land_again(
    shop: Shop, state: State, settings: dict[str, Any], numbers: list[int],
) -> None:
    """Compared with it they would count as known, and would be in no load that is used."""
    shop.fetch(**settings)
    load_extracts([shop.source], shop.zone.path, shop.zone)
    (load,) = shop.zone.loads()
    shop.zone.set_states({load.load_id: (state, "many rejects")})
    shop.con.execute("update orders set amount = '2', changed = '2026-03-04' where nr = 1")
    shop.fetch()
    assert sorted(number for file in shop.landed()[1:] for number in file) == numbers
    shop.fetch(anew=True)
    assert sorted(number for file in shop.landed()[1:] for number in file) == [1, 2, 3]


def test_a_table_that_lost_all_rows_is_a_problem(shop: Shop) -> None:
    shop.fetch(deleted="compare_keys")
    shop.con.execute("delete from orders")
    (problem,) = shop.fetch().problems
    assert "3 were known; nothing is marked as deleted" in problem.message
    assert [file.rows for file in shop.fetch(may_be_empty=True).landed] == [3]


@pytest.mark.parametrize(("most", "found"), [(2, 2), (3, 3), (9, 3)])
def test_a_look_takes_the_first_rows_only(shop: Shop, most: int, found: int) -> None:
    report = shop.look(most)
    assert not report.problems
    assert len(shop.landed()[0]) == shop.database.given == found
