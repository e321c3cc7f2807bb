"""Steps between dbt's layers: only what is new is scored, and what is gone is dropped."""

from __future__ import annotations

from datetime import date
from hashlib import md5
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from models_ml import personal_data
from models_ml.language import DETECTED_LANGUAGES
from orchestration import ml_steps
from orchestration.ml_steps import SuiteFailed, list_holidays, score_feedback
from orchestration.ml_tables import ml_file, prepare_ml_tables, write_ml_table
from orchestration.settings import Settings


class Model:
    """Stands in for the sentiment model; remembers what it was asked."""

    def __init__(self) -> None:
        self.version, self.asked, self.polarity = "1", [], 0.5  # type: ignore[var-annotated]

    def versions(self, languages: tuple[str, ...]) -> dict[str, str]:
        return {"de": self.version} if languages == DETECTED_LANGUAGES else {}

    def score(self, texts: pd.DataFrame, *, languages: tuple[str, ...]) -> pd.DataFrame:
        assert languages == DETECTED_LANGUAGES
        self.asked += list(texts["text"])
        return pd.DataFrame({
            "text_key": texts["text_key"].astype(str), "polarity": self.polarity,
            "sentiment_label": "positive", "sentiment_probability": 0.9, "is_unsure": False,
            "model_name": "stand-in", "model_version": self.version})


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    model = Model()
    monkeypatch.setattr(ml_steps, "score_sentiment", model.score)
    monkeypatch.setattr(ml_steps, "model_versions", model.versions)
    return model


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path, company_folder=tmp_path, sources=tmp_path,
                        extracts=tmp_path)
    prepare_ml_tables(settings)
    return settings


def deliver(settings: Settings, *texts: str, writer: str = "") -> None:
    """Texts of one writer with that family name."""
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("create schema if not exists intermediate")
        con.execute("create or replace table intermediate.int_feedback_texts_deduplicated as "
                    "select md5(text) as text_key, text from (select unnest($1) as text)",
                    [list(texts)])
        con.execute("create or replace table intermediate.int_feedback_texts_unioned as "
                    "select text_key, md5('record') as identity_record_key "
                    "from intermediate.int_feedback_texts_deduplicated")
        con.execute("create or replace table intermediate.int_identity_attributes_unioned as "
                    "select md5('record') as record_key, null::varchar as first_name, "
                    "nullif($1, '') as last_name", [writer])
    write_ml_table(settings, "customer_records", [pd.DataFrame({
        "record_key": [key("record")], "customer_id": key("record"), "is_senior": True,
        "match_rule": "single", "match_score": 1.0, "household_key": None})])


def masked(settings: Settings) -> list[str]:
    rows = pq.read_table(ml_file(settings, "feedback_texts"))
    return sorted(rows.column("masked_text").to_pylist())


def scored(settings: Settings) -> dict[str, str]:
    rows = pq.read_table(ml_file(settings, "feedback_sentiment")).to_pylist()
    return {row["text_key"]: row["model_version"] for row in rows}


def key(text: str) -> str:
    return md5(text.encode()).hexdigest()


def test_only_texts_that_this_version_has_not_scored_are_scored(
    settings: Settings, model: Model,
) -> None:
    deliver(settings, "gut", "schlecht")
    assert score_feedback(settings).metrics == {"scored now": 2, "scored before": 0}
    deliver(settings, "gut", "neu")
    assert score_feedback(settings).metrics == {"scored now": 1, "scored before": 1}
    assert scored(settings) == {key("gut"): "1", key("neu"): "1"}
    assert sorted(model.asked) == ["gut", "neu", "schlecht"]


def test_another_model_version_scores_everything_anew(settings: Settings, model: Model) -> None:
    deliver(settings, "gut", "schlecht")
    score_feedback(settings)
    model.version = "2"
    assert score_feedback(settings).metrics == {"scored now": 2, "scored before": 0}
    assert set(scored(settings).values()) == {"2"}


