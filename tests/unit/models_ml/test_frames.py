"""Frames at the door: what is missing is named, what goes out has the declared shape."""

from __future__ import annotations

import pandas as pd
import pytest

from models_ml.frames import conform, require_columns
from models_ml.tables import MlColumn, MlTable

TABLE = MlTable("points", "One row per point.", ("point_id",), (
    MlColumn("point_id", "string", "Key."),
    MlColumn("size", "double", "Size."),
    MlColumn("rank", "integer", "Rank.", nullable=True),
))


def test_missing_columns_are_named_with_their_frame() -> None:
    with pytest.raises(ValueError, match="records: missing column b, c"):
        require_columns(pd.DataFrame({"a": []}), ["a", "b", "c"], "records")


def test_columns_order_types_and_rows_follow_the_table() -> None:
    found = conform(
        pd.DataFrame({"extra": [1, 2], "rank": [1, None], "size": [2, 1], "point_id": ["b", "a"]}),
        TABLE,
    )
    assert found.dtypes.astype(str).to_dict() == {
        "point_id": "str", "size": "float64", "rank": "Int64",
    }
    assert found["point_id"].tolist() == ["a", "b"]
    assert found["rank"].isna().tolist() == [True, False]
