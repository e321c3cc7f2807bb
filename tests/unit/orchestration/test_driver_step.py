"""The driver step: what had happened by the answer and the as-of date, slices, empty input, law."""

from __future__ import annotations

import base64
import re
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models_ml.tables import TABLES
from orchestration import driver_queries as queries
from orchestration.driver_step import find_satisfaction_drivers
from orchestration.ml_tables import arrow_schema, ml_file
from orchestration.settings import DBT_PROJECT, Settings
from tests.unit.laws import law_query

AS_OF = date(2026, 6, 30)
COLUMNS = {
    "int_driver_responses_described": {
        "response_id": "varchar", "identity_record_key": "varchar", "case_id": "varchar",
        "channel": "varchar", "touchpoint": "varchar", "weight": "double",
        "responded_at": "timestamp", "responded_date": "date"},
    "int_driver_outcomes_scored": {
        "response_id": "varchar", "outcome": "varchar", "score": "double"},
    "int_driver_facts_unioned": {
        "response_id": "varchar", "factor": "varchar", "factor_kind": "varchar",
        "value": "double"},
    "int_driver_events_unioned": {
        "identity_record_key": "varchar", "factor": "varchar", "channel": "varchar",
        "case_id": "varchar", "occurred_at": "timestamp"},
    "int_driver_factors_named": {"factor": "varchar", "name_en": "varchar", "name_de": "varchar"},
    "int_orders_completed": {
        "identity_record_key": "varchar", "ordered_date": "date", "is_cancelled": "boolean"},
    "int_feedback_texts_unioned": {
        "source_record_key": "varchar", "text_key": "varchar", "feedback_type": "varchar"},
    "int_topics_placed": {"topic": "varchar", "level_1_topic": "varchar"},
}
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def settings(empty_home: Settings) -> Settings:
    return empty_home


def response(number: int, day: str = "2026-03-01", **given: Any) -> dict[str, Any]:
    """A response of a customer of its own."""
    return {"response_id": f"a{number}", "identity_record_key": f"r{number}", "channel": "email",
            "touchpoint": "purchase", "weight": 1.0, "responded_at": f"{day} 10:00:00",
            "responded_date": day} | given


def deliver(settings: Settings, rows: Rows) -> None:
    """Write the tables that the step reads; those not given are empty."""
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("create schema intermediate; create schema seeds")
        for seed in ("driver_factors", "driver_outcomes"):
            con.execute(f"create table seeds.{seed} as select * from read_csv("
                        f"'{DBT_PROJECT / 'seeds' / seed}.csv', all_varchar = true)")
        for name, columns in COLUMNS.items():
            frame = pd.DataFrame(rows.get(name, []), columns=list(columns)).astype(object)
            con.register("given", frame.where(frame.notna(), None).astype("string"))
            cast = ", ".join(f"{column}::{kind} as {column}" for column, kind in columns.items())
            con.execute(f"create table intermediate.{name} as select {cast} from given")
    keys = sorted({row["identity_record_key"] for part in rows.values() for row in part
                   if row.get("identity_record_key")})
    table = TABLES["customer_records"]
    pq.write_table(pa.Table.from_pylist([
        {"record_key": key, "customer_id": key.replace("r", "c"), "is_senior": True,
         "match_rule": "single", "match_score": 1.0, "household_key": None} for key in keys],
        schema=arrow_schema(table)), ml_file(settings, "customer_records"))


def planted(count: int = 400) -> Rows:
    """Delivery matters most, staff some; the index is the mean of both."""
    rng = np.random.default_rng(3)
    delivery, staff = rng.uniform(0, 100, (2, count))
    score = np.clip(0.6 * delivery + 0.3 * staff + rng.normal(0, 10, count), 0, 100)
    ratings = {"rating_delivery": delivery, "rating_staff": staff,
               "rating_index": (delivery + staff) / 2}
    return {
        "int_driver_responses_described": [response(number) for number in range(count)],
        "int_driver_outcomes_scored": [
            {"response_id": f"a{number}", "outcome": "nps", "score": score[number]}
            for number in range(count)],
        "int_driver_facts_unioned": [
            {"response_id": f"a{number}", "factor": factor, "factor_kind": "rating",
             "value": values[number]}
            for factor, values in ratings.items() for number in range(count)],
        "int_driver_factors_named": [
            {"factor": "rating_delivery", "name_en": "Delivery", "name_de": "Lieferung"}],
    }


