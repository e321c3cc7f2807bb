"""One run of the demo company, from its extracts to the published snapshot."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

import duckdb
import pytest
from company import Company, assert_same_rows

from ingestion.contract import personal_columns
from models_ml.identity import BLOCKED_VALUES
from models_ml.tables import TABLES as ML_TABLES
from orchestration.audit import STAGES, Audit

TABLES = {
    "marts": [
        "account_members", "accounts", "advocates", "alert_reasons", "alert_slices",
        "alerts", "bad_experience_costs", "campaign_attribution", "campaigns", "cases",
        "close_the_loop", "contact_preferences", "customer_aliases",
        "customer_attribute_sources", "customer_history", "customer_lifecycle",
        "customer_records", "customer_referrals", "customer_rfm", "customer_segments",
        "customer_tenure", "customer_values", "customers", "driver_models", "feedback",
        "feedback_topics", "households", "identity_changes", "identity_edges",
        "identity_review", "improvement_effects", "improvement_register",
        "initiative_effects", "initiatives", "journey_steps", "journeys",
        "next_best_actions", "order_lines", "orders", "partners", "personas",
        "product_ideas", "products", "root_causes", "routing_queue", "satisfaction_drivers",
        "score_worth", "segment_features", "segment_moves", "segment_profiles",
        "segmentations", "segments", "self_service_articles", "series_changes",
        "service_costs", "sessions", "stores", "survey_answers", "topic_proposals",
        "topic_quotes", "touchpoints", "training_needs",
    ],
    "reporting": [
        "acquisition_by_month", "alert_series_by_day", "bad_experience_costs_by_kind",
        "campaign_performance_by_month", "campaign_revenue_by_month", "channel_consistency",
        "code_labels", "data_health", "employee_topics_by_quarter",
        "expectation_gap_by_dimension", "ideas_by_product", "initiative_results",
        "journey_paths", "kpi_catalogue", "kpi_history", "kpi_values", "lifecycle_by_month",
        "lifecycle_moves_by_month", "nonresponse_by_period", "promise_keeping_by_month",
        "recommendation_quality", "report_by_customer", "report_by_department",
        "report_by_product", "retention_by_cohort", "revenue_by_customer_attribute",
        "satisfaction_by_dimension_and_period", "satisfaction_drivers_by_slice",
        "score_worth_by_measure", "service_backlog_by_day", "service_costs_by_month",
        "service_performance_by_month", "tenure_survival", "text_model_quality",
        "topic_trends_by_month", "touchpoint_scorecard", "unlabelled_codes",
        "unmapped_events", "value_by_customer_attribute", "value_calibration",
        "value_model_quality", "watched_series",
    ],
}
# The first run changes nobody's identity or segment; the seeds know every event and code of the
# demo, its texts are too few for themes, and three months are too short to hold out a part.
# Nobody has decided on an improvement yet, too few cases tell a team from the others, and nothing
# moved with the alerts of three months.
EMPTY = {"alert_reasons", "alert_slices", "identity_changes", "improvement_effects",
         "segment_moves", "topic_proposals", "training_needs", "unlabelled_codes",
         "unmapped_events", "value_calibration"}
# Columns named like personal data that hold none: a name of a mart or KPI.
CLEARED = {("data_health", "subject")}


def test_every_stage_passed_and_every_check_too(demo: Company) -> None:
    assert Audit(demo.home / "state" / "stages.json").states() == dict.fromkeys(STAGES, "passed")
    printed = (demo.home.parent / "printed.txt").read_text()
    (passed, failed), = re.findall(r"Checks: (\d+) passed, (\d+) failed", printed)
    assert int(passed) > 100
    assert failed == "0"


def test_the_summary_names_rows_kpis_and_where_things_are(demo: Company) -> None:
    printed = (demo.home.parent / "printed.txt").read_text()
    for stage in ("raw", "staging", "intermediate", "ml", "marts", "reporting", "published"):
        assert re.search(rf"^ *{stage} +\d* +[\d,]+ *$", printed, re.MULTILINE), stage
    assert re.search(r"Net Promoter Score +2026-\d\d +-?\d+\.\d\d", printed)
    for name in ("marts.duckdb", "parquet", "docs/index.html"):
        assert str(demo.published / "current" / name) in printed


@pytest.mark.parametrize(("schema", "table"), [
    (schema, table) for schema, tables in TABLES.items() for table in tables])
def test_a_published_table_has_rows_in_database_and_parquet(
    demo: Company, schema: str, table: str,
) -> None:
    name = table if schema == "marts" else f"{schema}.{table}"
    parquet = demo.published / "current" / "parquet" / schema / f"{table}.parquet"
    ((rows,),) = demo.read(f"select count(*) from {name}")
    assert (rows == 0) == (table in EMPTY)
    assert rows == demo.snapshot.rows[f"{schema}.{table}"]
    assert demo.read(f"select * from {name} order by all") == demo.read(
        f"select * from read_parquet('{parquet}') order by all")


def test_nothing_else_is_published(demo: Company) -> None:
    assert sorted(demo.snapshot.rows) == [
        f"{schema}.{table}" for schema, tables in TABLES.items() for table in tables]


def test_documentation_is_published_with_models_and_data_quality(demo: Company) -> None:
    docs = demo.published / "current" / "docs"
    assert f"Snapshot {demo.snapshot.name}" in (docs / "index.html").read_text()
    assert "model.cx360.customers" in (docs / "lineage.html").read_text()
    tables = {load.table for load in demo.zone.loads()}
    assert {path.stem for path in (docs / "data_quality").iterdir()} == {
        "index", *(f"ml.{table}" for table in ML_TABLES), *(f"raw.{table}" for table in tables)}
    assert "✗" not in (docs / "data_quality" / "index.html").read_text()


# --- laws, by SQL of their own ----------------------------------------------------------------


def test_revenue_in_marts_is_revenue_in_raw(demo: Company) -> None:
    ((in_raw,),) = demo.read_raw(f"""
        select sum(amount) from (
            select l.net_amount as amount, l.order_key as order_key
            from {demo.raw('pos_order_lines')} as l
            union all
            select o.net_amount, o.record_key from {demo.raw('pos_orders')} as o
            where o.record_key not in (select order_key from {demo.raw('pos_order_lines')})
        ) where order_key not in (
            select record_key from {demo.raw('pos_orders')} where status = 'cancelled')""")
    assert in_raw > 10_000
    for table in ("orders", "order_lines"):
        assert demo.read(f"select sum(revenue) from {table}") == [(in_raw,)]
    assert demo.read("""
        select (select sum(revenue) from customers) + (
            select coalesce(sum(revenue), 0) from orders where customer_id = 'unknown')
        """) == [(in_raw,)]


def test_a_cancelled_order_is_in_its_later_version(demo: Company) -> None:
    """The till delivers a cancelled receipt again; only the later version counts."""
    ((versions, receipts),) = demo.read_raw(f"""
        select sum(rows_accepted), (select count(*) from {demo.raw('pos_orders')})
        from read_parquet('{demo.zone.manifest_path}') where "table" = 'pos_orders'""")
    assert versions > receipts
    assert demo.read("select count(*), sum(revenue) from orders where is_cancelled") == [
        (versions - receipts, 0)]


def test_every_touchpoint_has_exactly_one_customer_or_the_unknown_one(demo: Company) -> None:
    assert demo.read("""
        select count(*) - count(distinct touchpoint_id), count(*) - count(customer_id),
            count_if(customer_id <> 'unknown' and customer_id not in
                (select customer_id from customers))
        from touchpoints""") == [(0, 0, 0)]
    ((known, unknown),) = demo.read("select count_if(customer_id <> 'unknown'), "
                                    "count_if(customer_id = 'unknown') from touchpoints")
    assert known > unknown > 0


def test_promoters_passives_and_detractors_are_the_counted(demo: Company) -> None:
    """NPS over all time, from raw answers: the latest one of each person counts."""
    rows = demo.read_raw(f"""
        select r.customer_key, r.email, r.record_key, a.score, r.responded_at, a.record_key
        from {demo.raw('survey_answers')} as a
        join {demo.raw('survey_questions')} as q on a.question_key = q.record_key
        join {demo.raw('survey_responses')} as r on a.response_key = r.record_key
        where q.question_type = 'nps' and r.respondent_type = 'customer'
            and q.measures = 'experience'""")
    marts = dict(demo.read("select answer_id, customer_id from survey_answers where "
                           "question_type = 'nps' and respondent_type = 'customer'"))
    assert set(marts) == {row[5] for row in rows}
    latest: dict[str, tuple[bool, Any, float]] = {}
    for _, _, response, score, responded_at, answer in rows:
        person = response if marts[answer] == "unknown" else marts[answer]
        mine = (score is not None, responded_at, score)
        latest[person] = max(latest.get(person, mine), mine, key=lambda kept: kept[:2])
    counted = [score for is_given, _, score in latest.values() if is_given]
    promoters = sum(score >= 9 for score in counted)
    passives = sum(7 <= score <= 8 for score in counted)
    detractors = sum(score <= 6 for score in counted)
    assert promoters + passives + detractors == len(counted) > 5
    ((value, n, low, high),) = demo.read(
        "select value, n, interval_low, interval_high from reporting.kpi_values "
        "where kpi_id = 'nps' and grain = 'all' and dimension = 'all'")
    assert n == len(counted)
    assert value == pytest.approx(100 * (promoters - detractors) / n)
    assert -100 <= low <= value <= high <= 100


def test_every_accepted_row_is_counted_once_in_staging(demo: Company) -> None:
    with closing(duckdb.connect(str(demo.home / "warehouse.duckdb"), read_only=True)) as con:
        for table, model in (("crm_customers", "stg_crm__customers"), ("pos_orders",
                             "stg_pos__orders"), ("digital_events", "stg_digital__events")):
            ((expected,),) = demo.read_raw(f"select count(*) from {demo.raw(table)}")
            assert con.execute(f"select count(*) from staging.{model}").fetchall() == [(expected,)]


def test_every_load_adds_up(demo: Company) -> None:
    loads = demo.zone.loads()
    assert {load.state for load in loads} == {"admitted"}
    assert len({load.table for load in loads}) == 23
    for load in loads:
        assert load.rows_read == load.rows_accepted + load.rows_rejected + load.rows_repeated


# --- no personal data ---------------------------------------------------------------------------


def test_no_column_of_personal_data_is_published(demo: Company) -> None:
    columns = set(demo.read("select table_name, column_name from information_schema.columns"))
    personal = {name for name, pii in personal_columns().items() if pii in ("direct", "text")}
    assert {(table, name) for table, name in columns if name in personal} == CLEARED


@pytest.fixture(scope="module")
def canaries(demo: Company) -> set[str]:
    """E-mails, phones, full names and streets of everybody."""
    rows = demo.read_raw(f"""
        select unnest([email, phone, first_name || ' ' || last_name, last_name || ', ' ||
            first_name, street]) from {demo.raw('crm_customers')}
        union select unnest([email, phone]) from {demo.raw('pos_orders')}
        union select email from {demo.raw('survey_responses')}""")
    values = {value for (value,) in rows if value and len(value) >= 8}
    assert len(values) > 4 * 300
    return values - {value for blocked in BLOCKED_VALUES.values() for value in blocked}


@pytest.fixture(scope="module")
def written(demo: Company) -> set[str]:
    """What people wrote; marts publish it, with personal data masked, and nothing else shows it."""
    rows = demo.read_raw(f"""
        select text from {demo.raw('survey_answers')}
        union select text from {demo.raw('crm_case_messages')}""")
    values = {value for (value,) in rows if value and len(value) >= 8}
    assert len(values) > 100
    return values


def find_canaries(texts: Iterable[tuple[str, str]], canaries: set[str]) -> list[tuple[str, str]]:
    """(where, value) of what was found, also in the escapes of JSON.

    Words are compared first, because thousands of searches in many megabytes take their time.
    """
    forms = {value: json.dumps(value)[1:-1] for value in canaries}
    wanted = [(form, words(form)) for form in {*forms, *forms.values()}]
    found = []
    for where, text in texts:
        present = words(text)
        found += [(where, form) for form, parts in wanted if parts <= present and form in text]
    return found


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", re.sub(r"\\[nrt]", " ", text)))


def texts_of_snapshot(company: Company) -> Iterator[tuple[str, str]]:
    for schema, table, column in company.read(
            "select table_schema, table_name, column_name from information_schema.columns "
            "where data_type = 'VARCHAR'"):
        values = company.read(f'select distinct "{column}" from "{schema}"."{table}"')
        yield f"{schema}.{table}.{column}", "\n".join(str(value) for (value,) in values)
    for path in sorted((company.published / "current").resolve().rglob("*.parquet")):
        frame = duckdb.sql(f"select * from '{path}'").df()
        yield path.name, "\n".join(map(str, frame.select_dtypes(exclude="number").to_numpy().flat))


def texts_of_files(company: Company) -> Iterator[tuple[str, str]]:
    """Everything a home holds but the extracts' own data and what was inferred from it."""
    inside = {"raw", "ml", "warehouse.duckdb"}
    for path in sorted(company.home.rglob("*")):
        name = path.relative_to(company.home)
        if path.is_file() and name.parts[0] not in inside and path.suffix != ".msgpack":
            yield name.as_posix(), path.read_bytes().decode(errors="replace")


