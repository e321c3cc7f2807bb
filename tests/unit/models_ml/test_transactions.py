"""All statements of a block, or none."""

from __future__ import annotations

import duckdb
import pytest

from models_ml.transactions import transaction


def test_a_block_that_raises_leaves_nothing_behind() -> None:
    con = duckdb.connect()
    con.execute("create table kept (number integer)")
    with pytest.raises(duckdb.Error), transaction(con):
        con.execute("insert into kept values (1)")
        con.execute("insert into nowhere values (1)")
    with transaction(con):
        con.execute("insert into kept values (2)")
    assert con.execute("select number from kept").fetchall() == [(2,)]
