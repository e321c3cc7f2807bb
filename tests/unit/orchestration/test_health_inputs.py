"""What data_health knows of lineage and times holds against the contract and the models."""

from __future__ import annotations

import csv
import re

import pytest

from ingestion.contract import ENTITIES
from orchestration.settings import DBT_PROJECT

SEEDS, MODELS = DBT_PROJECT / "seeds", DBT_PROJECT / "models"


def read(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def inputs() -> list[dict[str, str]]:
    return read("health_inputs")


def test_every_mart_and_kpi_has_its_inputs_with_a_main_one(inputs: list[dict[str, str]]) -> None:
    subjects = {("mart", path.stem) for path in (MODELS / "marts").rglob("*.sql")}
    subjects |= {("kpi", row["kpi_id"]) for row in read("kpi_catalogue")}
    assert {(row["subject_type"], row["subject"]) for row in inputs} == subjects
    assert {(row["subject_type"], row["subject"]) for row in inputs
            if row["is_main"] == "true"} == subjects


def test_every_mart_is_measured() -> None:
    measured = (MODELS / "intermediate/health/int_health_subjects_measured.sql").read_text()
    assert set(re.findall(r"'(\w+)': \('", measured)) == {
        path.stem for path in (MODELS / "marts").rglob("*.sql")}


def test_every_input_is_an_entity_of_the_contract_named_once(inputs: list[dict[str, str]]) -> None:
    assert {row["entity"] for row in inputs} <= set(ENTITIES)
    named = [(row["subject_type"], row["subject"], row["entity"]) for row in inputs]
    assert len(named) == len(set(named))


def test_times_are_compared_by_the_event_time_of_the_contract() -> None:
    text = (MODELS / "staging/ingestion/stg_ingestion__event_hours.sql").read_text()
    compared = dict(re.findall(r"'(\w+)': '(\w+)'", text))
    times = {entity.table: entity.event_time for entity in ENTITIES.values() if entity.event_time
             and entity.column(entity.event_time).type == "timestamp"}
    # Written by batch jobs or clerks, some of them without a time of day.
    without_rhythm = {"crm_customers", "crm_accounts", "crm_consents", "crm_merges",
                      "crm_referrals", "social_profile_links"}
    assert compared == {table: time for table, time in times.items() if table not in without_rhythm}
