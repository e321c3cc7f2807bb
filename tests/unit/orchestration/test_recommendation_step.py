"""The recommendation step: what it reads from a warehouse, and what it writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models_ml import recommend
from models_ml.tables import TABLES
from orchestration import recommendation_models, recommendation_step
from orchestration.ml_tables import arrow_schema, ml_file, prepare_ml_tables
from orchestration.recommendation_models import HORIZON_DAYS
from orchestration.recommendation_step import recommend_products
from orchestration.settings import Settings

AS_OF = date(2026, 6, 30)
LONG_AGO = AS_OF - timedelta(days=HORIZON_DAYS + 60)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path, company_folder=tmp_path / "company", sources=tmp_path,
                        extracts=tmp_path, as_of=AS_OF)
    prepare_ml_tables(settings)
    return settings


def fill(settings: Settings, bookings: list[tuple[str, str, bool, float, date, float]]) -> None:
    """Bookings: customer, product, is_return, quantity, date, margin."""
    customers = sorted({booking[0] for booking in bookings})
    schema = arrow_schema(TABLES["customer_records"])
    pq.write_table(pa.Table.from_pylist([
        {"record_key": f"r-{customer}", "customer_id": customer, "is_senior": True,
         "match_rule": "single", "match_score": 1.0, "household_key": None}
        for customer in customers], schema=schema), ml_file(settings, "customer_records"))
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("create schema intermediate; create schema staging;"
                    "create table intermediate.int_revenue_booked (identity_record_key varchar, "
                    "product_id varchar, is_return boolean, quantity decimal(18,4), "
                    "booked_date date, margin decimal(18,4));"
                    "create table staging.stg_pos__products (product_id varchar, "
                    "is_subscription boolean)")
        if bookings:
            con.executemany(
                "insert into intermediate.int_revenue_booked values (?, ?, ?, ?, ?, ?)",
                [(f"r-{customer}", *rest) for customer, *rest in bookings])


def rows(settings: Settings, table: str) -> list[dict[str, Any]]:
    return pq.read_table(ml_file(settings, table)).to_pylist()


def two_tastes() -> list[tuple[str, str, bool, float, date, float]]:
    """Thirty customers buy tea, then a pot; thirty buy coffee, then a mill."""
    found = []
    for number in range(60):
        first, then = ("tea", "pot") if number % 2 else ("coffee", "mill")
        customer = f"c{number:02d}"
        found.append((customer, first, False, 1.0, LONG_AGO, 2.0))
        if number < 40:
            found.append((customer, then, False, 1.0, LONG_AGO + timedelta(days=1), 10.0))
        elif number < 56:
            found.append((customer, then, False, 1.0, AS_OF - timedelta(days=5), 10.0))
    return found


def test_who_has_half_of_a_taste_is_offered_the_rest_and_told_why(settings: Settings) -> None:
    fill(settings, two_tastes())
    outcome = recommend_products(settings)
    outcome.raise_if_blocked()
    offers = [(row["customer_id"], row["recommendation_rank"], row["product_id"],
               row["because_product_id"])
              for row in rows(settings, "product_recommendations")
              if row["customer_id"] in ("c55", "c57", "c58")]
    # Who has both has nothing left; of the other taste nobody who has one bought anything.
    assert offers == [("c57", 1, "pot", "tea"), ("c58", 1, "mill", "coffee")]
    best = {row["model_name"]: row for row in rows(settings, "recommendation_models")
            if row["recommendation_rank"] == 1}
    assert best["ease"]["is_used"] and not best["popularity"]["is_used"]
    # 16 customers bought on the held-out days; each bought the offer.
    assert (best["ease"]["customers_count"], best["ease"]["bought_count"]) == (16, 16)
    assert best["ease"]["ndcg_at_10"] == pytest.approx(1)


def test_what_a_customer_returned_is_not_offered_again(settings: Settings) -> None:
    fill(settings, [*two_tastes(), ("c57", "pot", True, -1.0, LONG_AGO, -10.0)])
    recommend_products(settings).raise_if_blocked()
    assert [row for row in rows(settings, "product_recommendations")
            if row["customer_id"] == "c57" and row["product_id"] == "pot"] == []


def test_what_earns_nothing_is_not_offered(settings: Settings) -> None:
    fill(settings, [(customer, product, is_return, quantity, day,
                     -1.0 if product == "pot" else margin)
                    for customer, product, is_return, quantity, day, margin in two_tastes()])
    recommend_products(settings).raise_if_blocked()
    assert "pot" not in {row["product_id"] for row in rows(settings, "product_recommendations")}


def test_what_is_bought_every_month_is_due_again(settings: Settings) -> None:
    fill(settings, [
        (f"c{number:02d}", "filter", False, 1.0, AS_OF - timedelta(days=30 * (month + 1)), 4.0)
        for number in range(12) for month in range(3)]
        + [("c00", "filter", True, -1.0, AS_OF - timedelta(days=29), -4.0)])
    recommend_products(settings).raise_if_blocked()
    due = {row["customer_id"]: row for row in rows(settings, "product_recommendations")
           if row["recommendation_kind"] == "replenish"}
    assert "c00" not in due
    assert len(due) == 11
    assert (due["c01"]["interval_days"], due["c01"]["purchases_count"],
            due["c01"]["last_purchase_date"]) == (30.0, 3, AS_OF - timedelta(days=30))
    assert due["c01"]["purchase_probability"] == 1.0


def test_a_company_without_purchases_gets_empty_tables(settings: Settings) -> None:
    fill(settings, [])
    recommend_products(settings).raise_if_blocked()
    assert rows(settings, "product_recommendations") == []
    assert {row["customers_count"] for row in rows(settings, "recommendation_models")} == {0}


def test_margins_of_the_held_out_days_are_not_known_before_them(settings: Settings) -> None:
    """What was sold at a loss until the cut would not have been offered then."""
    cut = AS_OF - timedelta(days=HORIZON_DAYS)
    fill(settings, [(customer, product, is_return, quantity, day,
                     -1.0 if product in ("pot", "mill") and day <= cut else margin)
                    for customer, product, is_return, quantity, day, margin in two_tastes()])
    recommend_products(settings).raise_if_blocked()
    assert {row["bought_count"] for row in rows(settings, "recommendation_models")} == {0}
    # Since then it earns something: (16 × 10 - 40 × 1) / 56.
    offered = {row["product_id"]: row["unit_margin"]
               for row in rows(settings, "product_recommendations")}
    assert offered == {"pot": pytest.approx(120 / 56), "mill": pytest.approx(120 / 56)}


def test_the_weights_of_ease_are_learnt_from_all_purchases_only_where_they_are_used(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody had two products before the cut, so that EASE knows no more than popularity."""
    learnt = []
    fit_ease = recommend.fit_ease
    monkeypatch.setattr(recommend, "fit_ease", lambda gram: learnt.append(len(gram))
                        or fit_ease(gram))
    fill(settings, [
        *((f"c{number:02d}", "tea" if number < 30 else "pot" if number < 50 else "mill", False,
           1.0, LONG_AGO, 2.0) for number in range(60)),
        *((f"c{number:02d}", "pot", False, 1.0, AS_OF, 2.0) for number in range(20)),
        ("c60", "soap", False, 1.0, AS_OF, 2.0)])
    recommend_products(settings).raise_if_blocked()
    assert {row["model_name"] for row in rows(settings, "recommendation_models")
            if row["is_used"]} == {"popularity"}
    assert learnt == [3]
    assert {(row["model_name"], row["because_product_id"])
            for row in rows(settings, "product_recommendations")} == {("popularity", None)}


