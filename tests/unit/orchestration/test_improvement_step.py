"""The improvement step on a small warehouse: what is counted, what is told of whom, what blocks."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from models_ml.tables import TABLES
from orchestration import improvement_step
from orchestration.decision_files import DecisionError
from orchestration.improvement_step import draw_issues, find_improvements, read_team_sizes
from orchestration.ml_steps import SuiteFailed
from orchestration.ml_tables import ml_file, prepare_ml_tables, write_ml_table
from orchestration.settings import DEMO_SOURCES, Settings

AS_OF = date(2026, 6, 30)
SCHEMA = """
    create schema intermediate; create schema seeds; create schema staging;
    create schema reporting;
    create table intermediate.int_cases_identified (case_id varchar, identity_record_key varchar,
        order_id varchar, product_id varchar, store_id varchar, channel varchar, reason varchar,
        team varchar, reopen_count integer, cost_amount decimal(18, 4), opened_at timestamp,
        resolved_at timestamp, reopened_at timestamp, opened_date date);
    create table intermediate.int_case_links_propagated (case_id varchar, link_group_id varchar);
    create table intermediate.int_feedback_texts_unioned (feedback_id varchar,
        feedback_type varchar, source_record_key varchar, identity_record_key varchar,
        respondent_type varchar, order_id varchar, case_id varchar, product_id varchar,
        store_id varchar, touchpoint varchar, occurred_date date, text_key varchar);
    create table intermediate.int_orders_completed (order_id varchar, store_id varchar,
        channel varchar, is_delivered_late boolean, is_cancelled boolean, ordered_date date);
    create table intermediate.int_order_lines_converted (order_id varchar, product_id varchar,
        is_return boolean, is_cancelled boolean);
    create table intermediate.int_touchpoints_mapped (source_entity varchar, event_type varchar,
        source_record_key varchar, touchpoint_type varchar);
    create table intermediate.int_topics_placed (topic varchar, topic_level integer,
        name_en varchar, name_de varchar, level_1_topic varchar);
    create table intermediate.int_survey_responses_identified (response_id varchar,
        case_id varchar, respondent_type varchar);
    create table intermediate.int_survey_responses_scored (response_id varchar,
        score_normalised double);
    create table staging.stg_pos__products (product_id varchar, product_name varchar,
        category varchar, supplier varchar);
    create table staging.stg_pos__stores (store_id varchar, store_name varchar);
    create table seeds.case_reasons (reason varchar, topic varchar);
    create table seeds.contact_costs (channel varchar, cost_amount decimal(18, 4));
    create table seeds.channels (channel varchar, name_en varchar, name_de varchar);
    create table seeds.touchpoint_map (touchpoint_type varchar, name_en varchar, name_de varchar);
    create table reporting.code_labels (code_type varchar, code varchar, name_en varchar,
        name_de varchar);
    insert into seeds.case_reasons values ('late', 'delivery'), ('defect', 'product_quality'),
        ('bill', 'billing');
    insert into seeds.contact_costs values ('*', 5);
    insert into intermediate.int_topics_placed values
        ('delivery', 1, 'Delivery', 'Lieferung', 'delivery'),
        ('product_quality', 1, 'Product', 'Produkt', 'product_quality'),
        ('billing', 1, 'Billing', 'Rechnung', 'billing')"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path, company_folder=tmp_path / "company", sources=tmp_path,
                        extracts=tmp_path, as_of=AS_OF)
    (tmp_path / "raw").mkdir()
    (tmp_path / "company" / "seeds").mkdir(parents=True)
    (tmp_path / "company" / "decisions").mkdir()
    prepare_ml_tables(settings)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute(SCHEMA)
    return settings


def deliver_faults(settings: Settings) -> None:
    """Two years with 40 orders a day, of four suppliers and five stores in turn.

    Every 23rd order has a case, by reasons in turn. Goods of supplier s0 have a defect a day beside
    that, until they are mended on 1 January 2026. Every case is another customer's; team A's are
    opened again more often.
    """
    first = AS_OF - timedelta(days=729)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("""
            create temp table o as
            select i, 'o' || i as order_id, $1::date + (i // 40)::integer as day, i % 4 as supplier,
                i % 5 as store from range(730 * 40) as t(i)""", [first])
        con.execute("""
            insert into intermediate.int_orders_completed
            select order_id, 'store' || store, 'web', i % 7 = 0, false, day from o;
            insert into intermediate.int_order_lines_converted
            select order_id, 'p' || supplier, false, false from o;
            insert into staging.stg_pos__products
            select 'p' || s, 'Product ' || s, 'goods', 's' || s from range(4) as t(s);
            insert into staging.stg_pos__stores
            select 'store' || s, 'Store ' || s from range(5) as t(s);
            insert into intermediate.int_cases_identified
            select 'c' || order_id, 'r' || i, order_id, null, null, 'phone',
                case when is_fault then 'defect' else ['late', 'defect', 'bill'][1 + i // 23 % 3]
                end, case when i % 8 < 4 then 'A' else 'B' end,
                case when i % 8 < 4 then (hash(i) % 10 < 4)::integer
                    else (hash(i) % 10 = 0)::integer end, null,
                day + interval 9 hour, day + interval 10 hour, null, day
            from (select *, i % 40 = 4 and day < date '2026-01-01' as is_fault from o)
            where is_fault or i % 23 = 0""")
        records = pd.DataFrame(con.execute(
            "select identity_record_key as record_key, identity_record_key as customer_id, "
            "true as is_senior, 'single' as match_rule, 1.0 as match_score, "
            "null::varchar as household_key from intermediate.int_cases_identified").df())
    write_ml_table(settings, "customer_records", [records])


