"""Faults in the newest extracts lower the grades of what rests on them, and of nothing else."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from company import Company

from benchmarks.faults import FAULTS, Rig, grades_expected, grades_lost
from orchestration import dbt
from orchestration.defs.analytics import ML_STEPS
from orchestration.settings import DBT_PROJECT

Grades = dict[str, tuple[str | None, str]]
READ_BY_PYTHON = {
    f"source.cx360.ml.{table}": (*step.reads, *(
        model for schema, model in step.others if schema == "staging"))
    for step in ML_STEPS for table in step.tables}


@pytest.fixture(scope="module")
def rig(demo: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with pytest.MonkeyPatch.context() as environment:
        for name in ("CX360_WAREHOUSE", "CX360_TARGET", "CX360_MEMORY_LIMIT",
                     "DBT_SEND_ANONYMOUS_USAGE_STATS"):
            environment.setenv(name, "")
        yield Rig(demo.home, demo.extracts, tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="module")
def before(demo: Company) -> Grades:
    return {subject: (grade, reasons) for subject, grade, reasons in demo.read(
        "select subject, grade, reasons from reporting.data_health")}


def kpis_to_come() -> list[str]:
    """KPIs of the catalogue that another part of the product will fill."""
    with (DBT_PROJECT / "seeds" / "kpi_catalogue.csv").open(newline="", encoding="utf-8") as file:
        return [row["kpi_id"] for row in csv.DictReader(file) if row["filled_by"]]


def test_without_a_fault_only_anonymous_feedback_is_reported(before: Grades) -> None:
    assert {subject: grade for subject, (grade, _) in before.items() if grade != "A"} == {
        "feedback": "B", "feedback_topics": "B", "routing_queue": "B", "topic_proposals": None,
        "crr": None, "churn": None, "alert_reasons": None, "alert_slices": None,
        "improvement_effects": None, "training_needs": None,
        "identity_changes": None, "segment_moves": None} | dict.fromkeys(kpis_to_come())
    assert before["crr"][1] == "no rows yet"
    assert before["feedback"][1].startswith("Rows with a known customer: ")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_lowers_the_right_grades_and_only_those(
    rig: Rig, before: Grades, name: str,
) -> None:
    fault = FAULTS[name]
    after = rig.grades(fault.plant)
    expected = grades_expected(before, fault)
    assert len(expected) >= 5
    assert grades_lost(before, after) == expected
    assert [subject for subject in expected if fault.reason not in after[subject][1]] == []


def test_the_grade_stands_beside_every_value_of_a_kpi(demo: Company, before: Grades) -> None:
    rows = demo.read("select distinct kpi_id, data_grade from reporting.kpi_values")
    assert dict(rows) == {kpi: before[kpi][0] for kpi, _ in rows}
    assert len(rows) >= 7


def test_what_a_subject_is_said_to_rest_on_is_in_its_lineage(parsed_project: Path) -> None:
    manifest = dbt.read_manifest()
    with (DBT_PROJECT / "seeds" / "health_inputs.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["subject"] not in kpis_to_come()]
    lineage = {subject: ancestors(manifest, subject) for subject in
               {row["subject"] for row in rows if row["subject_type"] == "mart"}}
    kpis = ancestors(manifest, "int_kpi_values_unioned")
    assert [(row["subject"], row["entity"]) for row in rows
            if f"source.cx360.raw.{row['entity'].replace('.', '_')}"
            not in lineage.get(row["subject"], kpis)] == []


def ancestors(manifest: dict[str, Any], model: str) -> set[str]:
    """What a model rests on; an ML table rests on what Python reads, which dbt does not know."""
    found: set[str] = set()
    waiting = [f"model.cx360.{model}"]
    while waiting:
        name = waiting.pop()
        parents = manifest["parent_map"].get(name, ())
        if name in READ_BY_PYTHON:
            parents = [f"model.cx360.{table}" for table in READ_BY_PYTHON[name]]
        for parent in parents:
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found
