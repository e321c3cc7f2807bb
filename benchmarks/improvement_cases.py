"""A warehouse of a million cases for the benchmark of improvements: only what the step reads."""

from __future__ import annotations

from datetime import date

import duckdb

from ingestion.readers.files import literal
from orchestration.ml_tables import ml_file, prepare_ml_tables
from orchestration.settings import Settings

AS_OF = date(2026, 6, 30)
ORDERS, CASES_IN_TEN_THOUSAND = 10_000_000, 1000

_SQL = f"""
    create schema intermediate; create schema seeds; create schema staging;
    create schema reporting;
    create table staging.stg_pos__products as
    select 'p' || i as product_id, 'Product ' || i as product_name, 'c' || (i % 30) as category,
        's' || (i % 25) as supplier from range(10000) as t(i);
    create table staging.stg_pos__stores as
    select 'm' || i as store_id, 'Store ' || i as store_name from range(40) as t(i);
    create table intermediate.int_orders_completed as
    select 'o' || i as order_id, 'm' || (hash(i) % 40) as store_id,
        ['web', 'app', 'store'][1 + (hash(i + 1) % 3)::integer] as channel,
        hash(i + 2) % 20 = 0 as is_delivered_late, false as is_cancelled,
        date '{AS_OF}' - (hash(i + 3) % 730)::integer as ordered_date
    from range({ORDERS}) as t(i);
    create table intermediate.int_order_lines_converted as
    select 'o' || i as order_id,
        'p' || (least(hash(i + 4) % 10000, hash(i + 5) % 10000)) as product_id,
        false as is_return, false as is_cancelled
    from range({ORDERS}) as t(i);
    create table intermediate.int_cases_identified as
    with drawn as (
        select orders.*, lines.product_id, products.supplier,
            replace(orders.order_id, 'o', '')::bigint as i
        from intermediate.int_orders_completed as orders
        join intermediate.int_order_lines_converted as lines using (order_id)
        join staging.stg_pos__products as products using (product_id)
    )
    select 'c' || i as case_id, 'r' || (i // 3) as identity_record_key, order_id, product_id,
        store_id, ['phone', 'email', 'chat'][1 + (hash(i + 6) % 3)::integer] as channel,
        case when supplier = 's0' and hash(i + 7) % 20 = 0 then 'defect'
            else ['delivery', 'defect', 'billing', 'returns'][1 + (hash(i + 8) % 4)::integer]
            end as reason,
        'team ' || (hash(i + 9) % 12) as team, (hash(i + 10) % 12 = 0)::integer as reopen_count,
        null::decimal(18, 4) as cost_amount,
        ordered_date + interval 30 hour as opened_at,
        ordered_date + interval 40 hour as resolved_at,
        null::timestamp as reopened_at, ordered_date + 1 as opened_date
    from drawn
    where ordered_date < date '{AS_OF}'
        and (hash(i + 11) % 10000 < {CASES_IN_TEN_THOUSAND} - 30
             or (supplier = 's0' and hash(i + 7) % 20 = 0));
    create table intermediate.int_case_links_propagated (case_id varchar, link_group_id varchar);
    create table intermediate.int_feedback_texts_unioned (feedback_id varchar,
        feedback_type varchar, source_record_key varchar, identity_record_key varchar,
        respondent_type varchar, order_id varchar, case_id varchar, product_id varchar,
        store_id varchar, touchpoint varchar, occurred_date date, text_key varchar);
    create table intermediate.int_touchpoints_mapped as
    select 'crm.cases' as source_entity, 'opened' as event_type, case_id as source_record_key,
        'service_' || channel as touchpoint_type from intermediate.int_cases_identified;
    create table intermediate.int_survey_responses_identified (response_id varchar,
        case_id varchar, respondent_type varchar);
    create table intermediate.int_survey_responses_scored (response_id varchar,
        score_normalised double);
    create table seeds.case_reasons as
    select * from (values ('delivery', 'delivery'), ('defect', 'product_quality'),
        ('billing', 'billing'), ('returns', 'returns')) as t(reason, topic);
    create table intermediate.int_topics_placed as
    select topic, 1 as topic_level, topic as name_en, topic as name_de, topic as level_1_topic
    from seeds.case_reasons;
    create table intermediate.int_cases_costed as
    select case_id, topic, opened_at, resolved_at as last_contact_at,
        date '{AS_OF}' - interval 7 day as recontacts_decided_at,
        5.0::decimal(18, 4) as cost_amount, true as is_cost_estimated
    from intermediate.int_cases_identified join seeds.case_reasons using (reason);
    create table seeds.channels (channel varchar, name_en varchar, name_de varchar);
    create table seeds.touchpoint_map (touchpoint_type varchar, name_en varchar, name_de varchar);
    create table reporting.code_labels (code_type varchar, code varchar, name_en varchar,
        name_de varchar)"""


def build_million(settings: Settings) -> None:
    """Build the warehouse, the customers, the teams' sizes and two decisions."""
    (settings.home / "raw").mkdir()
    for folder in ("seeds", "decisions"):
        (settings.company_folder / folder).mkdir(parents=True)
    (settings.company_folder / "seeds" / "team_sizes.csv").write_text(
        "team,employees_count\n" + "".join(f"team {i},20\n" for i in range(12)))
    (settings.company_folder / "decisions" / "improvements.csv").write_text(
        "kind;issue;decision;owner;from;state;decided_by;decided_at;reason\n"
        "issue;product_quality/supplier/s0;ask;;2026-01-01;done;x;2025-12-01;y\n"
        "article;delivery;page;;2026-01-01;done;x;2025-12-01;y\n")
    prepare_ml_tables(settings)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute(f"set memory_limit = {literal(settings.memory_limit)}")
        con.execute(_SQL)
        con.execute(
            "copy (select distinct identity_record_key as record_key, "
            "identity_record_key as customer_id, true as is_senior, 'single' as match_rule, "
            "1.0::double as match_score, null::varchar as household_key "
            "from intermediate.int_cases_identified) "
            f"to {literal(str(ml_file(settings, 'customer_records')))}")
