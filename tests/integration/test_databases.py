"""PostgreSQL and MariaDB as sources, against real servers that the tests start.

Where their programs are not installed, the tests are skipped with that reason.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from servers import NoServer, mariadb, postgresql, run_mariadb, run_postgresql

from ingestion.declaration import read_declarations
from ingestion.fetching.fetch import FetchReport, fetch_sources
from ingestion.fetching.landing import Landing
from ingestion.loading import load_extracts
from ingestion.raw_zone import Load, RawZone

COLUMNS = "ordered_at: ordered_at, net_amount: amount, customer_ref: customer"
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
SERVERS: dict[str, tuple[Any, Callable[..., None]]] = {
    "postgresql": (postgresql, run_postgresql), "mysql": (mariadb, run_mariadb)}


@dataclass
class Server:
    kind: str
    url: str

    def run(self, *statements: str) -> None:
        SERVERS[self.kind][1](self.url, *statements)

    def url_of(self, user: str, password: str, database: str = "") -> str:
        database = database or self.url.rsplit("/", 1)[1]
        place = self.url.split("@")[1].split("/")[0]
        return f"{self.url.split(':')[0]}://{user}:{password}@{place}/{database}"


@pytest.fixture(scope="module")
def servers() -> Iterator[Callable[[str], Server]]:
    """Starts a server when a test first asks for it."""
    with ExitStack() as stack:
        started: dict[str, Server] = {}

        def start(kind: str) -> Server:
            if kind not in started:
                try:
                    started[kind] = Server(kind, stack.enter_context(SERVERS[kind][0]()))
                except NoServer as error:
                    pytest.skip(str(error))
            return started[kind]

        yield start


@pytest.fixture(params=list(SERVERS))
def server(request: pytest.FixtureRequest, servers: Callable[[str], Server]) -> Server:
    return servers(request.param)


class Company:
    """One source with one table of orders in a database."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.server, self.url = server, server.url
        self.sources = folder / "sources"
        self.sources.mkdir()
        self.zone = RawZone(folder / "raw")
        self.now = NOW

    def declare(
        self, settings: str, key: str = "nr", timeout: int = 60, columns: str = COLUMNS,
    ) -> None:
        (self.sources / "shop.yml").write_text(
            f"source: shop\nconnection: {{kind: {self.server.kind}, url_env: SHOP_URL, "
            f"timeout_seconds: {timeout}}}\ntables:\n"
            f"  - {{entity: pos.orders, key: {key}, {settings},\n"
            f"     columns: {{{columns}}}}}\n")

    def fetch(self, *, fails: bool = False, **settings: Any) -> FetchReport:
        self.now += timedelta(hours=1)
        report = fetch_sources(read_declarations(self.sources), self.zone, {"SHOP_URL": self.url},
                               now=self.now, **settings)
        assert fails or not report.problems, report.problems
        return report

    def problem(self) -> str:
        (problem,) = self.fetch(fails=True).problems
        return problem.message.removeprefix("shop pos.orders: ")

    def landed(self, columns: str = "nr") -> list[list[Any]]:
        """Per file its rows: single values where one column is asked for."""
        files = Landing(self.zone.path).paths("shop", "pos.orders")
        rows = [duckdb.sql(f"select {columns} from '{file}' order by all").fetchall()
                for file in files]
        return [[row[0] if len(row) == 1 else row for row in file] for file in rows]

    def load(self) -> list[Load]:
        report = load_extracts(
            read_declarations(self.sources), self.zone.path / "extracts", self.zone)
        assert not report.problems, report.problems
        return list(report.loaded)

    def rows(self, columns: str, loads: list[Load]) -> list[tuple[Any, ...]]:
        files = [str(path) for path in self.zone.files_of(loads)]
        return duckdb.sql(f"select {columns} from read_parquet({files}) order by all").fetchall()


