"""The semantic layer of dbt: tools that read the manifest find the additive KPIs there.

That a metric sums to its KPI is a law of dbt, `metrics_are_their_kpis`.
"""

from __future__ import annotations

import csv
from typing import Any

import pytest

from orchestration import dbt
from orchestration.settings import DBT_PROJECT

ADDITIVE = {"revenue", "margin", "orders_count", "contacts", "support_cost", "visits",
            "newsletter_signups"}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return dict(dbt.read_manifest())


def test_every_additive_kpi_is_a_metric(manifest: dict[str, Any]) -> None:
    with (DBT_PROJECT / "seeds" / "kpi_catalogue.csv").open(newline="", encoding="utf-8") as file:
        catalogue = {row["kpi_id"]: row["name_en"] for row in csv.DictReader(file)}
    metrics = {metric["name"]: metric["label"] for metric in manifest["metrics"].values()}
    assert metrics == {kpi: catalogue[kpi] for kpi in ADDITIVE}


def test_every_measure_is_a_column_of_a_mart_or_of_the_bookings(manifest: dict[str, Any]) -> None:
    """Bookings are no mart: lines, and what an order without lines states, are one only there."""
    columns = {node["name"]: set(node["columns"]) for node in manifest["nodes"].values()
               if node["resource_type"] == "model" and (
                   node["config"]["schema"] == "marts" or node["name"] == "int_revenue_booked")}
    models = {model["node_relation"]["alias"]: model
              for model in manifest["semantic_models"].values()}
    assert set(models) <= set(columns)
    for name, model in models.items():
        named = [*model["entities"], *model["dimensions"],
                 *(m for m in model["measures"] if m["expr"] is None)]
        assert {item["expr"] or item["name"] for item in named} <= columns[name]
        assert model["defaults"]["agg_time_dimension"] in columns[name]


def test_there_is_one_time_spine_by_day(manifest: dict[str, Any]) -> None:
    spines = {node["name"]: node["time_spine"] for node in manifest["nodes"].values()
              if node.get("time_spine")}
    assert [*spines] == ["int_days_spanned"]
    assert spines["int_days_spanned"]["standard_granularity_column"] == "calendar_date"
