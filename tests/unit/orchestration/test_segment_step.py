"""The segment step: planted groups found, ids that stay, moves counted, a broken table blocks."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models_ml.segmentations import RFM
from models_ml.tables import TABLES
from orchestration import segment_points, segment_state, segment_step
from orchestration.ml_steps import SuiteFailed
from orchestration.ml_tables import arrow_schema, ml_file
from orchestration.segment_features import measure_features
from orchestration.segment_step import segment_customers
from orchestration.settings import Settings

AS_OF = date(2026, 6, 30)
CUSTOMERS = 240
FACTS = {"identity_record_key": "varchar", "fact_type": "varchar", "fact_date": "date",
         "revenue": "double", "score": "double", "ease_score": "double", "text_key": "varchar",
         "is_complaint": "boolean", "is_late": "boolean"}
# Group of a customer: score, sentiment of its texts, complaints, share of late deliveries.
PLANTED = ((0.8, 0.5, 0, 0.0), (0.2, -0.6, 3, 0.0), (0.6, 0.1, 0, 1.0))


@pytest.fixture
def settings(empty_home: Settings) -> Settings:
    return empty_home


def as_of(settings: Settings, day: date) -> Settings:
    return Settings(home=settings.home, company_folder=settings.company_folder,
                    sources=settings.sources, extracts=settings.extracts, as_of=day)


def deliver(settings: Settings, facts: list[dict[str, Any]], tiers: dict[str, int] | None = None,
            sentiment: dict[str, float] | None = None,
            intents: dict[str, str] | None = None) -> None:
    """Facts of records, each of which is a customer of that name; keys are made of names."""
    frame = pd.DataFrame(facts, columns=list(FACTS))
    members = sorted({fact["identity_record_key"] for fact in facts})
    for column in ("identity_record_key", "text_key"):
        frame[column] = frame[column].map(key, na_action="ignore")
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("create schema if not exists intermediate")
        columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in FACTS.items())
        con.execute(f"create or replace table intermediate.int_segment_facts_unioned as "
                    f"select {columns} from frame")
        con.execute("create or replace table intermediate.int_segment_memberships_listed "
                    "(identity_record_key varchar, loyalty_level integer, valid_from date, "
                    "valid_to date)")
        for member, level in (tiers or {}).items():
            con.execute("insert into intermediate.int_segment_memberships_listed "
                        "values (?, ?, null, null)", [key(member), level])
    place(settings, "customer_records", pd.DataFrame({
        "record_key": [key(member) for member in members], "customer_id": members,
        "is_senior": True,
        "match_rule": "single", "match_score": 1.0, "household_key": None}))
    place(settings, "feedback_sentiment", pd.DataFrame([
        {"text_key": key(text), "polarity": polarity, "sentiment_label": "neutral",
         "sentiment_probability": 1.0, "is_unsure": False, "model_name": "m",
         "model_version": "1"} for text, polarity in (sentiment or {}).items()],
        columns=["text_key", "polarity", "sentiment_label", "sentiment_probability", "is_unsure",
                 "model_name", "model_version"]))
    place(settings, "feedback_signals", pd.DataFrame([
        {"text_key": key(text), "experience_dimension": "none", "emotion": "none", "urgency": 0.0,
         "urgency_label": "low", "intent": intent, "intent_probability": 1.0,
         "model_version": "1"} for text, intent in (intents or {}).items()],
        columns=["text_key", "experience_dimension", "emotion", "urgency", "urgency_label",
                 "intent", "intent_probability", "model_version"]))


def key(name: str) -> str:
    return md5(name.encode()).hexdigest()


def place(settings: Settings, table: str, rows: pd.DataFrame) -> None:
    """An ML table that other steps wrote; without a suite, which costs a second."""
    schema = arrow_schema(TABLES[table])
    pq.write_table(pa.Table.from_pandas(rows[schema.names], schema=schema, preserve_index=False),
                   ml_file(settings, table))


def fact(who: str, kind: str, day: date, **given: Any) -> dict[str, Any]:
    return {"identity_record_key": who, "fact_type": kind, "fact_date": day, **given}


def deliver_company(settings: Settings, *, until: date = AS_OF, customers: int = CUSTOMERS,
                    has_programme: bool = True, voices: int = CUSTOMERS) -> None:
    """Two years of customers who buy at rates of their own, with three planted experiences."""
    generator = np.random.default_rng(5)
    facts, sentiment = [], {}
    for number in range(customers):
        who, group = f"c{number:04}", PLANTED[number % 3]
        rate = generator.gamma(1.2, 6)
        for _ in range(1 + generator.poisson(rate)):
            day = date(2024, 7, 1) + timedelta(days=int(generator.integers(0, 760)))
            facts.append(fact(who, "order", day, revenue=float(generator.lognormal(4, 0.6))))
        if number >= voices:
            continue
        days = [date(2025, 3, 1) + timedelta(days=int(generator.integers(0, 300)))
                for _ in range(3 + group[2])]
        facts += [fact(who, "answer", days[0], score=group[0] + float(generator.normal(0, 0.08))),
                  fact(who, "delivery", days[1], is_late=generator.random() < group[3]),
                  fact(who, "text", days[2], text_key=f"t{number}")]
        sentiment[f"t{number}"] = float(np.clip(group[1] + generator.normal(0, 0.15), -1, 1))
        facts += [fact(who, "case", day, is_complaint=True) for day in days[3:]]
    deliver(settings, [one for one in facts if one["fact_date"] <= until], sentiment=sentiment,
            tiers={f"c{number:04}": 1 + number % 2 for number in range(0, customers, 2)}
            if has_programme else None)


def rows(settings: Settings, table: str) -> list[dict[str, Any]]:
    """Rows of a table, whose file is in no order, in one order."""
    return sorted(pq.read_table(ml_file(settings, table)).to_pylist(), key=repr)


def segments_of(settings: Settings, segmentation: str) -> dict[str, str]:
    return {row["customer_id"]: row["segment_id"] for row in rows(settings, "customer_segments")
            if row["segmentation"] == segmentation}


def model(settings: Settings, segmentation: str) -> dict[str, Any]:
    (found,) = [row for row in rows(settings, "segment_models")
                if row["segmentation"] == segmentation]
    return found


def contents(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    return {table: rows(settings, table) for table in (
        "customer_segments", "segments", "segment_features", "segment_models", "segment_moves")}


def test_planted_experiences_are_found_named_and_counted(settings: Settings) -> None:
    deliver_company(settings)
    segment_customers(settings).raise_if_blocked()
    found = segments_of(settings, "experience")
    pairs = Counter((int(who[1:]) % 3, segment) for who, segment in found.items())
    assert len({segment for _, segment in pairs}) == 3
    assert sum(sorted(pairs.values())[-3:]) >= 0.99 * CUSTOMERS
    names = {row["segment_id"]: row for row in rows(settings, "segments")}
    complaining = names[found["c0001"]]
    assert "complain" in complaining["name_en"].lower()
    assert "beschwerden" in complaining["name_de"].lower()
    assert "late deliveries" in names[found["c0002"]]["name_en"].lower()
    assert complaining["customers_count"] == Counter(found.values())[found["c0001"]]
    assert model(settings, "experience")["stability"] >= 0.9


def test_rfm_segments_are_few_stable_and_worth_something(settings: Settings) -> None:
    deliver_company(settings, customers=2000, voices=0)
    segment_customers(settings)
    told = model(settings, "rfm")
    assert told["status"] == "published"
    assert told["segments_count"] <= 10
    assert told["stability"] >= 0.9
    assert told["holdout_start_date"] == date(2026, 1, 1)
    assert told["outcome_explained"] >= 0.9 * told["cells_outcome_explained"] > 0
    spent = {row["name_en"]: row["outcome_mean"] for row in rows(settings, "segments")
             if row["segmentation"] == "rfm"}
    assert spent["Top buyers, last purchase recent"] > spent[
        "Occasional buyers, last purchase long ago"]


def test_ids_stay_when_a_month_is_new_and_moves_are_everybody(settings: Settings) -> None:
    before = as_of(settings, date(2026, 5, 31))
    deliver_company(before, until=date(2026, 5, 31), customers=1500)
    segment_customers(before)
    was = {name: segments_of(settings, name) for name in ("rfm", "experience")}
    assert rows(settings, "segment_moves") == []
    deliver_company(settings, customers=1500)
    segment_customers(settings)
    now = {name: segments_of(settings, name) for name in ("rfm", "experience")}
    assert now["experience"] == was["experience"]
    stayed = sum(now["rfm"].get(who) == segment for who, segment in was["rfm"].items())
    # Who bought lately does not for long: many change their class of recency in a month.
    assert 0.5 * len(was["rfm"]) < stayed < len(was["rfm"])
    moves = [row for row in rows(settings, "segment_moves") if row["segmentation"] == "rfm"]
    assert sum(row["customers_count"] for row in moves) == len({*was["rfm"], *now["rfm"]})
    assert sum(row["customers_count"] for row in moves
               if row["from_segment_id"] == row["to_segment_id"]) == stayed
    assert {row["as_of_date"] for row in moves} == {AS_OF}
    assert {row["first_as_of_date"] for row in rows(settings, "segments")
            if row["segmentation"] == "experience"} == {date(2026, 5, 31)}
    # The later run again: everything as it was, the moves once.
    again = contents(settings)
    segment_customers(settings)
    assert contents(settings) == again


def test_a_merged_customer_has_not_moved(settings: Settings) -> None:
    before = as_of(settings, date(2026, 5, 31))
    deliver_company(before, until=date(2026, 5, 31), voices=0)
    segment_customers(before)
    deliver_company(settings, customers=CUSTOMERS - 1, voices=0)
    gone = f"c{CUSTOMERS - 1:04}"
    segment_customers(settings)
    assert "none" in {row["to_segment_id"] for row in rows(settings, "segment_moves")}
    place(settings, "customer_aliases", pd.DataFrame({
        "alias_customer_id": [gone], "customer_id": ["c0000"]}))
    segment_customers(settings)
    assert "none" not in {row["to_segment_id"] for row in rows(settings, "segment_moves")}


def test_without_a_loyalty_programme_tenure_stands_for_it(settings: Settings) -> None:
    deliver_company(settings, has_programme=False, voices=0)
    segment_customers(settings)
    assert model(settings, "value_loyalty")["features"] == "revenue,tenure_days"
    assert not {row["feature"] for row in rows(settings, "segment_features")} & {"loyalty_level"}


def test_what_is_missing_is_said(settings: Settings) -> None:
    deliver(settings, [fact(f"c{number}", "order", date(2026, 1, 1), revenue=10.0)
                       for number in range(20)])
    segment_customers(settings).raise_if_blocked()
    assert model(settings, "experience")["status"] == "no_data"
    assert model(settings, "experience")["reason"] == (
        "no customer has answered a survey or written anything")
    assert model(settings, "rfm")["status"] == "undivided"
    assert model(settings, "rfm")["reason"] == (
        "20 customers are too few to be divided; it takes 50")
    assert set(segments_of(settings, "rfm").values()) == {"rfm_0"}
    assert [row["name_de"] for row in rows(settings, "segments")] == ["Alle Kunden"] * 2


def test_without_a_fact_every_table_is_empty_but_the_models(settings: Settings) -> None:
    deliver(settings, [])
    segment_customers(settings).raise_if_blocked()
    assert {row["status"] for row in rows(settings, "segment_models")} == {"no_data"}
    assert {name for name, found in contents(settings).items() if found} == {"segment_models"}


def test_a_table_that_breaks_a_rule_blocks_and_the_last_good_one_stays(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver_company(settings, voices=0)
    segment_customers(settings)
    good = contents(settings)["customer_segments"]
    assign = segment_step.assign_customers
    monkeypatch.setattr(segment_step, "assign_customers",
                        lambda con, measured, segments, distances: assign(
                            con, measured, segments, distances - 1))
    outcome = segment_customers(settings)
    with pytest.raises(SuiteFailed, match=r"ml\.customer_segments: .*distance"):
        outcome.raise_if_blocked()
    assert contents(settings)["customer_segments"] == good


def state(settings: Settings) -> dict[str, bytes]:
    return {file.name: file.read_bytes()
            for file in (settings.state_path / "segments").glob("*.parquet")}


def deliver_two_months(settings: Settings) -> None:
    """The first is grouped; the second, with everybody's groups another, is yet to be."""
    before = as_of(settings, date(2026, 5, 31))
    deliver_company(before, until=date(2026, 5, 31))
    segment_customers(before).raise_if_blocked()
    deliver_company(settings)


