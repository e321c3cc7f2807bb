"""Steps that write ML tables, as data: what they read, what they write, which call concludes it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dagster as dg

from expectations.ml import describe_suite
from models_ml.tables import TABLES
from orchestration.alert_step import raise_alerts
from orchestration.checks import suite_result, suite_spec
from orchestration.driver_step import find_satisfaction_drivers
from orchestration.identity_step import resolve_customers
from orchestration.impact_step import measure_impact
from orchestration.improvement_step import find_improvements
from orchestration.ml_steps import Outcome, Progress, list_holidays
from orchestration.recommendation_step import recommend_products
from orchestration.resources import Run
from orchestration.segment_step import segment_customers
from orchestration.settings import Settings
from orchestration.silence_step import correct_for_silence
from orchestration.suppression_step import list_suppressions
from orchestration.text_step import analyse_texts
from orchestration.value_step import estimate_values


@dataclass(frozen=True)
class MlStep:
    """A step between dbt's layers.

    Attributes:
        name: of the step, as the UI shows it.
        stage: of the audit.
        group: of its assets.
        reads: models of the layer intermediate.
        tables: ML tables that it writes.
        conclude: one call that does it.
        description: what it does.
        others: further assets that it reads.
        chart: name of its picture or table in the metadata.
        charted: tables that show it.
    """

    name: str
    stage: str
    group: str
    reads: tuple[str, ...]
    tables: tuple[str, ...]
    conclude: Callable[[Settings, Progress], Outcome]
    description: str
    others: tuple[tuple[str, str], ...] = ()
    chart: str = ""
    charted: tuple[str, ...] = ()


IDENTITY = MlStep(
    "resolve_identity", "identity", "identity",
    reads=("int_identity_records_unioned", "int_identifiers_unioned",
           "int_identity_attributes_unioned", "int_crm_merges_resolved"),
    tables=("identity_edges", "identity_review", "customer_aliases", "identity_changes",
            "customer_records"),
    conclude=resolve_customers,
    description="Join identity records into customers: exact keys, weighed attributes, people's "
                "decisions.",
    chart="match_weights", charted=("customer_records",))

TEXTS = MlStep(
    "analyse_texts", "texts", "feedback",
    reads=("int_feedback_texts_deduplicated", "int_feedback_texts_unioned",
           "int_identity_attributes_unioned", "int_text_labels_collected"),
    tables=("feedback_texts", "feedback_sentiment", "feedback_topics", "feedback_signals",
            "feedback_routing", "topic_proposals", "text_models"),
    conclude=analyse_texts,
    description="Mask new texts, and say what they are about: sentiment, topics, signals, "
                "department.",
    others=(("ml", "customer_records"),),
    chart="models", charted=("text_models",))

HOLIDAYS = MlStep(
    "list_public_holidays", "holidays", "facts",
    reads=("int_business_regions_listed",),
    tables=("public_holidays",),
    conclude=lambda settings, progress: list_holidays(settings),
    description="List the public holidays of every region with business hours.")

VALUE = MlStep(
    "estimate_values", "value", "value",
    reads=("int_purchase_days_summed", "int_contract_terms_derived", "int_churn_signals_counted"),
    tables=("value_models", "value_calibration", "customer_values"),
    conclude=estimate_values,
    description="Say what customers are worth and who may leave, by the model that predicted best.",
    others=(("ml", "customer_records"), ("seeds", "value_rules"), ("seeds", "season_index")),
    chart="calibration", charted=("value_calibration", "customer_values"))

OFFERS = MlStep(
    "recommend_products", "offers", "experience",
    reads=("int_revenue_booked",),
    tables=("recommendation_models", "product_recommendations"),
    conclude=recommend_products,
    description="Find what is worth offering to whom, and test it on held-out days.",
    others=(("ml", "customer_records"), ("staging", "stg_pos__products")),
    chart="quality", charted=("recommendation_models", "product_recommendations"))

SUPPRESSIONS = MlStep(
    "list_suppressions", "suppressions", "experience",
    reads=(),
    tables=("contact_suppressions",),
    conclude=list_suppressions,
    description="List whom people decided not to contact.",
    others=(("ml", "customer_records"), ("ml", "customer_aliases")))

SEGMENTS = MlStep(
    "segment_customers", "segments", "customer",
    reads=("int_segment_facts_unioned", "int_segment_memberships_listed"),
    tables=("customer_segments", "segments", "segment_features", "segment_models",
            "segment_moves"),
    conclude=segment_customers,
    description="Group customers by purchases, by value and loyalty, and by experience.",
    others=(("ml", "customer_records"), ("ml", "customer_aliases"), ("ml", "feedback_sentiment"),
            ("ml", "feedback_signals")),
    chart="segments", charted=("segments",))

SILENCE = MlStep(
    "correct_for_silence", "silence", "experience",
    reads=("int_invitations_described", "int_segment_facts_unioned"),
    tables=("nonresponse_corrections",),
    conclude=correct_for_silence,
    description="Say what those who did not answer surveys would say, by operational facts.",
    others=(("ml", "customer_records"),),
    chart="corrections", charted=("nonresponse_corrections",))

IMPROVEMENTS = MlStep(
    "find_improvements", "improvements", "experience",
    reads=("int_cases_identified", "int_cases_costed", "int_case_links_propagated",
           "int_feedback_texts_unioned", "int_orders_completed", "int_order_lines_converted",
           "int_touchpoints_mapped", "int_topics_placed", "int_survey_responses_identified",
           "int_survey_responses_scored"),
    tables=("root_causes", "training_needs", "improvement_decisions", "improvement_effects"),
    conclude=find_improvements,
    description="Find where topics stand out and which teams need training, and measure what "
                "decided improvements changed.",
    others=(("ml", "customer_records"), ("ml", "feedback_topics"), ("ml", "feedback_sentiment"),
            ("staging", "stg_pos__products"), ("staging", "stg_pos__stores"),
            ("seeds", "channels"), ("seeds", "touchpoint_map"), ("seeds", "team_sizes"),
            ("reporting", "code_labels")),
    chart="issues", charted=("root_causes",))

IMPACT = MlStep(
    "measure_impact", "impact", "value",
    reads=("int_impact_days_unioned", "int_scores_measured", "int_experiences_judged",
           "int_initiative_scopes_unioned", "int_purchase_days_summed"),
    tables=("initiatives", "initiative_effects", "score_worth", "bad_experience_costs"),
    conclude=measure_impact,
    description="Say what initiatives brought, what a point of satisfaction is worth and what bad "
                "experiences cost.",
    others=(("ml", "customer_records"), ("seeds", "impact_rules")),
    chart="effects", charted=("initiatives",))

ALERTS = MlStep(
    "raise_alerts", "alerts", "kpi",
    reads=("int_alert_days_counted", "int_alert_facts_unioned", "int_alert_series_named",
           "int_topics_placed"),
    tables=("watched_series", "alert_series_days", "alerts", "alert_slices", "alert_reasons",
            "series_changes"),
    conclude=raise_alerts,
    description="Watch daily series of KPIs and topics, and say what changed, where and with what.",
    others=(("ml", "feedback_topics"), ("ml", "feedback_sentiment"), ("ml", "public_holidays"),
            ("staging", "stg_pos__stores"), ("seeds", "channels"), ("seeds", "case_reasons")),
    chart="events", charted=("alerts",))

DRIVERS = MlStep(
    "find_satisfaction_drivers", "drivers", "experience",
    reads=("int_driver_responses_described", "int_driver_outcomes_scored",
           "int_driver_facts_unioned", "int_driver_events_unioned", "int_driver_factors_named",
           "int_orders_completed", "int_feedback_texts_unioned", "int_topics_placed"),
    tables=("driver_models", "satisfaction_drivers"),
    conclude=find_satisfaction_drivers,
    description="Say what moves satisfaction, how surely, and how well it does.",
    others=(("ml", "customer_records"), ("ml", "customer_segments"), ("ml", "feedback_topics"),
            ("seeds", "driver_outcomes"), ("seeds", "driver_factors")),
    chart="importance_by_performance", charted=("driver_models", "satisfaction_drivers"))

ML_STEPS = (
    IDENTITY, TEXTS, HOLIDAYS, VALUE, OFFERS, SUPPRESSIONS, SEGMENTS, SILENCE, DRIVERS, IMPACT,
    IMPROVEMENTS, ALERTS,
)

# Tables that must hold every key of their input.
COVERING = ("customer_records", "feedback_texts", "feedback_sentiment", "feedback_signals",
            "feedback_routing", "customer_values")


def _spec(step: MlStep, table: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["ml", table],
        deps=[*(["intermediate", model] for model in step.reads), *map(list, step.others)],
        description=TABLES[table].description, group_name=step.group,
        owners=["team:data-science"], kinds={"python", "parquet"})


def _check(table: str) -> dg.AssetCheckSpec:
    rules = describe_suite(TABLES[table], covers_expected=table in COVERING)
    return suite_spec(table, "\n".join(f"- {rule}" for rule in rules))


def _build(step: MlStep) -> dg.AssetsDefinition:
    """The assets of a step; a table that breaks its suite fails the check and stops the flow."""
    @dg.multi_asset(
        name=step.name, description=step.description,
        specs=[_spec(step, table) for table in step.tables],
        check_specs=[_check(table) for table in step.tables])
    def ml_tables(
        context: dg.AssetExecutionContext, run: Run,
    ) -> Iterator[dg.MaterializeResult]:
        with run.audit.stage(step.stage):
            outcome = step.conclude(run.settings, context.log.info)
            for written in outcome.written:
                chart = ({step.chart: dg.MetadataValue.md(outcome.chart)}
                         if written.table.name in step.charted else {})
                yield dg.MaterializeResult(
                    asset_key=["ml", written.table.name],
                    metadata={"dagster/row_count": written.rows, **outcome.metrics, **chart},
                    check_results=[suite_result(written.verdict)])
            outcome.raise_if_blocked()

    return ml_tables


ml_assets = [_build(step) for step in ML_STEPS]
