"""The gates: each rule of each suite blocks what breaks it, and nothing else.

One module, so that Great Expectations is imported once.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from hashlib import md5
from typing import Any

import duckdb
import pandas as pd
import pytest

from expectations import ml, raw
from expectations.metrics import load_metrics_sql, quote_identifier, table_metrics_sql
from expectations.validation import great_expectations
from expectations.verdicts import Failure, LoadVerdict, TableVerdict
from ingestion.contract import DUCKDB_TYPES, ENTITIES, Entity
from models_ml.tables import TABLES, MlTable

Row = dict[str, Any]
THRESHOLDS = raw.Thresholds()
PERSONAL = "erika.mustermann@example.org"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def a_value(name: str, type_: str, number: int) -> Any:
    """Return a valid value, different for every `number`."""
    if name.endswith("_key"):
        return md5(f"{name}{number}".encode()).hexdigest()
    return {
        "string": f"{PERSONAL} {number}",
        "json": "{}",
        "integer": number + 1,
        "decimal": Decimal(number),
        "double": 1 / (number + 1),
        "boolean": number % 2 == 0,
        "timestamp": datetime(2024, 5, 1, 12, 30, number % 60),
        "date": date(2024, 5, 1),
    }[type_]


def write(connection: duckdb.DuckDBPyConnection, types: dict[str, str], rows: list[Row]) -> None:
    """Write `rows` to table `written`."""
    columns = ", ".join(f"{quote_identifier(name)} {type_}" for name, type_ in types.items())
    connection.execute(f"create or replace table written ({columns})")
    if rows:
        marks = ", ".join("?" * len(types))
        connection.executemany(
            f"insert into written values ({marks})", [list(row.values()) for row in rows]
        )


# --- raw loads ---------------------------------------------------------------------------------


class Loads:
    """Loads of one entity, two valid rows each, with the counts that the manifest has of them."""

    def __init__(self, entity: Entity) -> None:
        """Start without loads."""
        self.entity = entity
        self.rows: dict[str, list[Row]] = {}
        self.manifest: dict[str, list[int]] = {}

    def add(
        self,
        load_id: str,
        *,
        read: int = 2,
        accepted: int = 2,
        rejected: int = 0,
        repeated: int = 0,
        stored: int = 2,
        **broken: Any,
    ) -> None:
        """Add a load; `broken` values replace those of its first row."""
        first = 2 * len(self.rows)
        self.rows[load_id] = [
            {c.name: a_value(c.name, c.type, n) for c in self.entity.raw_columns}
            | {"load_id": load_id, "is_deleted": [None, False][n % 2]}
            for n in range(first, first + stored)
        ]
        if broken:
            self.rows[load_id][0] |= broken
        self.manifest[load_id] = [read, accepted, rejected, repeated]

    def write(self, connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
        """Write tables `written` and `manifest`; return the metrics."""
        types = {c.name: DUCKDB_TYPES[c.type] for c in self.entity.raw_columns}
        write(connection, types, [row for rows in self.rows.values() for row in rows])
        connection.execute(
            "create or replace table manifest (load_id varchar, rows_read bigint, "
            "rows_accepted bigint, rows_rejected bigint, rows_repeated bigint)"
        )
        connection.executemany(
            "insert into manifest values (?, ?, ?, ?, ?)",
            [[load_id, *counts] for load_id, counts in self.manifest.items()],
        )
        return connection.execute(load_metrics_sql(self.entity, "written", "manifest")).df()

    def judge(self, connection: duckdb.DuckDBPyConnection) -> dict[str, LoadVerdict]:
        """Return the verdict of every load."""
        metrics = self.write(connection)
        chunk = connection.execute(chunk_query(raw.chunk_columns(self.entity))).df()
        verdicts = raw.validate_loads(self.entity, [chunk], metrics, thresholds=THRESHOLDS)
        return {verdict.load_id: verdict for verdict in verdicts}


def chunk_query(columns: list[str]) -> str:
    return f"select {', '.join(map(quote_identifier, columns))} from written"


def found(verdict: LoadVerdict | TableVerdict) -> list[tuple[str, str, int]]:
    return [(failure.rule, failure.column, failure.count) for failure in verdict.failures]


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=lambda entity: entity.table)
def test_every_rule_of_a_raw_table_blocks_the_load_that_breaks_it(
    entity: Entity, connection: duckdb.DuckDBPyConnection
) -> None:
    loads, expected = Loads(entity), {}

    def expect(rule: str, column: str, count: int, **load: Any) -> None:
        load_id = f"{rule}/{column}/{load.get(column)}"
        loads.add(load_id, **load)
        expected[load_id] = [(rule, column, count)]

    loads.add("clean", read=104, rejected=5, repeated=97)
    expected["clean"] = []
    expect("rows_read", "", 0, read=0, accepted=0, stored=0)
    expect("accounted_rows", "", 3, read=5)
    expect("stored_rows", "", 1, stored=1)
    expect("rejected_share", "", 6, read=100, rejected=6, repeated=92)
    expect("unique_key", "record_key", 1)
    first, second = loads.rows["unique_key/record_key/None"]
    first["record_key"] = second["record_key"]
    expect("key_form", "record_key", 1, record_key="4711")
    for column in entity.raw_columns:
        emptied = {column.name: None}
        if column.references:
            expect("reference_key", column.name, 1, **{column.key_name: None})
            emptied[column.key_name] = None
        if column.required and column.name != "load_id":
            expect("not_null", column.name, 1, **emptied)
        if column.minimum is not None:
            expect("range", column.name, 1, **{column.name: column.minimum - 1})
        if column.maximum is not None:
            expect("range", column.name, 1, **{column.name: column.maximum + 1})

    verdicts = loads.judge(connection)

    assert {load_id: found(verdict) for load_id, verdict in verdicts.items()} == expected
    assert [load_id for load_id, verdict in verdicts.items() if verdict.passed] == ["clean"]
    assert PERSONAL not in repr(verdicts)


@pytest.mark.parametrize("load_id", [None, "unknown"])
def test_a_row_that_names_no_known_load_is_missed_in_its_own(
    load_id: str | None,
    connection: duckdb.DuckDBPyConnection,
) -> None:
    loads = Loads(ENTITIES["pos.stores"])
    loads.add("clean")
    loads.add("mislabelled")
    loads.rows["mislabelled"][0] |= {"load_id": load_id, "record_key": None}

    verdicts = loads.judge(connection)

    assert found(verdicts["clean"]) == []
    assert found(verdicts["mislabelled"]) == [("stored_rows", "", 1)]


def test_failures_add_up_over_chunks(connection: duckdb.DuckDBPyConnection) -> None:
    loads = Loads(ENTITIES["pos.stores"])
    loads.add("first")
    loads.add("second", record_key="x")
    loads.rows["second"][1]["record_key"] = "y"
    metrics = loads.write(connection)
    chunk = connection.execute(chunk_query(raw.chunk_columns(loads.entity))).df()
    rows = [chunk.iloc[[position]] for position in range(len(chunk))]

    verdicts = raw.validate_loads(loads.entity, rows, metrics, thresholds=THRESHOLDS)

    assert [found(verdict) for verdict in verdicts] == [[], [("key_form", "record_key", 2)]]


AS_PANDAS: dict[str, Callable[[duckdb.DuckDBPyConnection, str], pd.DataFrame]] = {
    "default": lambda connection, query: connection.execute(query).df(),
    "object": lambda connection, query: connection.execute(query).df().astype(object),
    "arrow": lambda connection, query: connection.sql(query).to_arrow_table().to_pandas(),
    "arrow types": lambda connection, query: (
        connection.sql(query).to_arrow_table().to_pandas(types_mapper=pd.ArrowDtype)
    ),
}


@pytest.mark.parametrize("as_pandas", AS_PANDAS.values(), ids=AS_PANDAS.keys())
def test_verdicts_do_not_depend_on_how_pandas_holds_the_types(
    as_pandas: Callable[[duckdb.DuckDBPyConnection, str], pd.DataFrame],
    connection: duckdb.DuckDBPyConnection,
) -> None:
    loads = Loads(ENTITIES["crm.contracts"])
    loads.add("clean", fee_amount=None)
    loads.add("day", started_on=None)
    loads.add("fee", fee_amount=Decimal("-0.0001"))
    loads.add("key", record_key="A" * 32)
    metrics = loads.write(connection)
    chunk = as_pandas(connection, chunk_query(raw.chunk_columns(loads.entity)))

    verdicts = raw.validate_loads(loads.entity, [chunk], metrics, thresholds=THRESHOLDS)

    assert {verdict.load_id: found(verdict) for verdict in verdicts} == {
        "clean": [],
        "day": [("not_null", "started_on", 1)],
        "fee": [("range", "fee_amount", 1)],
        "key": [("key_form", "record_key", 1)],
    }


def test_a_failure_names_table_column_rule_count_and_remedy(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    loads = Loads(ENTITIES["crm.contracts"])
    loads.add("fee", fee_amount=-1)
    loads.add("rejects", read=40, rejected=30, repeated=8)

    verdicts = loads.judge(connection)

    assert verdicts["fee"].failures == (
        Failure(
            "range",
            "fee_amount",
            1,
            "crm_contracts: `fee_amount` is out of range in 1 row; it must be at least 0. Correct "
            "the column's mapping in the source declaration or the extract, then replay the load.",
        ),
    )
    assert verdicts["rejects"].failures == (
        Failure(
            "rejected_share",
            "",
            30,
            "crm_contracts: 75.0% of the rows read were rejected (30 rows of 40), at most 5% are "
            "allowed. Look at the reasons in the load's rejects, correct the extract or the source "
            "declaration, then replay the load.",
        ),
    )


def test_thresholds_can_be_set(connection: duckdb.DuckDBPyConnection) -> None:
    loads = Loads(ENTITIES["pos.stores"])
    loads.add("empty", read=0, accepted=0, stored=0)
    loads.add("rejects", read=4, rejected=2)
    metrics = loads.write(connection)
    chunk = connection.execute(chunk_query(raw.chunk_columns(loads.entity))).df()
    lenient = raw.Thresholds(rejected_share=0.5, rows_read=0)

    verdicts = raw.validate_loads(loads.entity, [chunk], metrics, thresholds=lenient)

    assert [verdict.passed for verdict in verdicts] == [True, True]


def test_no_loads_give_no_verdicts(connection: duckdb.DuckDBPyConnection) -> None:
    loads = Loads(ENTITIES["pos.stores"])
    loads.add("only")
    metrics = loads.write(connection).iloc[:0]

    assert raw.validate_loads(loads.entity, [], metrics, thresholds=THRESHOLDS) == []


# --- ML tables ---------------------------------------------------------------------------------


def a_row(table: MlTable, number: int) -> Row:
    """A valid row; of a key whose columns are all listed, the last has another value every row."""
    listed = all(c.values for c in table.columns if c.name in table.key)
    return {
        c.name: c.values[number if listed and c.name == table.key[-1] else 0]
        if c.values
        else a_value(c.name, c.type, number) + (c.minimum or 0)
        if c.type in ("integer", "double")
        else a_value(c.name, c.type, number)
        for c in table.columns
    }


def judge_table(
    connection: duckdb.DuckDBPyConnection, table: MlTable, rows: list[Row], expected: str | None
) -> TableVerdict:
    write(connection, {c.name: DUCKDB_TYPES[c.type] for c in table.columns}, rows)
    metrics = connection.execute(table_metrics_sql(table, "written", expected=expected)).df()
    chunk = connection.execute(chunk_query(ml.chunk_columns(table))).df()
    return ml.validate_table(table, [chunk], metrics, covers_expected=expected is not None)


def ml_cases() -> Iterator[Any]:
    """Yield (table, changes to the second of two rows, failures)."""

    def case(table: MlTable, changes: Row, rule: str, column: str) -> Any:
        name = f"{table.name}-{rule}-{column}-{changes.get(column)}"
        return pytest.param(table, changes, [(rule, column, 1)], id=name)

    for table in TABLES.values():
        yield pytest.param(table, {}, [], id=f"{table.name}-clean")
        first = a_row(table, 0)
        yield case(
            table, {name: first[name] for name in table.key}, "unique_key", ", ".join(table.key)
        )
        for column in table.columns:
            if column.nullable:
                yield pytest.param(
                    table, {column.name: None}, [], id=f"{table.name}-empty-{column.name}"
                )
            else:
                yield case(table, {column.name: None}, "not_null", column.name)
            step = 1 if column.type == "integer" else 0.01
            if column.minimum is not None:
                yield case(table, {column.name: column.minimum - step}, "range", column.name)
            if column.maximum is not None:
                yield case(table, {column.name: column.maximum + step}, "range", column.name)
            if column.values:
                yield case(table, {column.name: "guessed"}, "value_set", column.name)
            if column.name.endswith("_key"):
                yield case(table, {column.name: "4711"}, "key_form", column.name)


@pytest.mark.parametrize(("table", "changes", "failures"), list(ml_cases()))
def test_every_rule_of_an_ml_table_blocks(
    table: MlTable,
    changes: Row,
    failures: list[tuple[str, str, int]],
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = [a_row(table, 0), a_row(table, 1) | changes]

    verdict = judge_table(connection, table, rows, expected=None)

    assert found(verdict) == failures
    assert verdict.passed == (not failures)
    assert verdict.rows == 2
    assert PERSONAL not in repr(verdict)


@pytest.mark.parametrize(("score", "rule"), [
    ("1.5", "range"), ("-0.1", "range"), ("null", "not_null"), ("'nan'", "not_null"),
])
def test_numbers_of_arrow_are_judged_as_those_of_numpy(
    score: str, rule: str, connection: duckdb.DuckDBPyConnection,
) -> None:
    table = TABLES["identity_edges"]
    judge_table(connection, table, [a_row(table, 0), a_row(table, 1)], expected=None)
    connection.execute(f"update written set match_score = {score} where match_score < 1")
    metrics = connection.execute(table_metrics_sql(table, "written", expected=None)).df()
    chunk = AS_PANDAS["arrow types"](connection, chunk_query(ml.chunk_columns(table)))
    assert chunk["match_score"].dtype == "double[pyarrow]"

    verdict = ml.validate_table(table, [chunk], metrics, covers_expected=False)

    assert found(verdict) == [(rule, "match_score", 1)]


def test_an_ml_table_must_cover_what_its_step_was_given(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    table = TABLES["feedback_sentiment"]
    connection.execute("create table texts as select md5('new') as text_key, 'new' as text")

    verdict = judge_table(connection, table, [a_row(table, 0)], expected="texts")

    assert verdict.failures == (
        Failure(
            "complete_keys",
            "text_key",
            1,
            "feedback_sentiment: the table lacks 1 row of the step's input, by `text_key`. "
            "Correct the step that writes the table, then materialise it again.",
        ),
    )


def test_an_empty_ml_table_passes_when_nothing_was_expected(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("create table texts (text_key varchar)")

    verdict = judge_table(connection, TABLES["feedback_sentiment"], [], expected="texts")

    assert (verdict.passed, verdict.rows) == (True, 0)


# --- a gate that cannot judge does not pass ------------------------------------------------------


def one_load(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[Entity, pd.DataFrame, pd.DataFrame]:
    loads = Loads(ENTITIES["crm.contracts"])
    loads.add("load")
    metrics = loads.write(connection)
    chunk = connection.execute(chunk_query(raw.chunk_columns(loads.entity))).df()
    return loads.entity, chunk, metrics


@pytest.mark.parametrize(
    ("change_chunk", "change_metrics", "message"),
    [
        (lambda c: c.iloc[1:], lambda m: m, "load load: the chunks held 1 rows, .* count 2"),
        (lambda c: c.drop(columns="fee_amount"), lambda m: m, "has no column fee_amount"),
        (lambda c: c, lambda m: m.drop(columns="rows_read"), "has no column rows_read"),
        (lambda c: c, lambda m: m.assign(rows_rejected=None), "no value in rows_rejected"),
        (
            lambda c: c.assign(fee_amount=PERSONAL),
            lambda m: m,
            "crm_contracts: rule range could not be evaluated on `fee_amount`",
        ),
    ],
    ids=["fewer rows", "no column", "no metric", "empty metric", "wrong type"],
)
def test_a_gate_that_cannot_judge_raises(
    change_chunk: Callable[[pd.DataFrame], pd.DataFrame],
    change_metrics: Callable[[pd.DataFrame], pd.DataFrame],
    message: str,
    connection: duckdb.DuckDBPyConnection,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entity, chunk, metrics = one_load(connection)

    with caplog.at_level("DEBUG"), pytest.raises(ValueError, match=message) as error:
        raw.validate_loads(
            entity, [change_chunk(chunk)], change_metrics(metrics), thresholds=THRESHOLDS
        )

    assert PERSONAL not in caplog.text + str(error.value)


def test_an_ml_gate_that_saw_fewer_rows_raises(connection: duckdb.DuckDBPyConnection) -> None:
    table = TABLES["identity_edges"]
    judge_table(connection, table, [a_row(table, 0)], expected=None)
    metrics = connection.execute(table_metrics_sql(table, "written", expected=None)).df()

    with pytest.raises(ValueError, match="the chunks held 0 rows, the metrics count 1"):
        ml.validate_table(table, [], metrics, covers_expected=False)


# --- what a reader sees --------------------------------------------------------------------------


def test_suites_are_described_rule_by_rule() -> None:
    assert ml.describe_suite(TABLES["identity_edges"], covers_expected=False)[:3] == [
        "`left_record_key`, `right_record_key`, `match_rule` together are unique.",
        "`left_record_key` is never empty.",
        "`left_record_key` is an md5 of 32 hexadecimal digits.",
    ]
    sentences = raw.describe_suite(ENTITIES["crm.contracts"], THRESHOLDS)
    assert "At most 5% of the rows read, or 5 rows, are rejected." in sentences
    assert "`fee_amount` is at least 0." in sentences


def test_a_suite_holds_one_expectation_a_rule() -> None:
    entity, table = ENTITIES["crm.contracts"], TABLES["feedback_sentiment"]
    suites = [
        raw.build_metrics_suite(entity, THRESHOLDS),
        raw.build_row_suite(entity),
        ml.build_metrics_suite(table, covers_expected=True),
        ml.build_row_suite(table),
    ]

    notes = [expectation.notes for suite in suites for expectation in suite.expectations]

    assert notes == raw.describe_suite(entity, THRESHOLDS) + ml.describe_suite(
        table, covers_expected=True
    )


def test_great_expectations_is_imported_only_when_it_is_needed() -> None:
    code = (
        "import sys, expectations.ml, expectations.raw; "
        "sys.exit(bool({'great_expectations', 'dagster'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("was_on", [True, False])
def test_importing_leaves_the_search_for_garbage_as_it_was(was_on: bool) -> None:
    try:
        gc.enable() if was_on else gc.disable()
        great_expectations.__wrapped__()
        assert gc.isenabled() == was_on
    finally:
        gc.enable()
