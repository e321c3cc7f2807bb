"""The silence step: facts of an invitation, planted silence corrected, empty and broken input."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models_ml.tables import TABLES
from orchestration import silence_step
from orchestration.ml_steps import SuiteFailed
from orchestration.ml_tables import arrow_schema, ml_file
from orchestration.settings import Settings
from orchestration.silence_step import correct_for_silence, describe_invitations

AS_OF = date(2026, 6, 30)
INVITATION = {
    "invitation_id": "varchar", "identity_record_key": "varchar", "survey": "varchar",
    "sent_at": "timestamp", "sent_date": "date", "invitation_channel": "varchar",
    "order_channel": "varchar", "delivery": "varchar", "case_state": "varchar",
    "waiting": "varchar", "responded_at": "timestamp", "nps": "double",
    "csat_score": "double", "ces": "double", "overall_rating": "double"}
FACTS = {"identity_record_key": "varchar", "fact_type": "varchar", "fact_date": "date",
         "score": "double"}


@pytest.fixture
def settings(empty_home: Settings) -> Settings:
    return empty_home


def invited(number: int, day: str, record: str | None = "r1", **given: Any) -> dict[str, Any]:
    """An invitation, answered only where that is given."""
    return {"invitation_id": f"i{number}", "identity_record_key": record, "survey": "purchase",
            "sent_at": f"{day} 10:00:00", "sent_date": day, "invitation_channel": "email",
            "order_channel": "web", "delivery": "on_time", "case_state": "none",
            "waiting": "unknown"} | given


def deliver(settings: Settings, invitations: list[dict[str, Any]],
            facts: list[dict[str, Any]] | None = None, customers: dict[str, str] | None = None,
            ) -> None:
    """Write invitations and facts into the warehouse, and whose the records are."""
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("create schema intermediate")
        for name, columns, rows in (
            ("int_invitations_described", INVITATION, invitations),
            ("int_segment_facts_unioned", FACTS, facts or []),
        ):
            frame = pd.DataFrame(rows, columns=list(columns)).astype(object)
            con.register("given", frame.where(frame.notna(), None).astype("string"))
            cast = ", ".join(f"{column}::{kind} as {column}" for column, kind in columns.items())
            con.execute(f"create table intermediate.{name} as select {cast} from given")
    records = pd.DataFrame(sorted((customers or {}).items()), columns=["record_key", "customer_id"])
    table = TABLES["customer_records"]
    pq.write_table(pa.Table.from_pandas(records.assign(
        is_senior=True, match_rule="single", match_score=1.0, household_key=None)[
            [column.name for column in table.columns]],
        schema=arrow_schema(table), preserve_index=False), ml_file(settings, "customer_records"))


def described(settings: Settings) -> dict[str, dict[str, Any]]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
        describe_invitations(
            con, f"read_parquet('{ml_file(settings, 'customer_records')}')", AS_OF)
        units = con.execute("select * from units").df()
    return {row["invitation_id"]: row for row in units.to_dict("records")}


def test_an_invitation_is_described_by_the_days_before_it(settings: Settings) -> None:
    """Records of one customer count together; the day itself, later and long ago do not."""
    deliver(settings, [
        invited(1, "2026-03-10", responded_at="2026-03-20 10:00:00", nps=100.0),
        invited(2, "2026-03-15", "r2"),
        invited(3, "2026-04-15", "r2"),
        invited(4, "2026-04-15", None),
    ], [
        {"identity_record_key": "r1", "fact_type": "order", "fact_date": "2026-01-01"},
        {"identity_record_key": "r2", "fact_type": "order", "fact_date": "2026-03-09"},
        {"identity_record_key": "r2", "fact_type": "order", "fact_date": "2026-03-10"},
        {"identity_record_key": "r1", "fact_type": "case", "fact_date": "2025-12-10"},
        {"identity_record_key": "r1", "fact_type": "case", "fact_date": "2025-12-09"},
        {"identity_record_key": "r1", "fact_type": "case", "fact_date": "2026-03-11"},
        {"identity_record_key": "r1", "fact_type": "answer", "fact_date": "2026-03-01",
         "score": 0.9},
        {"identity_record_key": "r1", "fact_type": "answer", "fact_date": "2026-03-15",
         "score": 0.2},
    ], {"r1": "c1", "r2": "c1"})
    found = described(settings)
    told = {name: (row["orders_before"], row["contacts_before"], row["invited_before"],
                   row["score_before"])
            for name, row in found.items()}
    # 2025-12-10 lies 90 days before 2026-03-10; the answer of 20 March came after the second.
    assert told == {
        "i1": ("some", "one", "first", "high"), "i2": ("some", "one", "silent", "high"),
        "i3": ("some", "one", "silent", "low"), "i4": ("one", "none", "first", "none")}
    assert found["i1"]["quarter"] == pd.Timestamp("2026-01-01")
    assert found["i4"]["person_key"] == "i4"


def test_who_answered_before_is_known_as_such(settings: Settings) -> None:
    deliver(settings, [invited(1, "2026-03-10", responded_at="2026-03-12 10:00:00", nps=0.0),
                       invited(2, "2026-03-15")], customers={"r1": "c1"})
    assert described(settings)["i2"]["invited_before"] == "answered"


def test_a_young_invitation_is_neither_silent_nor_answered_yet(settings: Settings) -> None:
    """With those answered alone the last month would seem to have answered whole."""
    deliver(settings, [invited(1, "2026-05-30"), invited(2, "2026-05-31"), invited(3, "2026-07-01"),
                       invited(4, "2026-06-29", responded_at="2026-06-30 08:00:00", nps=0.0)])
    assert sorted(described(settings)) == ["i1"]


def test_an_answer_after_the_time_for_it_is_none(settings: Settings) -> None:
    """Else old invitations would have had longer for it than new ones."""
    deliver(settings, [
        invited(1, "2026-03-01", responded_at="2026-03-31 09:59:00", nps=0.0),
        invited(2, "2026-03-01", "r2", responded_at="2026-03-31 10:00:00", nps=0.0)])
    found = described(settings)
    assert found["i1"]["nps"] == 0
    assert pd.isna(found["i2"]["nps"])


def planted(count: int = 4000) -> list[dict[str, Any]]:
    """Late ones answer half as often and are 40 points less satisfied; the truth is 68."""
    rng = np.random.default_rng(5)
    late = rng.random(count) < 0.3
    answers = rng.random(count) < np.where(late, 0.25, 0.5)
    score = np.where(late, 40.0, 80.0) + rng.normal(0, 5, count)
    return [invited(number, "2026-02-01", f"r{number}",
                    delivery="late" if late[number] else "on_time",
                    **({"responded_at": "2026-02-03 10:00:00", "csat_score": score[number]}
                       if answers[number] else {})) for number in range(count)]


def test_planted_silence_is_corrected_in_every_period(settings: Settings) -> None:
    deliver(settings, planted())
    outcome = correct_for_silence(settings)
    outcome.raise_if_blocked()
    told = pd.read_parquet(ml_file(settings, "nonresponse_corrections"))
    assert sorted(told["grain"]) == ["all", "quarter", "year"]
    assert set(told["measure"]) == {"csat_score"}
    for _, row in told.iterrows():
        assert row["raw_score"] > 72
        assert row["corrected_score"] == pytest.approx(68, abs=1)
        assert row["corrected_score_low"] < 68 < row["corrected_score_high"]
        assert row["verdict"] == "lower"
        assert row["corrected_score"] * row["invited_count"] == pytest.approx(
            row["raw_score"] * row["answered_count"] + row["silent_score"] * row["silent_count"],
            rel=1e-6)
    assert "csat_score" in outcome.chart


def test_answers_of_one_person_are_less_than_of_many(settings: Settings) -> None:
    rows = planted(1000)
    deliver(settings, rows, customers={f"r{number}": f"c{number // 10}" for number in range(1000)})
    correct_for_silence(settings).raise_if_blocked()
    told = pd.read_parquet(ml_file(settings, "nonresponse_corrections"))
    assert set(told["persons_count"]) <= set(range(90, 101))


def test_a_survey_that_everybody_answered_has_nobody_silent(settings: Settings) -> None:
    deliver(settings, [invited(number, "2026-02-01", f"r{number}", ces=50.0,
                               responded_at="2026-02-03 10:00:00") for number in range(40)])
    correct_for_silence(settings).raise_if_blocked()
    told = pd.read_parquet(ml_file(settings, "nonresponse_corrections"))
    assert set(told["verdict"]) == {"too_few"}
    assert told["answering_p_value"].isna().all()


def test_without_invitations_the_table_is_empty(settings: Settings) -> None:
    deliver(settings, [])
    outcome = correct_for_silence(settings)
    outcome.raise_if_blocked()
    assert outcome.written[0].rows == 0
    assert outcome.chart == "Nobody was invited to a survey."


def test_a_name_of_a_survey_is_escaped_in_the_picture(settings: Settings) -> None:
    deliver(settings, [row | {"survey": "<b>|x"} for row in planted(400)])
    chart = correct_for_silence(settings).chart
    assert "<b>" not in chart
    assert "&lt;b&gt;&#124;x" in chart


def test_a_broken_conclusion_leaves_the_last_table(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver(settings, planted(400))
    file = ml_file(settings, "nonresponse_corrections")
    before = file.read_bytes()
    correct = silence_step.correct_measure
    monkeypatch.setattr(silence_step, "correct_measure",
                        lambda *given: correct(*given).assign(response_rate=2.0))
    with pytest.raises(SuiteFailed, match="response_rate"):
        correct_for_silence(settings).raise_if_blocked()
    assert file.read_bytes() == before