def test_the_search_for_personal_data_finds_it_where_it_is(
    demo: Company, canaries: set[str],
) -> None:
    raw = ((load.file, str(duckdb.sql(f"select * from '{file}'").fetchall()))
           for load in demo.zone.loads() if load.table == "crm_customers"
           for file in demo.zone.files_of([load]))
    assert len(find_canaries(raw, canaries)) > 2 * 300
    log = r"[\"Else M\u00fcller\",\n0150 1234567]"
    assert len(find_canaries([("log", log)], {"Else Müller", "0150 1234567"})) == 2


def test_no_personal_value_is_in_the_snapshot(demo: Company, canaries: set[str]) -> None:
    assert find_canaries(texts_of_snapshot(demo), canaries) == []


def test_no_personal_value_is_in_logs_events_and_documentation(
    demo: Company, canaries: set[str], written: set[str],
) -> None:
    texts = dict(texts_of_files(demo))
    assert "logs/run.log" in texts
    assert [name for name in texts if name.endswith("index.html")]
    assert [name for name in texts if name.startswith("dagster/history") and "db" in name]
    assert find_canaries(texts.items(), canaries) == []
    shown = {name: text for name, text in texts.items()
             if not re.search(r"^published/.*\.(duckdb|parquet)$", name)}
    assert find_canaries(shown.items(), written) == []


