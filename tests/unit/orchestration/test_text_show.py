"""What is printed about a text; `test_text_step.py` tests what is concluded."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration.ml_tables import prepare_ml_tables, write_ml_table
from orchestration.settings import Settings
from orchestration.text_show import UnknownText, describe_text

STEERING = "Die \x1b[31mLieferung\x1b[0m kam\x07 zu\u202e spät,\n\x9b2J \x08nie\x00 wieder 😡"
KEY = md5(STEERING.encode()).hexdigest()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path, company_folder=tmp_path / "company", sources=tmp_path,
                        extracts=tmp_path)
    prepare_ml_tables(settings)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("create schema intermediate")
        con.execute("create table intermediate.int_feedback_texts_unioned as select $1 as "
                    "text_key, md5('survey.answers|survey|1') as feedback_id, "
                    "null::varchar as source_record_key", [KEY])
    write_ml_table(settings, "feedback_texts", [pd.DataFrame({
        "text_key": [KEY], "masked_text": STEERING, "personal_data_count": 0,
        "personal_data_kinds": None, "names_key": None, "language": "de",
        "language_probability": 0.9, "model_version": "1"})])
    write_ml_table(settings, "feedback_topics", [pd.DataFrame({
        "text_key": [KEY], "topic": "delivery", "span_start": 4, "span_end": len(STEERING),
        "polarity": -0.5, "sentiment_label": "negative", "topic_score": 0.8,
        "model_name": "lexicon", "model_version": "1"})])
    return settings


@pytest.mark.parametrize("name", [KEY, KEY.upper(), "survey/1"])
def test_a_text_is_printed_without_signs_that_steer_a_terminal(
    settings: Settings, name: str,
) -> None:
    lines = list(describe_text(settings, name))
    assert lines == [
        f"text_key    {KEY}",
        "text        Die [31mLieferung[0m kam zu spät, 2J nie wieder 😡",
        "language    de (0.90)",
        "topic       delivery (0.80), negative: [31mLieferung[0m kam zu spät, 2J nie wieder 😡",
    ]


def test_a_name_of_no_text_is_told(settings: Settings) -> None:
    with pytest.raises(UnknownText, match="survey/2: no such text"):
        list(describe_text(settings, "survey/2"))
