"""The catalogue of KPIs and the models that define them say the same."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from models_ml.kpis import METHODS
from orchestration import dbt
from orchestration.settings import DBT_PROJECT


@pytest.fixture(scope="module")
def catalogue() -> dict[str, dict[str, str]]:
    with (DBT_PROJECT / "seeds" / "kpi_catalogue.csv").open(newline="", encoding="utf-8") as file:
        return {row["kpi_id"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def models() -> dict[str, dict[str, Any]]:
    """Model -> its node, of those that define KPIs."""
    return {node["name"]: node for node in dbt.read_manifest()["nodes"].values()
            if node["resource_type"] == "model" and "kpis" in node["config"].get("meta", {})}


def test_every_kpi_without_another_filler_has_a_model_and_no_other_has(
    catalogue: dict[str, dict[str, str]], models: dict[str, dict[str, Any]],
) -> None:
    defined = {kpi for node in models.values() for kpi in node["config"]["meta"]["kpis"]}
    assert defined == {kpi for kpi, row in catalogue.items() if not row["filled_by"]}


def test_every_definition_says_what_it_is_computed_of(models: dict[str, dict[str, Any]]) -> None:
    for name, node in models.items():
        facts = node["config"]["meta"]["facts"]
        upstream = {parent.split(".")[-1] for parent in node["depends_on"]["nodes"]}
        assert facts in upstream or facts in {
            parent.split(".")[-1] for above in upstream for parent in
            dbt.read_manifest()["parent_map"].get(f"model.cx360.{above}", ())}, name


def test_every_definition_can_be_computed_again(
    catalogue: dict[str, dict[str, str]], models: dict[str, dict[str, Any]],
) -> None:
    for node in models.values():
        meta = node["config"]["meta"]
        for kpi, terms in meta["kpis"].items():
            assert set(terms) <= {"method", "x", "d", "where", "coverage", "dimensions",
                                  "share_of", "n"}, kpi
            assert terms["method"] in METHODS, kpi
            assert ("d" in terms) == (terms["method"] == "ratio"), kpi
            assert "order_by" in meta or terms["method"] != "nps", kpi
            assert terms.get("share_of", {}).get("kpi", kpi) in catalogue, kpi


def test_every_model_of_kpis_is_among_the_values(models: dict[str, dict[str, Any]]) -> None:
    unioned = dbt.read_manifest()["nodes"]["model.cx360.int_kpi_values_unioned"]
    assert {f"model.cx360.{name}" for name in models} <= set(unioned["depends_on"]["nodes"])


def test_no_kpi_is_defined_twice_in_a_dimension(models: dict[str, dict[str, Any]]) -> None:
    whole = [kpi for node in models.values()
             for kpi, definition in node["config"]["meta"]["kpis"].items()
             if "dimensions" not in definition]
    assert len(whole) == len(set(whole))


def test_a_first_look_is_not_drowned(catalogue: dict[str, dict[str, str]]) -> None:
    assert 1 <= sum(row["is_leading"] == "true" for row in catalogue.values()) <= 8


@pytest.mark.parametrize("column", [
    "name_en", "name_de", "definition_en", "definition_de", "formula", "unit", "owner",
    "literature"])
def test_every_kpi_is_explained(catalogue: dict[str, dict[str, str]], column: str) -> None:
    assert [kpi for kpi, row in catalogue.items() if not row[column]] == []