def told(settings: Settings, table: str) -> pd.DataFrame:
    return pd.read_parquet(ml_file(settings, table))


@pytest.mark.parametrize("lost", [0.0, 0.2])
def test_what_is_planted_is_found_beside_an_index_of_it(settings: Settings, lost: float) -> None:
    rows = planted()
    given = np.random.default_rng(5).random(len(rows["int_driver_facts_unioned"])) >= lost
    rows["int_driver_facts_unioned"] = [
        row for row, is_given in zip(rows["int_driver_facts_unioned"], given, strict=True)
        if is_given]
    deliver(settings, rows)
    outcome = find_satisfaction_drivers(settings)
    outcome.raise_if_blocked()
    whole = told(settings, "satisfaction_drivers").query("dimension == 'all' and grain == 'all'")
    by_factor = whole.set_index("factor")
    left_out = by_factor["note"] == "same_as_another"
    assert left_out.sum() == 1
    assert by_factor.loc[~left_out, "is_significant"].all()
    assert set(told(settings, "driver_models")["note"].dropna()) == set()
    pictures = re.findall(r"base64,([A-Za-z0-9+/=]+)", outcome.chart)
    assert pictures
    assert all("Delivery" in base64.b64decode(picture).decode() for picture in pictures)


def test_values_spread_part_after_part_are_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = planted()
    rows["int_driver_facts_unioned"] = rows["int_driver_facts_unioned"][::2]
    deliver(settings, rows)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        queries.prepare(con, settings, AS_OF)
        factors = queries.choose_factors(con, "nps")["factor"].tolist()

        def spread() -> list[tuple[object, ...]]:
            queries.spread_answers(con, "nps", factors)
            return con.execute("from answers order by all").fetchall()

        at_once = spread()
        monkeypatch.setattr(queries, "AT_ONCE", 30)
        assert spread() == at_once
        assert len(at_once) == 400


def test_answers_after_the_as_of_date_are_not_known(settings: Settings) -> None:
    rows = planted(120)
    rows["int_driver_responses_described"] += [
        response(number, "2026-07-01") for number in range(500, 640)]
    rows["int_driver_outcomes_scored"] += [
        {"response_id": f"a{number}", "outcome": outcome, "score": 50.0}
        for number in range(500, 640) for outcome in ("nps", "csat")]
    deliver(settings, rows)
    find_satisfaction_drivers(settings).raise_if_blocked()
    models = told(settings, "driver_models")
    assert set(models["answers_count"]) == {120}
    assert set(models["outcome"]) == {"nps"}


def test_a_contact_before_the_answer_is_another_than_the_one_it_is_about(
    settings: Settings,
) -> None:
    own = {"identity_record_key": "r1", "factor": "service_contacts", "channel": "phone"}
    deliver(settings, {
        "int_driver_responses_described": [response(1, case_id="k1"), response(2)],
        "int_driver_outcomes_scored": [
            {"response_id": name, "outcome": "nps", "score": 50.0} for name in ("a1", "a2")],
        "int_driver_events_unioned": [
            own | {"case_id": "k1", "occurred_at": "2026-02-27 10:00:00"},
            own | {"case_id": "k2", "occurred_at": "2026-02-20 10:00:00"},
            own | {"case_id": "k3", "occurred_at": "2025-11-30 09:00:00"},
            own | {"case_id": "k4", "occurred_at": "2026-03-01 11:00:00"}],
    })
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
        queries.prepare(con, settings, AS_OF)
        values = con.execute("select response_id, value from driver_values "
                             "where factor = 'service_contacts' order by all").fetchall()
    # k2 alone: k1 is what the answer is about, k3 is older than 90 days, k4 came later.
    assert values == [("a1", 1.0), ("a2", 0.0)]