def test_offers_are_written_batch_by_batch(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = []
    offer, write = recommendation_step.offer_new_products, recommendation_step.write_ml_table

    def logged(action: str, parts: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for part in parts:
            log.append(action)
            yield part

    monkeypatch.setattr(recommendation_models, "CUSTOMERS_PER_PART", 25)
    monkeypatch.setattr(recommendation_step, "offer_new_products",
                        lambda *given: logged("made", offer(*given)))
    monkeypatch.setattr(recommendation_step, "write_ml_table", lambda settings, name, parts: write(
        settings, name, logged("written", parts) if name == "product_recommendations" else parts))
    fill(settings, two_tastes())
    recommend_products(settings).raise_if_blocked()
    assert log == ["made", "written"] * 3


def test_the_size_of_a_batch_and_a_second_run_change_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(settings, [*two_tastes(), *(
        (f"c{number:02d}", "filter", False, 1.0, AS_OF - timedelta(days=30 * (month + 1)), 4.0)
        for number in range(12) for month in range(3))])
    found = []
    for size in (25, 25, 1000):
        monkeypatch.setattr(recommendation_models, "CUSTOMERS_PER_PART", size)
        recommend_products(settings)
        found.append((rows(settings, "product_recommendations"),
                      rows(settings, "recommendation_models")))
    assert {row["recommendation_kind"] for row in found[0][0]} == {"cross_sell", "replenish"}
    assert found[1] == found[0]
    assert found[2] == found[0]
