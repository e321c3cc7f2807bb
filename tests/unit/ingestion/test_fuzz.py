"""Damaged files of every format: loaded correctly or refused, never lost.

`python -m benchmarks fuzz` does the same with 2,000 files.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.damaged_files import (
    DamagedFile,
    DamagedSet,
    csv_files,
    excel_files,
    json_files,
    parquet_files,
)
from benchmarks.fuzz import LostError, load_damaged


@pytest.mark.parametrize("files", [csv_files, json_files, parquet_files, excel_files])
def test_no_row_of_a_damaged_file_is_lost(files: type[st.SearchStrategy[DamagedSet]]) -> None:
    @settings(max_examples=6, derandomize=True, deadline=None, database=None,
              suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(files())
    def load_each(damaged: DamagedSet) -> None:
        with tempfile.TemporaryDirectory() as home:
            load_damaged(damaged, Path(home))

    load_each()


WHOLE = DamagedFile(b"id,at,amount,who,note\nK0001Q,2025-01-01,1.5,P0001Q,x\n",
                    frozenset({"K0001Q", "P0001Q"}), 1)


@pytest.mark.parametrize(("file", "sentence"), [
    (replace(WHOLE, marks=WHOLE.marks | {"P0002Q"}), "lost: ['P0002Q']"),
    (replace(WHOLE, rows=2), "2 rows, but"),
    (replace(WHOLE, content=b"id,amount\n"), "undamaged, but refused"),
])
def test_what_is_lost_is_seen(tmp_path: Path, file: DamagedFile, sentence: str) -> None:
    with pytest.raises(LostError) as error:
        load_damaged(DamagedSet("csv", {}, (file,)), tmp_path)
    assert sentence in str(error.value)