# --- run again ----------------------------------------------------------------------------------


def test_nothing_new_ends_at_once_with_the_same_snapshot(copy: Company) -> None:
    before = copy.snapshot
    printed = copy.cx360("run")
    assert f"Nothing new: snapshot {before.name} is current" in printed
    assert copy.snapshot == before


def test_a_rebuild_gives_the_same_rows_while_readers_go_on(copy: Company) -> None:
    """Warehouse and inferred tables are dropped and rebuilt; readers never see an error."""
    before = copy.rows()
    (copy.home / "warehouse.duckdb").unlink()
    shutil.rmtree(copy.home / "ml")
    first = copy.snapshot
    with closing(duckdb.connect(str(first.path / "marts.duckdb"), read_only=True)) as held:
        reads = read_until_end(copy, copy.start("run", "--force"))
        assert held.execute("select count(*) from customers").fetchall() == [reads[0]]
    assert len(reads) > 50
    assert len(set(reads)) == 1
    assert copy.snapshot.name.startswith("00002-")
    assert copy.snapshot.fingerprint == first.fingerprint
    after = copy.rows()
    assert list(after) == list(before)
    for table, rows in before.items():
        assert_same_rows(table, rows, after[table])


def read_until_end(company: Company, run: subprocess.Popen[str]) -> list[tuple[Any, ...]]:
    """Query the snapshot in a loop, as dashboards do, until the run has ended."""
    reads = []
    with run:
        while run.poll() is None:
            reads += company.read("select count(*) from customers")
            time.sleep(0.1)
        printed, errors = run.communicate()
    assert run.returncode == 0, f"{printed}\n{errors}\n{company.log()}"
    return reads
