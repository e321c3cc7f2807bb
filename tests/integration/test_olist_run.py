"""Olist, a public marketplace: every order, person and review is accounted for."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from hashlib import md5
from pathlib import Path

import duckdb
import pytest
from company import Company

from orchestration.ml_parts import list_files
from orchestration.ml_tables import files_relation
from orchestration.settings import PROJECT

pytestmark = pytest.mark.public_data
FILES = "olist_{}_dataset.csv"


@pytest.fixture(scope="module")
def olist(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path,
          public_extracts: Path) -> Company:
    company = Company(tmp_path_factory.mktemp("olist") / "home",
                      PROJECT / "ingestion" / "sources" / "examples" / "olist",
                      public_extracts / "olist")
    company.cx360("run")
    return company


def test_orders_and_people(olist: Company) -> None:
    assert olist.read("select count(*) from orders") == [(8135,)]
    assert olist.read("select count(*), count_if(is_known_to_crm) from customers") == [
        (8016, 8016)]
    assert olist.read("select count(distinct customer_id) from orders") == [(8016,)]


def test_revenue_is_that_of_the_extract(olist: Company) -> None:
    """Cancelled and unavailable orders bring none."""
    items, orders = (olist.extracts / FILES.format(name) for name in ("order_items", "orders"))
    with closing(duckdb.connect()) as con:
        ((expected, everything),) = con.execute(f"""
            select sum(price) filter (order_status not in ('canceled', 'unavailable')), sum(price)
            from read_csv('{items}', types = {{'price': 'decimal(18,4)'}})
            join read_csv('{orders}') using (order_id)""").fetchall()
    assert everything == Decimal("1093264.35")
    assert olist.read("select sum(revenue), sum(net_amount) from order_lines") == [
        (expected, everything)]


def test_every_review_is_accounted_for(olist: Company) -> None:
    """Read = accepted + rejected + repeated; accepted = counted + not applicable.

    A review id may stand for the orders of several parcels, so the key is review and order.
    """
    load = olist.load(FILES.format("order_reviews"))
    assert (load.rows_read, load.rows_accepted, load.rows_rejected, load.rows_repeated) == (
        8225, 8225, 0, 0)
    ((reviews, counted, not_applicable),) = olist.read("""
        select count(*), count_if(score_status = 'valid'), count_if(score_status <> 'valid')
        from survey_answers where question_type = 'csat'""")
    assert counted + not_applicable == reviews == 8225
    assert olist.read("select n from reporting.kpi_values where kpi_id = 'csat_score' "
                      "and grain = 'all' and dimension = 'all'") == [(counted,)]
    assert olist.read("select count_if(customer_id = 'unknown') from survey_answers") == [(0,)]


def test_late_deliveries_score_far_below_those_on_time(olist: Company) -> None:
    """Of orders that came, cancelled ones apart; eight without a delivery stamp are not late."""
    assert olist.read("""
        select outcome, n, round(score, 2), scale_min, scale_max
        from reporting.touchpoint_scorecard
        where touchpoint_type = 'delivery' and channel = 'all' and period = 'all'
            and outcome in ('late', 'on_time') order by outcome""") == [
        ("late", 418, 2.5, 1, 5), ("on_time", 4822, 4.28, 1, 5)]


def test_what_a_company_does_not_have_is_empty_and_nothing_fails(olist: Company) -> None:
    for table in ("accounts", "cases"):
        assert olist.read(f"select count(*) from {table}") == [(0,)]
    assert {load.state for load in olist.zone.loads()} == {"admitted"}
    assert olist.snapshot.as_of.isoformat().startswith("2018-")


def test_a_comment_is_published_masked_and_in_one_place(olist: Company) -> None:
    texts = dict(duckdb.sql(
        "select text_key, masked_text from "
        f"{files_relation(list_files(olist.home / 'ml', 'feedback_texts'))}").fetchall())
    comments = {text for (text,) in olist.read_raw(
        f"select text from {olist.raw('survey_answers')} where length(text) > 30")}
    personal = {text for text in comments if texts[md5(text.encode()).hexdigest()] != text}
    assert len(comments) > 1000
    assert len(personal) > 20
    published = {table: {value for row in olist.read(f"select * from {table}") for value in row
                         if isinstance(value, str)} for table in ("feedback", "survey_answers")}
    assert not comments & published["survey_answers"]
    assert not personal & published["feedback"]
    assert {text for (text,) in olist.read("select masked_text from feedback")} <= set(
        texts.values())
