"""Frames at the door: what is missing is named."""

from __future__ import annotations

import pandas as pd
import pytest

from models_ml.frames import require_columns


def test_missing_columns_are_named_with_their_frame() -> None:
    with pytest.raises(ValueError, match="records: missing column b, c"):
        require_columns(pd.DataFrame({"a": []}), ["a", "b", "c"], "records")