@pytest.fixture
def company(tmp_path: Path, server: Server) -> Company:
    instant = "timestamptz" if server.kind == "postgresql" else "timestamp(6) null"
    server.run("drop table if exists orders", f"""
        create table orders (nr bigint primary key, ordered_at {instant}, amount numeric(12, 2),
            customer varchar(20), changed_at {instant}, changed_on date)""", *(f"""
        insert into orders values ({nr}, '2026-03-{nr:02} 10:00:00', {nr}.10, 'Käse {nr}',
            '2026-03-{nr:02} 10:00:00.123456', '2026-03-{nr:02}')""" for nr in (1, 2, 3)))
    return Company(tmp_path, server)


def test_a_table_is_fetched_and_loads(company: Company) -> None:
    company.declare("table: orders")
    report = company.fetch()
    assert [file.rows for file in report.landed] == [3]
    loads = company.load()
    assert company.rows("source_record_ref, ordered_at, net_amount, customer_ref", loads)[2] == (
        "3", datetime(2026, 3, 3, 10), Decimal("3.1000"), "Käse 3")
    assert (company.fetch().landed, company.load()) == ([], [])


def test_a_query_with_a_comment_and_a_semicolon(company: Company) -> None:
    company.declare("query: \"select nr, ordered_at, amount, customer from orders where nr > 1 "
                    "-- not the first;\"")
    company.fetch()
    company.declare("query: 'select * from orders where nr > 1;'")
    company.fetch()
    assert company.landed() == [[2, 3], [2, 3]]  # other columns, so they land again


@pytest.mark.parametrize("end", [
    ";", " ;\n\n", ";;", "; -- the newest ones; not all", ";\n-- first\n-- and second\n",
    "; /* of\nthe shop; */ ", " -- the newest ones", "\n/* at the end */"])
def test_a_query_as_it_is_copied_out_of_an_editor(company: Company, end: str) -> None:
    query = f"select * from orders where customer <> ';' and nr > 1 -- not the first;\n{end}"
    company.declare(f"query: {json.dumps(query)}, cursor: changed_at, look_back: 1h, "
                    "deleted: compare_keys")
    company.fetch()
    company.server.run("delete from orders where nr = 2",
                       "insert into orders (nr, customer, changed_at) "
                       "values (4, 'x', '2026-03-04 11:00:00')")
    company.fetch()
    assert company.landed() == [[2, 3], [4], [2]]


@pytest.mark.parametrize("text", ["';'", "'; -- '", "'/* ;'", "'it''s;'"])
def test_a_text_in_a_query_stays_as_it_is(company: Company, text: str) -> None:
    company.server.run(f"update orders set customer = {text} where nr = 2")
    company.declare(f"query: {json.dumps(f'select * from orders where customer = {text}')}")
    company.fetch()
    assert company.landed() == [[2]]


@pytest.mark.parametrize(("cursor", "look_back"), [
    ("changed_at", "1h"), ("changed_on", "1h"), ("nr", "2"), ("customer", "")])
def test_an_increment_brings_new_rows_equal_and_empty_cursors_but_none_twice(
    company: Company, cursor: str, look_back: str,
) -> None:
    company.declare(f"table: orders, cursor: {cursor}"
                    + (f", look_back: {look_back}" if look_back else ""))
    company.fetch()
    company.server.run(
        "insert into orders select 4, ordered_at, amount, customer, changed_at, changed_on "
        "from orders where nr = 3",
        "insert into orders (nr, ordered_at) values (5, '2026-03-30 10:00:00')")
    company.fetch()
    assert company.landed() == [[1, 2, 3], [4, 5]]
    assert company.fetch().landed == []
    company.server.run("update orders set amount = 9 where nr = 3")
    company.fetch()
    assert company.landed("nr, amount")[2:] == [[(3, Decimal("9.00"))]]