def test_a_model_that_breaks_a_rule_is_named_and_replaces_nothing(
    settings: Settings, model: Model,
) -> None:
    deliver(settings, "gut")
    score_feedback(settings).raise_if_blocked()
    model.version, model.polarity = "2", 7.0
    with pytest.raises(SuiteFailed, match=r"^ml\.feedback_sentiment: .*polarity"):
        score_feedback(settings).raise_if_blocked()
    assert set(scored(settings).values()) == {"1"}


def test_without_a_text_the_table_is_empty(settings: Settings, model: Model) -> None:
    deliver(settings)
    score_feedback(settings).raise_if_blocked()
    assert scored(settings) == {}
    assert model.asked == []


def test_models_read_masked_texts_only_and_these_know_who_wrote(
    settings: Settings, model: Model,
) -> None:
    deliver(settings, "Zwitscherwitz wartet", "an max@example.org", writer="Zwitscherwitz")
    score_feedback(settings).raise_if_blocked()
    assert masked(settings) == ["[NAME] wartet", "an [EMAIL]"]
    assert sorted(model.asked) == masked(settings)


def test_a_text_is_masked_anew_when_masking_has_changed(
    settings: Settings, model: Model, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver(settings, "gut")
    score_feedback(settings)
    monkeypatch.setattr(personal_data, "masking_version", lambda: "other")
    monkeypatch.setattr(personal_data, "mask_personal_data", lambda texts, known_names: texts[
        ["text_key"]].assign(masked_text="[NAME]", personal_data_count=1,
                             personal_data_kinds="NAME"))
    score_feedback(settings)
    assert masked(settings) == ["[NAME]"]


def test_conclusions_about_texts_that_are_gone_go_too(settings: Settings, model: Model) -> None:
    deliver(settings, "gut", "schlecht")
    write_ml_table(settings, "feedback_topics", [pd.DataFrame({
        "text_key": [key("gut"), key("schlecht")], "topic": "price", "span_start": 0, "span_end": 3,
        "polarity": None, "sentiment_label": "unknown", "topic_score": 0.9, "model_name": "rules",
        "model_version": "1"})])
    deliver(settings, "gut")
    score_feedback(settings).raise_if_blocked()
    kept = pq.read_table(ml_file(settings, "feedback_topics")).column("text_key").to_pylist()
    assert kept == [key("gut")]


def open_in(settings: Settings, *regions: str) -> None:
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("create schema if not exists intermediate")
        con.execute("create or replace table intermediate.int_business_regions_listed as "
                    "select unnest($1::varchar[]) as region, 2025 as first_year, "
                    "2026 as last_year", [list(regions)])


def test_holidays_are_listed_for_every_state_and_region(settings: Settings) -> None:
    open_in(settings, "DE-BE", "AT-9")
    outcome = list_holidays(settings)
    rows = pq.read_table(ml_file(settings, "public_holidays")).to_pylist()
    assert outcome.metrics == {"regions": 17}
    assert {row["holiday_date"].year for row in rows} == {2025, 2026}
    assert {(row["name_de"], row["name_en"]) for row in rows
            if row["region"] == "AT-9" and row["holiday_date"] == date(2026, 10, 26)} == {
                ("Nationalfeiertag", "National Day")}


def test_a_region_nobody_knows_is_named_and_the_last_holidays_stay(settings: Settings) -> None:
    open_in(settings, "DE-BE")
    list_holidays(settings)
    before = ml_file(settings, "public_holidays").read_bytes()
    open_in(settings, "Bayern")
    with pytest.raises(ValueError, match="'Bayern' is not a region"):
        list_holidays(settings)
    assert ml_file(settings, "public_holidays").read_bytes() == before


def test_without_business_hours_no_holiday_is_listed(settings: Settings) -> None:
    open_in(settings)
    list_holidays(settings).raise_if_blocked()
    assert pq.read_table(ml_file(settings, "public_holidays")).num_rows == 0