def test_a_refused_run_leaves_the_recorded_segments_as_they_were(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver_two_months(settings)
    recorded = state(settings)
    describe = segment_step.describe_segment
    with monkeypatch.context() as broken:
        broken.setattr(segment_step, "describe_segment", lambda *given, **named: (
            None, describe(*given, **named)[1]))
        with pytest.raises(SuiteFailed, match=r"ml\.segments: .*description_en"):
            segment_customers(settings).raise_if_blocked()
    assert state(settings) == recorded
    segment_customers(settings).raise_if_blocked()
    assert set(state(settings)) - set(recorded) == {f"members_{AS_OF}.parquet"}
    assert state(settings)["registry.parquet"] != recorded["registry.parquet"]


def test_a_run_killed_while_it_records_gives_the_same_ids_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver_two_months(settings)
    recorded = state(settings)
    replace = segment_state._replace

    def replace_all_but_the_registry(path: Path, *given: Any) -> None:
        if path.name == "registry.parquet":
            raise KeyboardInterrupt
        replace(path, *given)

    with monkeypatch.context() as killed:
        killed.setattr(segment_state, "_replace", replace_all_but_the_registry)
        with pytest.raises(KeyboardInterrupt):
            segment_customers(settings)
    assert {name for name, file in state(settings).items() if file != recorded.get(name)} == {
        f"members_{AS_OF}.parquet", "moves.parquet"}
    segment_customers(settings)
    found, recorded = contents(settings), state(settings)
    shutil.rmtree(settings.state_path)
    deliver_two_months(settings)
    segment_customers(settings)
    assert found == contents(settings)
    assert recorded == state(settings)


def test_customers_who_were_all_alike_have_no_outcome(settings: Settings) -> None:
    """They gave the same score before the holdout, and one of three in it."""
    facts = []
    for number in range(90):
        who = f"c{number:04}"
        facts += [fact(who, "order", date(2025, 1, 1), revenue=10.0),
                  fact(who, "answer", date(2025, 3, 1), score=0.5),
                  fact(who, "answer", date(2026, 3, 1), score=(0.1, 0.5, 0.9)[number % 3])]
    deliver(settings, facts)
    segment_customers(settings).raise_if_blocked()
    told = model(settings, "experience")
    assert (told["status"], told["segments_count"]) == ("published", 3)
    assert (told["holdout_start_date"], told["outcome_explained"]) == (None, None)
    assert model(settings, "rfm")["reason"] == (
        "the customers are so alike that every division leaves them in one segment")


@pytest.mark.parametrize("most", [10_000, 40])
def test_customers_are_written_once_however_coarse_the_grid(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, most: int,
) -> None:
    deliver_company(settings)
    monkeypatch.setattr(segment_points, "MOST_POINTS", most)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        measure_features(con, settings, AS_OF)
        watched = Watched(con)
        points = segment_points.measure_points(watched, RFM, "today")  # type: ignore[arg-type]
        of_points = dict(con.execute(
            f"select point, count(*) from {points.table} group by all").fetchall())
    assert sum("create" in query for query in watched.queries) == 2  # the points, the customers
    assert len(points.points) <= most
    assert [of_points[point] for point in range(len(points.points))] == points.weights.tolist()
    assert sum(of_points.values()) == CUSTOMERS


class Watched:
    """A connection that keeps what it was asked."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.queries: list[str] = []

    def execute(self, query: str, *given: Any) -> Any:
        self.queries.append(query)
        return self.con.execute(query, *given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.con, name)


def test_only_the_past_of_a_moment_is_measured(settings: Settings) -> None:
    """Anna bought 10 and 20 before the holdout and 40 in it; Bert only in it."""
    deliver(settings, [
        fact("anna", "order", date(2025, 1, 1), revenue=10.0),
        fact("anna", "order", date(2025, 12, 22), revenue=20.0),
        fact("anna", "order", date(2026, 6, 20), revenue=40.0),
        fact("anna", "order", date(2026, 7, 1), revenue=99.0),
        fact("bert", "order", date(2026, 6, 30), revenue=5.0),
        fact("anna", "text", date(2025, 3, 1), text_key="t1", score=0.2),
        fact("anna", "case", date(2026, 3, 1), is_complaint=True),
        fact("anna", "text", date(2026, 3, 1), text_key="t2", is_complaint=False),
        fact("anna", "answer", date(2026, 3, 2), score=0.6, ease_score=0.6),
        fact("bert", "case", date(2026, 3, 1), is_complaint=True),
    ], sentiment={"t1": -0.5}, intents={"t1": "complaint", "t2": "complaint"}, tiers={"anna": 2})
    with duckdb.connect(str(settings.warehouse_path)) as con:
        measure_features(con, settings, AS_OF)
        found = {(row[0], row[1]): row[2:] for row in con.execute(
            "select customer_id, moment, recency_days, order_days_count, revenue, loyalty_level, "
            "score, polarity, complaints_count, cases_count, outcome_revenue from features"
        ).fetchall()}
    assert found == {
        ("anna", "today"): (10, 3, 70.0, 2, 0.4, -0.5, 2, 1, None),
        ("anna", "holdout"): (10, 2, 30.0, 2, 0.2, -0.5, 1, 0, 40.0),
        ("bert", "today"): (0, 1, 5.0, 0, None, None, None, None, None),
    }
