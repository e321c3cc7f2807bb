"""ML tables: read from the warehouse, one call into `models_ml`, write, judge."""

from collections.abc import Iterator

import dagster as dg

from expectations.ml import describe_suite
from models_ml.tables import TABLES
from orchestration.checks import suite_result, suite_spec
from orchestration.identity_step import resolve_customers
from orchestration.ml_steps import list_holidays
from orchestration.resources import Run
from orchestration.segment_step import segment_customers
from orchestration.text_step import analyse_texts
from orchestration.value_step import estimate_values


def _spec(table: str, deps: list[str], group: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["ml", table], deps=[["intermediate", dep] for dep in deps],
        description=TABLES[table].description, group_name=group,
        owners=["team:data-science"], kinds={"python", "parquet"})


# Tables that must hold every key of their input.
COVERING = ("customer_records", "feedback_texts", "feedback_sentiment", "feedback_signals",
            "feedback_routing", "customer_values")


def _check(table: str) -> dg.AssetCheckSpec:
    rules = describe_suite(TABLES[table], covers_expected=table in COVERING)
    return suite_spec(table, "\n".join(f"- {rule}" for rule in rules))


IDENTITY_INPUT = ["int_identity_records_unioned", "int_identifiers_unioned",
                  "int_identity_attributes_unioned", "int_crm_merges_resolved"]
IDENTITY_OUTPUT = ["identity_edges", "identity_review", "customer_aliases", "identity_changes",
                   "customer_records"]


@dg.multi_asset(
    name="resolve_identity",
    specs=[_spec(table, IDENTITY_INPUT, "identity") for table in IDENTITY_OUTPUT],
    check_specs=[_check(table) for table in IDENTITY_OUTPUT],
)
def identity(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult]:
    """Join identity records into customers: exact keys, weighed attributes, people's decisions."""
    with run.audit.stage("identity"):
        outcome = resolve_customers(run.settings, progress=context.log.info)
        for written in outcome.written:
            chart = ({"match_weights": dg.MetadataValue.md(outcome.chart)}
                     if written.table.name == "customer_records" else {})
            yield dg.MaterializeResult(
                asset_key=["ml", written.table.name],
                metadata={"dagster/row_count": written.rows, **outcome.metrics, **chart},
                check_results=[suite_result(written.verdict)])
        outcome.raise_if_blocked()


TEXT_INPUT = ["int_feedback_texts_deduplicated", "int_feedback_texts_unioned",
              "int_identity_attributes_unioned", "int_text_labels_collected"]
TEXT_OUTPUT = ["feedback_texts", "feedback_sentiment", "feedback_topics", "feedback_signals",
               "feedback_routing", "topic_proposals", "text_models"]


@dg.multi_asset(
    name="analyse_texts",
    specs=[_spec(table, TEXT_INPUT, "feedback").merge_attributes(deps=[["ml", "customer_records"]])
           for table in TEXT_OUTPUT],
    check_specs=[_check(table) for table in TEXT_OUTPUT],
)
def texts(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult]:
    """Mask new texts, and say what they are about: sentiment, topics, signals, department."""
    with run.audit.stage("texts"):
        outcome = analyse_texts(run.settings, progress=context.log.info)
        for written in outcome.written:
            chart = ({"models": dg.MetadataValue.md(outcome.chart)}
                     if written.table.name == "text_models" else {})
            yield dg.MaterializeResult(
                asset_key=["ml", written.table.name],
                metadata={"dagster/row_count": written.rows, **outcome.metrics, **chart},
                check_results=[suite_result(written.verdict)])
        outcome.raise_if_blocked()


@dg.multi_asset(
    name="list_public_holidays",
    specs=[_spec("public_holidays", ["int_business_regions_listed"], "facts")],
    check_specs=[_check("public_holidays")],
)
def calendar(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult]:
    """List the public holidays of every region with business hours."""
    with run.audit.stage("holidays"):
        outcome = list_holidays(run.settings)
        for written in outcome.written:
            yield dg.MaterializeResult(
                asset_key=["ml", written.table.name],
                metadata={"dagster/row_count": written.rows, **outcome.metrics},
                check_results=[suite_result(written.verdict)])
        outcome.raise_if_blocked()


SEGMENT_INPUT = ["int_segment_facts_unioned", "int_segment_memberships_listed"]
SEGMENT_OUTPUT = ["customer_segments", "segments", "segment_features", "segment_models",
                  "segment_moves"]


@dg.multi_asset(
    name="segment_customers",
    specs=[_spec(table, SEGMENT_INPUT, "customer").merge_attributes(
        deps=[["ml", name] for name in ("customer_records", "customer_aliases",
                                        "feedback_sentiment", "feedback_signals")])
           for table in SEGMENT_OUTPUT],
    check_specs=[_check(table) for table in SEGMENT_OUTPUT],
)
def segments(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult]:
    """Group customers by purchases, by value and loyalty, and by experience."""
    with run.audit.stage("segments"):
        outcome = segment_customers(run.settings, progress=context.log.info)
        for written in outcome.written:
            chart = ({"segments": dg.MetadataValue.md(outcome.chart)}
                     if written.table.name == "segments" else {})
            yield dg.MaterializeResult(
                asset_key=["ml", written.table.name],
                metadata={"dagster/row_count": written.rows, **outcome.metrics, **chart},
                check_results=[suite_result(written.verdict)])
        outcome.raise_if_blocked()


VALUE_INPUT = ["int_purchase_days_summed", "int_contract_terms_derived",
               "int_churn_signals_counted"]
VALUE_OUTPUT = ["value_models", "value_calibration", "customer_values"]


@dg.multi_asset(
    name="estimate_values",
    specs=[_spec(table, VALUE_INPUT, "value").merge_attributes(deps=[
        ["ml", "customer_records"], ["seeds", "value_rules"], ["seeds", "season_index"]])
           for table in VALUE_OUTPUT],
    check_specs=[_check(table) for table in VALUE_OUTPUT],
)
def value(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult]:
    """Say what customers are worth and who may leave, by the model that predicted best."""
    with run.audit.stage("value"):
        outcome = estimate_values(run.settings, progress=context.log.info)
        for written in outcome.written:
            chart = ({"calibration": dg.MetadataValue.md(outcome.chart)}
                     if written.table.name != "value_models" else {})
            yield dg.MaterializeResult(
                asset_key=["ml", written.table.name],
                metadata={"dagster/row_count": written.rows, **outcome.metrics, **chart},
                check_results=[suite_result(written.verdict)])
        outcome.raise_if_blocked()