def decide(settings: Settings, *rows: str) -> None:
    (settings.company_folder / "decisions" / "improvements.csv").write_text("\n".join(
        ["kind;issue;decision;owner;from;state;decided_by;decided_at;reason", *rows]))


def sizes(settings: Settings, text: str) -> None:
    (settings.company_folder / "seeds" / "team_sizes.csv").write_text(
        "team,employees_count\n" + text)


def table(settings: Settings, name: str) -> pd.DataFrame:
    return pd.read_parquet(ml_file(settings, name))


def test_the_supplier_with_faults_is_the_issue_and_the_mending_is_seen(settings: Settings) -> None:
    deliver_faults(settings)
    decide(settings, "issue;product_quality/supplier/s0;mend;;2026-01-01;done;x;2025-12-20;y",
           "issue;billing/supplier/s0;think;;2026-01-01;done;x;2025-12-20;y",
           "issue;delivery;nothing;;;rejected;x;2025-12-20;y",
           "article;defect;page;;2026-01-01;done;x;2025-12-20;y",
           "training;A/delivery;course;;2026-06-10;done;x;2025-12-20;y")
    outcome = find_improvements(settings)
    outcome.raise_if_blocked()
    causes = table(settings, "root_causes")
    issues = causes[causes["is_candidate"]].sort_values("issue_rank")
    assert set(issues["topic"]) == {"product_quality"}
    assert {"product", "supplier"} <= set(issues["dimension"])
    assert set(issues["dimension_value"]) & {"s0", "p0"}
    assert outcome.metrics == {"issues": len(issues), "training needs": 0, "decisions": 5}
    assert "Product for goods of the supplier s0" in outcome.chart
    effects = table(settings, "improvement_effects").set_index(["kind", "issue", "measure"])
    mended = effects.loc["issue", "product_quality/supplier/s0", "volume"]
    assert (mended["verdict"], mended["comparison"]) == ("better", "other_values")
    assert (mended["months_before_count"], mended["months_after_count"]) == (12, 6)
    # 30 defects a month of about 34 are no more.
    assert mended["change_high"] < 0.5
    money = effects.loc["issue", "product_quality/supplier/s0", "money"]
    assert money["change_high"] < 0
    assert effects.loc["issue", "billing/supplier/s0", "volume"]["verdict"] in (
        "no_change_shown", "not_measurable")
    assert effects.loc["article", "defect", "volume"]["verdict"] == "better"
    assert effects.loc["article", "defect", "score"]["verdict"] == "not_measurable"
    assert effects.loc["training", "A/delivery", "volume"]["verdict"] == "too_early"
    assert ("issue", "delivery", "volume") not in effects.index
    assert len(table(settings, "improvement_decisions")) == 5


def test_the_picture_reads_no_mark_up_in_names() -> None:
    chart = draw_issues(pd.DataFrame([{
        "issue_rank": 1, "topic": "delivery", "dimension": "store", "is_candidate": True,
        "evidence_en": "Delivery in the store <b>a|b</b> [x](y)"}]))
    assert "&lt;b&gt;a&#124;b" in chart
    assert "[x]" not in chart
    assert draw_issues(pd.DataFrame()) == "No topic stands out anywhere."


def test_only_teams_said_to_be_large_enough_are_told_of(settings: Settings) -> None:
    deliver_faults(settings)
    sizes(settings, "A,10\nB,9\n")
    find_improvements(settings).raise_if_blocked()
    needs = table(settings, "training_needs")
    assert set(needs["team"]) == {"A"}
    worse = needs[needs["is_needed"]]
    assert set(worse["measure"]) == {"reopened_share"}
    assert "all" in set(worse["topic"])
    sizes(settings, "")
    find_improvements(settings).raise_if_blocked()
    assert table(settings, "training_needs").empty


def test_only_the_demo_knows_sizes_that_nobody_declared(settings: Settings) -> None:
    assert read_team_sizes(settings) == {}
    demo = Settings(home=settings.home, company_folder=settings.company_folder,
                    sources=DEMO_SOURCES, extracts=settings.extracts)
    assert min(read_team_sizes(demo).values()) < 10 < max(read_team_sizes(demo).values())
    sizes(settings, "A,some\n")
    with pytest.raises(DecisionError, match="team_sizes"):
        read_team_sizes(settings)


def test_cells_of_few_people_are_not_told(settings: Settings) -> None:
    deliver_faults(settings)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("delete from intermediate.int_cases_identified "
                    "where opened_date < '2026-06-01'")
    find_improvements(settings).raise_if_blocked()
    causes = table(settings, "root_causes")
    assert not causes.empty
    assert causes["people_count"].min() >= 5


def test_a_company_without_cases_texts_or_orders_has_empty_tables(settings: Settings) -> None:
    find_improvements(settings).raise_if_blocked()
    for name in ("root_causes", "training_needs", "improvement_decisions", "improvement_effects"):
        assert list(table(settings, name).columns) == [c.name for c in TABLES[name].columns]
        assert table(settings, name).empty


def test_a_table_that_breaks_its_suite_leaves_the_last_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver_faults(settings)
    find_improvements(settings).raise_if_blocked()
    good = ml_file(settings, "root_causes").read_bytes()
    find = improvement_step.find_root_causes
    monkeypatch.setattr(improvement_step, "find_root_causes",
                        lambda *given, **named: find(*given, **named).assign(q_value=-1.0))
    with pytest.raises(SuiteFailed, match="root_causes"):
        find_improvements(settings).raise_if_blocked()
    assert ml_file(settings, "root_causes").read_bytes() == good


def test_a_decision_that_cannot_be_used_stops_the_step(settings: Settings) -> None:
    decide(settings, "issue;nothing known;a;;;decided;x;2026-03-25;y")
    with pytest.raises(DecisionError, match="row 2, column issue"):
        find_improvements(settings)