def test_late_changes_within_the_look_back_are_found_and_others_are_not(company: Company) -> None:
    company.declare("table: orders, cursor: changed_at, look_back: 1d")
    company.fetch()
    company.server.run(
        "insert into orders (nr, changed_at) values (4, '2026-03-02 11:00:00')",
        "insert into orders (nr, changed_at) values (5, '2026-03-01 11:00:00')")
    company.fetch()
    assert company.landed() == [[1, 2, 3], [4]]
    company.fetch(anew=True)
    assert company.landed() == [[1, 2, 3], [4], [5]]


@pytest.mark.parametrize("kind", ["instant", "local", "date"])
def test_a_cursor_in_the_future_hides_nothing(company: Company, kind: str) -> None:
    local = "timestamp" if company.server.kind == "postgresql" else "datetime"
    column, moment = {"instant": ("changed_at", "%F %T"), "local": ("changed", "%F %T"),
                      "date": ("changed_on", "%F")}[kind]
    company.server.run(
        f"alter table orders add changed {local}", "update orders set changed = changed_at",
        f"update orders set {column} = '2037-12-31' where nr = 1")
    company.declare(f"table: orders, cursor: {column}, look_back: 6h")
    company.fetch()
    late = company.now + timedelta(days=1)
    company.server.run(
        f"insert into orders (nr, {column}) values (4, '{late:{moment}}')",
        f"insert into orders (nr, {column}) values (5, '2026-03-03 08:00:00')")
    company.fetch()
    position = Landing(company.zone.path).state("shop", "pos.orders").position
    assert position and position.cursor.startswith("2026-03-03")
    assert company.landed() == [[1, 2, 3], [4, 5]]


