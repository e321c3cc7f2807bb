"""The shipped seeds of text analysis, as the warehouse hands them over."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

SEEDS = Path(__file__).parents[3] / "dbt_project" / "seeds"


@cache
def read_seed(name: str) -> pd.DataFrame:
    return pd.read_csv(SEEDS / f"{name}.csv", keep_default_na=False)


def texts_of(*texts: tuple[str, str]) -> pd.DataFrame:
    """Texts as (language, text) with keys k000, k001, …"""
    return pd.DataFrame({
        "text_key": [f"k{row:03d}" for row in range(len(texts))],
        "text": [text for _, text in texts],
        "language": [language for language, _ in texts],
    })
