"""Errors of DuckDB name what is wrong and where, never the value."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.withheld import withhold_values


@pytest.fixture
def withheld() -> Iterator[None]:
    before = duckdb.Error.__str__, duckdb.Error.__repr__
    withhold_values()
    yield
    duckdb.Error.__str__, duckdb.Error.__repr__ = before  # type: ignore[method-assign]


def error_of(query: str) -> duckdb.Error:
    with duckdb.connect() as con, pytest.raises(duckdb.Error) as caught:
        con.execute(query).fetchall()
    return caught.value


@pytest.mark.parametrize("query", [
    "select cast('Erika' as date)",
    "select cast(x as integer) from (select 'Eri''ka, source column Erika' as x)",
    "select strptime('Erika', '%Y')",
    "select cast('{Erika' as json)",
    "select error('Erika')",
    "create table t (a varchar primary key); insert into t values ('Erika'), ('Erika')",
    "select regexp_matches('a', '(Erika')",
])
def test_no_value_is_told(withheld: None, query: str) -> None:
    error = error_of(query)
    assert "Erika" not in str(error) + repr(error)
    assert "a value" in str(error)


def test_the_column_is_told(withheld: None) -> None:
    error = error_of("select cast(born as integer) from (select 'Erika' as born)")
    assert str(error).startswith("Conversion Error: a value of column born cannot be used")


def test_numbers_are_not_told_either(withheld: None) -> None:
    assert "123456789" not in str(error_of("select cast(123456789 as decimal(4, 2))"))


@pytest.mark.parametrize(("query", "told"), [
    ("select nope from range(3)", 'Referenced column "nope" not found'),
    ("select * from nope", "Table with name nope does not exist"),
    ("select from where", "syntax error"),
    ("select * from read_parquet('/nowhere/nope.parquet')", "nope.parquet"),
])
def test_errors_about_sql_and_files_are_told_whole(withheld: None, query: str, told: str) -> None:
    assert told in str(error_of(query))