def test_a_look_is_limited_by_the_server(
    company: Company, monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ingestion.fetching import rows

    given = 0
    original = rows.write_files

    def counted(batches: Any, *args: Any, **kwargs: Any) -> Any:
        def count() -> Iterator[Any]:
            nonlocal given
            for batch in batches:
                given += batch.num_rows
                yield batch

        return original(count(), *args, **kwargs)

    monkeypatch.setattr(rows, "write_files", counted)
    company.declare("query: 'select * from orders order by nr;'")
    company.fetch(most=2)
    assert (company.landed(), given) == ([[1, 2]], 2)


def test_deleted_rows_become_tombstones_once_and_those_brought_back_are_rows_again(
    company: Company,
) -> None:
    company.declare("table: orders, cursor: nr, deleted: compare_keys")
    company.fetch()
    company.server.run("delete from orders where nr in (1, 2)")
    report = company.fetch()
    assert [file.name for file in report.landed] == ["000002_20260331_deleted.parquet"]
    assert company.landed("*")[1] == [(nr, True, datetime(2026, 3, 31, 14, tzinfo=UTC))
                                      for nr in (1, 2)]
    assert company.fetch().landed == []
    company.server.run("insert into orders (nr) values (1)")
    company.fetch()
    assert company.landed()[2:] == [[1]]
    assert company.fetch().landed == []


def test_tombstones_load_as_deletions(company: Company) -> None:
    company.declare("table: orders, updated_at: changed_at, deleted: compare_keys")
    company.fetch()
    company.load()
    company.server.run("delete from orders where nr = 2")
    company.fetch()
    (load,) = company.load()
    assert (load.rows_read, load.rows_accepted, load.rows_deleted) == (1, 1, 1)
    assert company.rows("source_record_ref, is_deleted, updated_at, ordered_at", [load]) == [
        ("2", True, datetime(2026, 3, 31, 14), None)]


def test_key_comparison_finds_rows_that_the_cursor_missed(company: Company) -> None:
    company.declare("table: orders, cursor: changed_at, look_back: 1h, deleted: compare_keys",
                    key="[customer, nr]")
    company.fetch()
    company.server.run("insert into orders (nr, customer, changed_at) "
                       "values (4, 'O''Neil', '2026-03-01 11:00:00')")
    company.fetch()
    assert company.landed("nr, customer")[1:] == [[(4, "O'Neil")]]
    assert company.fetch().landed == []


def test_an_empty_table_is_not_taken_for_deleted_rows(company: Company) -> None:
    company.declare("table: orders, deleted: compare_keys")
    company.fetch()
    company.server.run("delete from orders")
    assert "no rows any more, 3 were known" in company.problem()
    company.declare("table: orders, deleted: compare_keys, may_be_empty: true")
    assert [file.rows for file in company.fetch().landed] == [3]


def test_a_first_fetch_without_rows_lands_the_header(company: Company) -> None:
    company.server.run("delete from orders")
    company.declare("table: orders, cursor: nr, may_be_empty: true")
    assert [file.rows for file in company.fetch().landed] == [0]
    assert [load.rows_read for load in company.load()] == [0]
    company.server.run("insert into orders (nr, ordered_at) values (7, '2026-03-30 10:00:00')")
    company.fetch()
    assert company.landed() == [[], [7]]


def test_a_fetch_sees_one_state(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows written between the question for the cursor and the one for rows come next time."""
    from ingestion.fetching import rows

    company.declare("table: orders, cursor: nr, deleted: compare_keys")
    original = rows.write_files

    def written_meanwhile(*args: Any, **kwargs: Any) -> Any:
        if args[3] == "rows":
            company.server.run("delete from orders where nr = 1",
                               "insert into orders (nr) values (4)")
        return original(*args, **kwargs)

    monkeypatch.setattr(rows, "write_files", written_meanwhile)
    company.fetch()
    monkeypatch.undo()
    assert company.landed() == [[1, 2, 3]]
    company.fetch()
    assert company.landed()[1:] == [[4], [1]]


def test_many_rows_come_in_several_files(
    company: Company, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingestion.fetching.parquet.FILE_BYTES", 1)
    monkeypatch.setattr("ingestion.fetching.mysql_rows.BATCH_ROWS", 2)
    monkeypatch.setattr("ingestion.fetching.postgresql._BATCH_BYTES", 1)
    company.declare("table: orders")
    report = company.fetch()
    assert (len(report.landed) > 1, sum(file.rows for file in report.landed)) == (True, 3)
    assert sum(load.rows_accepted for load in company.load()) == 3


UNLIKE = {
    "postgresql": {
        "table": "SQLSTATE 42P01", "column": "SQLSTATE 42703", "sql": "SQLSTATE 42601",
        "right": "SQLSTATE 42501",
        "slow": ("'select pg_sleep(3) as nr, now() as ordered_at'", "SQLSTATE 57014"),
        "write": "SQLSTATE 42601"},
    "mysql": {
        "table": "error 1146", "column": "error 1054", "sql": "error 1064", "right": "error 1142",
        "slow": ("'select sleep(3) as nr, ordered_at from orders'", "error 1969"),
        "write": "error 1064"},
}


def test_errors_are_told_with_a_remedy_and_without_a_secret(company: Company) -> None:
    server, told = company.server, UNLIKE[company.server.kind]
    if server.kind == "postgresql":
        server.run("drop role if exists leser", "create role leser login password 'ge@heim'")
    else:
        server.run("create or replace user leser@'127.0.0.1' identified by 'ge@heim'",
                   "grant usage on *.* to leser@'127.0.0.1'",
                   "create or replace table others (nr int)",
                   "grant select on shop.others to leser@'127.0.0.1'")
    messages = []

    def told_by(settings: str, url: str = server.url, timeout: int = 60) -> str:
        company.declare(settings, timeout=timeout)
        company.url = url
        messages.append(company.problem())
        return messages[-1]

    assert told["table"] in told_by("table: nowhere")
    assert told["table"] in told_by("table: \"'; drop table orders; --\"")
    assert told["column"] in told_by("query: select nothing from orders")
    assert told["sql"] in told_by("query: selec nr")
    assert "no column changed" in told_by("table: orders, cursor: changed")
    assert "column ordered_at is missing; there is nr, amount. " in told_by(
        "query: 'select nr, amount from orders'")
    assert "`cursor`: column" in told_by(
        "query: 'select nr, " + ("'a'::bytea" if server.kind == "postgresql" else "b'1'")
        .replace("'", "''") + " as c, ordered_at from orders', cursor: c")
    assert "of one name" in told_by(
        "query: 'select nr, amount as \"NR\" from orders'".replace(
            '"', '"' if server.kind == "postgresql" else "`"))
    assert "write a duration" in _after_a_fetch(company, "changed_at", "5", told_by)
    assert "write a number" in _after_a_fetch(company, "nr", "5d", told_by)
    assert told["right"] in told_by("table: orders", server.url_of("leser", "ge%40heim"))
    assert "user or password" in told_by("table: orders", server.url_of("leser", "falsch"))
    assert "refuses the login" in told_by(
        "table: orders", server.url_of("leser", "ge%40heim", "nowhere"))
    assert "does not answer" in told_by(
        "table: orders", f"{server.url.split(':')[0]}://leser:geheim@127.0.0.1:1/test")
    assert "SHOP_URL" in told_by("table: orders", "oracle://leser:geheim@h/d")
    assert "SHOP_URL is not set" in told_by("table: orders", "")
    query, code = told["slow"]
    server.run("update orders set amount = 9")
    assert code in told_by(f"query: {query}", timeout=1)
    assert told["write"] in told_by("query: delete from orders")
    company.declare("table: orders")
    company.url = server.url
    assert [file.rows for file in company.fetch().landed] == [3]
    everything = " ".join(messages) + Landing(company.zone.path).ledger.read_text()
    assert not [word for word in ("heim", "falsch", "leser", "Käse", "127.0.0.1")
                if word in everything]


KILL = {
    "postgresql": "select pg_terminate_backend(pid) from pg_stat_activity "
                  "where application_name = 'cx360'",
    "mysql": "begin not atomic for found in (select id from information_schema.processlist "
             "where id <> connection_id()) do kill found.id; end for; end"}


def test_a_lost_connection_costs_only_the_table_that_was_read(
    company: Company, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:
    from ingestion.fetching import rows

    series = ("generate_series(1, 300000) as seq" if company.server.kind == "postgresql"
              else "seq_1_to_300000")
    company.server.run(
        "drop table if exists large", "create table large as select seq as nr, now() as "
        f"ordered_at, repeat('x', 200) as t from {series}")
    original = rows.write_files

    def killed(batches: Any, *args: Any, **kwargs: Any) -> Any:
        def begun() -> Iterator[Any]:
            yield next(batches)
            monkeypatch.setattr(rows, "write_files", original)
            company.server.run(KILL[company.server.kind])
            yield from batches

        return original(begun(), *args, **kwargs)

    monkeypatch.setattr(rows, "write_files", killed)
    company.declare("name: large, table: large", columns="ordered_at: ordered_at")
    declared = company.sources / "shop.yml"
    declared.write_text(declared.read_text() + "  - {entity: pos.orders, key: nr, table: orders, "
                        f"columns: {{{COLUMNS}}}}}\n")
    report = company.fetch(fails=True)
    assert [problem.table for problem in report.problems] == ["large"]
    assert "try again" in report.problems[0].message
    assert [(file.label, file.rows) for file in report.landed] == [("pos.orders", 3)]
    gc.collect()
    assert "Traceback" not in capfd.readouterr().err
    assert [file.rows for file in company.fetch().landed] == [300_000]


def _after_a_fetch(
    company: Company, cursor: str, look_back: str, told_by: Callable[[str], str],
) -> str:
    company.declare(f"table: orders, cursor: {cursor}")
    company.fetch()
    return told_by(f"table: orders, cursor: {cursor}, look_back: {look_back}")


def test_types_of_postgresql_are_kept(tmp_path: Path, servers: Callable[[str], Server]) -> None:
    server = servers("postgresql")
    server.run(
        "drop table if exists orders", "drop type if exists mood",
        "create type mood as enum ('froh', 'trüb')", "create schema if not exists \"Filiale\"",
        "drop table if exists \"Filiale\".\"Alle Typen\"", """
        create table "Filiale"."Alle Typen" (nr int, n2 numeric(12, 2), n numeric, m money,
            f float8, r real, b boolean, d date, ts timestamp, tz timestamptz, tm time,
            iv interval, j json, jb jsonb, a int[], aa text[], u uuid, mo mood, by bytea, c char(5),
            rg int4range)""", """
        insert into "Filiale"."Alle Typen" values (1, 12.30, 12345678901234567890.123456789,
            '1234.56', 0.1, 1.25, true, '2026-03-31', '2026-03-29 02:30:00.123456',
            '2026-03-29 03:30:00+02', '12:30', '1 day 02:00', '{"a": "ä"}', '{"b": {"c": 2}}',
            '{{1,2},{3,4}}', '{x,"y,z"}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'trüb',
            '\\xdead', 'ab', '[1,5)')""", """
        insert into "Filiale"."Alle Typen" (nr, n2, n, d, ts, tz) values (2, 'NaN', 'NaN',
            'infinity', '-infinity', 'infinity')""")
    company = Company(tmp_path, server)
    company.declare("table: Filiale.Alle Typen", columns="ordered_at: tz")
    company.fetch()
    (file,) = Landing(company.zone.path).paths("shop", "pos.orders")
    found = duckdb.sql(f"from '{file}' order by nr")
    assert dict(zip(found.columns, map(str, found.types), strict=True)) == {
        "nr": "INTEGER", "n2": "DECIMAL(12,2)", "n": "VARCHAR", "m": "VARCHAR", "f": "DOUBLE",
        "r": "FLOAT", "b": "BOOLEAN", "d": "DATE", "ts": "TIMESTAMP",
        "tz": "TIMESTAMP WITH TIME ZONE", "tm": "TIME", "iv": "VARCHAR", "j": "JSON",
        "jb": "JSON", "a": "JSON", "aa": "JSON", "u": "VARCHAR", "mo": "VARCHAR", "by": "VARCHAR",
        "c": "VARCHAR", "rg": "VARCHAR"}
    first, second = found.fetchall()
    assert first == (
        1, Decimal("12.30"), "12345678901234567890.123456789", "1234.56", 0.1, 1.25, True,
        date(2026, 3, 31), datetime(2026, 3, 29, 2, 30, 0, 123456),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC), first[10], "1 day 02:00:00", '{"a": "ä"}',
        '{"b": {"c": 2}}', "[[1,2],[3,4]]", '["x","y,z"]', "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "trüb", "\\xdead", "ab", "[1,5)")
    assert str(first[10]) == "12:30:00"
    assert second == (2, None, "NaN", *[None] * 18)


@pytest.mark.parametrize("kind", ["numeric", "numeric(12, 2)", "float8", "float4"])
def test_a_cursor_that_is_no_number_hides_nothing(
    tmp_path: Path, servers: Callable[[str], Server], kind: str,
) -> None:
    server = servers("postgresql")
    server.run("drop table if exists orders", f"""
        create table orders (nr int primary key, ordered_at date, version {kind})""",
               "insert into orders values (1, '2026-03-01', 'NaN'), (2, '2026-03-02', 5)")
    if "(" not in kind:
        server.run("insert into orders values (3, '2026-03-03', 'Infinity')")
    company = Company(tmp_path, server)
    company.declare("table: orders, cursor: version", columns="ordered_at: ordered_at")
    company.fetch()
    server.run("insert into orders values (4, '2026-03-04', 6)")
    company.fetch()
    assert company.landed()[1:] == [[4]]


def test_texts_of_other_encodings(tmp_path: Path, servers: Callable[[str], Server]) -> None:
    """Invalid texts in Parquet would land for good and refuse to load."""
    server = servers("postgresql")
    company = Company(tmp_path, server)
    for encoding in ("LATIN1", "SQL_ASCII"):
        server.run(f"create database texts_{encoding.lower()} encoding '{encoding}' locale 'C' "
                   "template template0")
        company.url = server.url.rsplit("/", 1)[0] + f"/texts_{encoding.lower()}"
        run_postgresql(company.url, "set client_encoding = 'SQL_ASCII'",
                       "create table orders (nr int primary key, customer text, "
                       "ordered_at date)")
    run_postgresql(company.url, "insert into orders values (1, convert_from('\\xe4', 'SQL_ASCII'))")
    company.declare("table: orders")
    assert "not in the encoding of the database" in company.problem()
    company.declare("query: \"select nr, ordered_at, convert_from(convert(convert_to(customer, "
                    "'SQL_ASCII'), 'WIN1252', 'UTF8'), 'UTF8') as customer from orders\"")
    company.fetch()
    company.url = company.url.replace("sql_ascii", "latin1")
    run_postgresql(company.url, "insert into orders values (2, chr(228))")
    company.declare("table: orders")
    company.fetch()
    assert company.landed("nr, customer") == [[(1, "ä")], [(2, "ä")]]


def test_types_of_mariadb_are_kept(tmp_path: Path, servers: Callable[[str], Server]) -> None:
    server = servers("mysql")
    server.run("set sql_mode = ''", """
        create or replace table `Alle Typen` (nr int, n2 decimal(12, 2), n decimal(60, 5),
            ub bigint unsigned, b tinyint(1), f float, d double, dt date, ts datetime(6),
            tz timestamp null, tm time, y year, j json, e enum('froh', 'trüb'), bi bit(4),
            bl blob, u binary(2), t text charset utf8mb4,
            g point)""")
    server.run("set sql_mode = ''", "set time_zone = '+02:00'", """
        insert into `Alle Typen` values (1, 12.30, 12345678901234567890.12345,
            18446744073709551615, 1, 16777216, 0.1, '2026-03-31', '2026-03-29 02:30:00.123456',
            '2026-03-29 03:30:00', '12:30', 2026, '{"b": {"c": 2}}', 'trüb', b'1010',
            x'dead', x'beef', concat('Käse "🧀\\\\', char(0), char(9), '\\n,'),
            point(1, 2))""", """
        insert into `Alle Typen` (nr, dt, ts, tz) values (2, '0000-00-00', '2026-00-00', 0)""",
        "insert into `Alle Typen` (nr) values (3)")
    company = Company(tmp_path, server)
    company.declare("table: shop.Alle Typen", columns="ordered_at: tz")
    company.fetch()
    (file,) = Landing(company.zone.path).paths("shop", "pos.orders")
    found = duckdb.sql(f"from '{file}' order by nr")
    assert dict(zip(found.columns, map(str, found.types), strict=True)) == {
        "nr": "INTEGER", "n2": "DECIMAL(12,2)", "n": "VARCHAR", "ub": "UBIGINT", "b": "TINYINT",
        "f": "DOUBLE", "d": "DOUBLE", "dt": "DATE", "ts": "TIMESTAMP",
        "tz": "TIMESTAMP WITH TIME ZONE", "tm": "VARCHAR", "y": "SMALLINT", "j": "VARCHAR",
        "e": "VARCHAR", "bi": "UBIGINT", "bl": "VARCHAR", "u": "VARCHAR", "t": "VARCHAR",
        "g": "VARCHAR"}
    first, second, third = found.fetchall()
    assert first == (
        1, Decimal("12.30"), "12345678901234567890.12345", 18446744073709551615, 1, 16777216, 0.1,
        date(2026, 3, 31), datetime(2026, 3, 29, 2, 30, 0, 123456),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "12:30:00", 2026, '{"b": {"c": 2}}', "trüb", 10,
        "dead", "beef", 'Käse "🧀\\\0\t\n,', "POINT(1 2)")
    assert (second, third) == ((2, *[None] * 18), (3, *[None] * 18))
