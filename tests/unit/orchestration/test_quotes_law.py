"""The law on published texts names every column that holds some."""

from __future__ import annotations

import re

import yaml

from orchestration.settings import DBT_PROJECT

# Excerpts that Python puts together of masked texts; no text of their own.
PUT_TOGETHER = {("topic_proposals", "phrases"), ("topic_proposals", "example_texts")}


def test_every_masked_column_of_a_mart_is_compared_with_the_masked_texts() -> None:
    masked = {(model["name"], column["name"])
              for path in (DBT_PROJECT / "models" / "marts").rglob("*.yml")
              for model in (yaml.safe_load(path.read_text(encoding="utf-8")).get("models") or ())
              for column in model.get("columns", ())
              if column.get("config", {}).get("meta", {}).get("pii") == "masked"}
    law = (DBT_PROJECT / "tests" / "what_is_quoted_is_masked.sql").read_text(encoding="utf-8")
    compared = set(re.findall(r"\('(\w+)', '(\w+)'\)", law))
    assert len(masked) > len(PUT_TOGETHER)
    assert masked - PUT_TOGETHER == compared
