"""The improvement step on a small warehouse: what is counted, what is told of whom, what blocks."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from models_ml.tables import TABLES
from orchestration import improvement_queries as queries
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
    create table seeds.channels (channel varchar, name_en varchar, name_de varchar);
    create table seeds.touchpoint_map (touchpoint_type varchar, name_en varchar, name_de varchar);
    create table reporting.code_labels (code_type varchar, code varchar, name_en varchar,
        name_de varchar);
    create view intermediate.int_cases_costed as
    select case_id, case reason when 'late' then 'delivery' when 'defect' then 'product_quality'
            else 'billing' end as topic,
        opened_at, coalesce(resolved_at, opened_at) as last_contact_at,
        timestamp '2026-06-22 22:00' as recontacts_decided_at, 5.0 as cost_amount,
        true as is_cost_estimated
    from intermediate.int_cases_identified;
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
    (tmp_path / "company" / "seeds" / "case_reasons.csv").write_text(
        "reason,topic\nlate,delivery\ndefect,product_quality\nbill,billing\n")
    prepare_ml_tables(settings)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute(SCHEMA)
    return settings


def deliver_faults(settings: Settings) -> None:
    """Two years with 40 orders a day, of four suppliers and five stores in turn.

    Every 23rd order has a case, by reasons in turn. Goods of supplier s0 have a defect a day beside
    that, until they are mended on 1 January 2026. Every case is another customer's; team A's are
    opened again more often. Team C has every eighth case.
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
            select 'c' || order_id, md5('r' || i), order_id, null, null, 'phone',
                case when is_fault then 'defect' else ['late', 'defect', 'bill'][1 + i // 23 % 3]
                end, case when i % 8 < 4 then 'A' when i % 8 < 7 then 'B' else 'C' end,
                case when i % 8 < 4 then (hash(i) % 10 < 4)::integer
                    else (hash(i) % 10 = 0)::integer end, null,
                day + interval 9 hour, day + interval 10 hour, null, day
            from (select *, i % 40 = 4 and day < date '2026-01-01' as is_fault from o)
            where is_fault or i % 23 = 0""")
        records = pd.DataFrame(con.execute(
            "select identity_record_key as record_key, identity_record_key as customer_id, "
            "true as is_senior, 'single' as match_rule, 1.0 as match_score, "
            "null::varchar as household_key from intermediate.int_cases_identified").df())
    assert write_ml_table(settings, "customer_records", [records]).verdict.passed


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
    sizes(settings, "A,10\nB,10\n")
    outcome = find_improvements(settings)
    outcome.raise_if_blocked()
    causes = table(settings, "root_causes")
    issues = causes[causes["is_candidate"]].sort_values("issue_rank")
    assert set(issues["topic"]) == {"product_quality"}
    assert {"product", "supplier"} <= set(issues["dimension"])
    assert set(issues["dimension_value"]) & {"s0", "p0"}
    assert outcome.metrics == {"issues": len(issues), "training needs": 4, "decisions": 5}
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


@pytest.mark.parametrize(("given", "told"), [
    ("A,10\nB,10\n", {"A", "B"}),
    ("A,10\nB,9\nC,1\n", {"A"}),
    # The others are nine people, of whom the comparison would tell.
    ("A,10\nB,9\n", set()),
    ("A,10\n", set()),
    ("", set()),
])
def test_teams_are_told_of_and_compared_with_where_they_are_large_enough(
    settings: Settings, given: str, told: set[str],
) -> None:
    deliver_faults(settings)
    sizes(settings, given)
    decide(settings, "training;A/delivery;course;;2026-01-01;done;x;2025-12-20;y",
           "training;B/all;course;;2026-01-01;done;x;2025-12-20;y")
    find_improvements(settings).raise_if_blocked()
    needs = table(settings, "training_needs")
    assert set(needs["team"]) == told
    if told:
        assert set(needs[needs["is_needed"]]["measure"]) == {"reopened_share"}
        assert "all" in set(needs[needs["is_needed"]]["topic"])
    effects = table(settings, "improvement_effects")
    levels = ["before_value", "after_value", "comparison_before_value", "comparison_after_value"]
    is_told = effects["issue"].str.split("/").str[0].isin(told)
    assert effects[~is_told][[*levels, "change"]].isna().all(axis=None)
    assert set(effects[~is_told]["verdict"]) <= {"too_few_people"}
    # Nothing was scored.
    assert effects[is_told & (effects["measure"] != "score")][levels].notna().all(axis=None)
    assert "too_few_people" not in set(effects[is_told]["verdict"])


@pytest.mark.parametrize(("given", "told"), [
    ("A,10\nunknown,10\n", {"A"}), ("A,10\nunknown,9\n", set()), ("A,10\n", set()),
])
def test_cases_without_a_team_are_compared_with_where_it_is_known_who_handles_them(
    settings: Settings, given: str, told: set[str],
) -> None:
    deliver_faults(settings)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("update intermediate.int_cases_identified set team = null where team <> 'A'")
    sizes(settings, given)
    decide(settings, "training;unknown/delivery;course;;2026-01-01;done;x;2025-12-20;y")
    find_improvements(settings).raise_if_blocked()
    assert set(table(settings, "training_needs")["team"]) == told
    assert table(settings, "improvement_effects")["before_value"].isna().all()


def test_a_small_unit_is_in_no_comparison(settings: Settings) -> None:
    """B and C would follow from what A and B are compared with; C is too small for it."""
    deliver_faults(settings)
    sizes(settings, "A,10\nB,10\nC,9\n")
    find_improvements(settings).raise_if_blocked()
    needs = table(settings, "training_needs").set_index(["team", "topic", "measure"])
    alone = needs.loc["A", "delivery", "reopened_share"]
    assert alone["others_value"] == needs.loc["B", "delivery", "reopened_share"]["value"]
    sizes(settings, "A,10\nB,10\nC,10\n")
    find_improvements(settings).raise_if_blocked()
    needs = table(settings, "training_needs").set_index(["team", "topic", "measure"])
    together = needs.loc["A", "delivery", "reopened_share"]
    assert together["others_value"] != needs.loc["B", "delivery", "reopened_share"]["value"]


@pytest.mark.parametrize(("people", "is_told"), [(4, False), (5, True)])
def test_effects_of_few_people_are_not_told(
    settings: Settings, people: int, is_told: bool,
) -> None:
    deliver_faults(settings)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("""
            update intermediate.int_cases_identified set store_id = 'store9'
            where case_id in (select case_id from intermediate.int_cases_identified
                              where reason = 'bill' and opened_date between '2025-10-01'
                                  and '2026-03-31' order by case_id limit $1)""", [people])
    decide(settings, "issue;billing/store/store9;close;;2026-01-01;done;x;2025-12-20;y")
    find_improvements(settings).raise_if_blocked()
    effects = table(settings, "improvement_effects").set_index("measure")
    for measure in ("volume", "money"):
        row = effects.loc[measure]
        assert (row["verdict"] == "too_few_people") is not is_told
        assert pd.notna(row["before_value"]) is is_told
        assert pd.notna(row["comparison_before_value"]) is is_told
    assert effects.loc["score"]["verdict"] == "not_measurable"


def test_what_is_decided_about_nothing_is_known_as_such(settings: Settings) -> None:
    deliver_faults(settings)
    decide(settings, "issue;billing/store/nosuch;close;;2026-01-01;done;x;2025-12-20;y",
           "issue;billing/store/store1;close;;2026-01-01;done;x;2025-12-20;y",
           "issue;billing;close;;2026-01-01;done;x;2025-12-20;y",
           "training;Kleinteam/billing;course;;2026-01-01;done;x;2025-12-20;y",
           "training;A/billing;course;;2026-01-01;done;x;2025-12-20;y",
           "article;bill;page;;2026-01-01;done;x;2025-12-20;y")
    find_improvements(settings).raise_if_blocked()
    decisions = table(settings, "improvement_decisions").set_index(["kind", "issue"])["is_known"]
    assert list(decisions[~decisions].index) == [
        ("issue", "billing/store/nosuch"), ("training", "Kleinteam/billing")]


def test_an_article_that_nobody_wrote_stays_in_the_comparison(settings: Settings) -> None:
    deliver_faults(settings)

    def compared(*rows: str) -> float:
        decide(settings, "article;defect;page;;2026-01-01;done;x;2025-12-20;y", *rows)
        find_improvements(settings).raise_if_blocked()
        effects = table(settings, "improvement_effects").set_index(["issue", "measure"])
        return float(effects.loc["defect", "volume"]["comparison_before_value"])

    alone = compared()
    assert compared("article;late;page;;;rejected;x;2025-12-20;y") == alone
    assert compared("article;late;page;;2026-12-01;decided;x;2025-12-20;y") == alone
    assert compared("article;late;page;;2026-01-01;done;x;2025-12-20;y") < alone


def test_the_smallest_cell_is_that_of_the_models(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver_faults(settings)
    numbers = {name: improvement_step.read_number(name) for name in (
        "small_cell_minimum", "employee_cell_minimum", "recontact_days")}
    assert numbers == {"small_cell_minimum": 5, "employee_cell_minimum": 10, "recontact_days": 7}
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("delete from intermediate.int_cases_identified "
                    "where opened_date < '2026-06-01'")
    find_improvements(settings).raise_if_blocked()
    assert table(settings, "root_causes")["people_count"].min() < 10
    monkeypatch.setattr(improvement_step, "read_number", {
        **numbers, "small_cell_minimum": 10}.__getitem__)
    find_improvements(settings).raise_if_blocked()
    assert table(settings, "root_causes")["people_count"].min() >= 10


def test_a_contact_is_that_of_all_systems_that_recorded_it(settings: Settings) -> None:
    anna = hashlib.md5(b"anna").hexdigest()
    assert write_ml_table(settings, "customer_records", [pd.DataFrame({
        "record_key": [anna], "customer_id": [anna], "is_senior": [True],
        "match_rule": ["single"], "match_score": [1.0], "household_key": [None],
    })]).verdict.passed
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("""
            insert into intermediate.int_cases_identified
                (case_id, identity_record_key, reason, opened_at, resolved_at, opened_date)
            values ('a', null, 'bill', '2026-03-01 10:00', '2026-03-01 12:00', '2026-03-01'),
                ('b', md5('anna'), 'bill', '2026-03-01 11:00', '2026-03-05 12:00', '2026-03-01'),
                ('c', md5('anna'), 'bill', '2026-03-10 10:00', null, '2026-03-10');
            insert into intermediate.int_case_links_propagated values ('a', 'a'), ('b', 'a')""")
        queries.prepare(con, settings, AS_OF)
        contacts = con.execute(
            "select case_id, person_key, last_contact_at::varchar, next_at::varchar from contacts "
            "where not is_mirror order by case_id").fetchall()
    assert contacts == [("a", anna, "2026-03-05 12:00:00", "2026-03-10 10:00:00"),
                        ("c", anna, "2026-03-10 10:00:00", None)]


def test_a_voice_about_several_products_counts_once_among_the_others(settings: Settings) -> None:
    deliver_faults(settings)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("""
            insert into intermediate.int_order_lines_converted
            select order_id, 'p9', false, false from intermediate.int_orders_completed;
            insert into staging.stg_pos__products values ('p9', 'Bag', 'bags', 's9')""")
        window = queries.prepare(con, settings, AS_OF)
        assert window is not None
        con.execute("update mentions set score = 0.5")
        cells, _ = queries.read_cells(con, window, 5)
        ((voices,),) = con.execute("select count(*) from mentions where topic = 'billing' "
                                   "and month >= ?", [window.first]).fetchall()
    cells = cells[cells["topic"] == "billing"].set_index(["dimension", "dimension_value"])
    assert cells.loc["product", "p9"]["scores_count"] == voices
    for dimension in ("product", "category", "supplier", "store"):
        rows = cells.loc[dimension]
        assert set(rows["topic_scores_count"]) == {voices}
        assert rows["topic_score_sum"].tolist() == pytest.approx([voices / 2] * len(rows))


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