def test_who_bought_again_is_not_split_by_segments_made_of_it(settings: Settings) -> None:
    rows = planted()
    rows["int_orders_completed"] = [
        {"identity_record_key": f"r{number}", "ordered_date": "2026-04-01", "is_cancelled": False}
        for number in range(0, 400, 3)]
    for number, row in enumerate(rows["int_driver_responses_described"]):
        row |= {"channel": ("email", "web")[number % 2], "touchpoint": "purchase"}
    deliver(settings, rows)
    schema = arrow_schema(TABLES["customer_segments"])
    pq.write_table(pa.Table.from_pylist([
        dict.fromkeys(schema.names) | {
            "customer_id": f"c{number}", "segmentation": "rfm", "segment_id": f"rfm_{number % 2}"}
        for number in range(400)], schema=schema), ml_file(settings, "customer_segments"))
    find_satisfaction_drivers(settings).raise_if_blocked()
    models = told(settings, "driver_models")
    # All answers are about one touchpoint, which says nothing that "all" does not.
    assert set(models.loc[models["outcome"] == "nps", "dimension"]) == {
        "all", "channel", "segment"}
    assert set(models.loc[models["outcome"] == "repurchase", "dimension"]) == {"all", "channel"}


def test_a_survey_of_nothing_but_the_outcome_breaks_no_law(settings: Settings) -> None:
    deliver(settings, planted() | {"int_driver_facts_unioned": []})
    find_satisfaction_drivers(settings).raise_if_blocked()
    assert set(told(settings, "driver_models")["note"]) == {"no_factors"}
    with duckdb.connect() as con:
        for table in ("driver_models", "satisfaction_drivers"):
            con.execute(f"create view {table} as from '{ml_file(settings, table)}'")
        assert con.execute(law_query("drivers_have_one_model")).fetchall() == []


def test_a_company_without_surveys_gets_empty_tables(settings: Settings) -> None:
    deliver(settings, {})
    outcome = find_satisfaction_drivers(settings)
    outcome.raise_if_blocked()
    assert [written.rows for written in outcome.written] == [0, 0]
    assert outcome.chart == "No measure of satisfaction has answers."


SLICE = "'nps' as outcome, 'all' as factor_set, 'all' as dimension, 'all' as dimension_value, " \
        "'all' as grain, 'all' as period"


@pytest.mark.parametrize(("factors", "model", "bad"), [
    ([("a", 0.6, 0.3), ("b", 0.4, 0.2)], (0.5, 2), 0),
    ([("a", 0.6, 0.3), ("b", 0.3, 0.2)], (0.5, 2), 1),
    ([("a", 0.6, 0.3), ("b", 0.4, 0.2)], (0.6, 2), 1),
    ([("a", 0.6, 0.3), ("a", 0.4, 0.2)], (0.5, 2), 1),
    ([("a", 0.6, 0.3), ("b", 0.4, 0.2)], (0.5, 3), 1),
    ([("a", 0.6, 0.3), ("b", 0.4, 0.2)], None, 1),
    ([], (0.5, 2), 1),
])
def test_the_law_finds_a_model_that_is_not_its_factors(
    factors: list[tuple[str, float, float]], model: tuple[float, int] | None, bad: int,
) -> None:
    with duckdb.connect() as con:
        con.execute(f"create table satisfaction_drivers as select {SLICE}, * from (values "
                    "(null::varchar, null::double, null::double)) as t(factor, importance_share, "
                    "importance) where false")
        con.executemany(f"insert into satisfaction_drivers select {SLICE}, ?, ?, ?", factors) \
            if factors else None
        con.execute(f"create table driver_models as select {SLICE}, 0.5 as r_squared, "
                    "2 as factors_count where false")
        if model:
            con.execute(f"insert into driver_models select {SLICE}, ?, ?", list(model))
        assert len(con.execute(law_query("drivers_have_one_model")).fetchall()) == bad
