"""ML tables of root causes, training needs and improvements, as data: columns, types, keys."""

from __future__ import annotations

from models_ml.table_types import MODEL_NAME, MODEL_VERSION, MlColumn, MlTable

_C = MlColumn

DIMENSIONS = ("product", "category", "supplier", "store", "sales_channel", "delivery", "touchpoint",
              "month")
"""Where a topic can stand out."""

KINDS = ("issue", "article", "training")
"""What an improvement is about: a topic somewhere, a help article, a team's training."""

STATES = ("decided", "started", "done", "postponed", "rejected")
"""States of a decision; an issue without one is `proposed`."""

TRAINING_MEASURES = ("score", "reopened_share", "recontact_share")
"""What teams are compared by."""

EFFECT_MEASURES = ("volume", "score", "money")
"""What is told of a decided improvement."""

VERDICTS = ("better", "no_change_shown", "worse", "too_early", "not_measurable", "too_few_people")
"""What can be said of it, or why nothing can."""


def _named(name: str, description: str) -> tuple[MlColumn, ...]:
    return (_C(f"{name}_en", "string", f"{description}, in English."),
            _C(f"{name}_de", "string", f"{description}, in German."))


def _with_interval(name: str, description: str) -> tuple[MlColumn, ...]:
    return (_C(name, "double", description, nullable=True),
            *(_C(f"{name}_{end}", "double", f"{word} end of the 95 % interval of {name}.",
                 nullable=True) for end, word in (("low", "Lower"), ("high", "Upper"))))


IMPROVEMENT_TABLES = (
    MlTable(
        "root_causes",
        "One row per topic and value of a dimension (product, store, month, …) of which enough "
        "people speak: how much more than of the rest.",
        ("topic", "dimension", "dimension_value"),
        (
            _C("topic", "string", "The topic."),
            _C("level_1_topic", "string", "The topic above it, or itself."),
            _C("dimension", "string", "Where it is looked at.", values=DIMENSIONS),
            _C("dimension_value", "string", "Which one: key of the product or store, code, month."),
            *_named("value_name", "Name of dimension_value"),
            _C("people_count", "integer", "People who spoke of the problem there.", minimum=1),
            _C("events_count", "integer", "Problems: a person counts once a month.", minimum=1),
            _C("exposure_count", "integer", "What they are of: orders with the value; for a "
               "touchpoint all problems told there.", minimum=1),
            _C("expected_count", "double", "Problems as many as elsewhere would be.", minimum=0),
            _C("ratio", "double", "Rate there over that of the rest; empty without a rest.",
               nullable=True, minimum=0),
            _C("ratio_low", "double", "Lower end of its exact 95 % interval.", nullable=True,
               minimum=0),
            _C("ratio_high", "double", "Upper end of its exact 95 % interval.", nullable=True,
               minimum=0),
            _C("shrunk_ratio", "double", "Problems over expected_count, shrunk to what cells "
               "usually are (gamma-Poisson).", minimum=0),
            _C("shrunk_low", "double", "Lower end of its 95 % interval.", minimum=0),
            _C("shrunk_high", "double", "Upper end of its 95 % interval.", minimum=0),
            _C("p_value", "double", "One-sided exact test of the volume.", minimum=0, maximum=1),
            _C("q_value", "double", "False discovery rate of all cells at which it is "
               "significant.", minimum=0, maximum=1),
            _C("stands_out", "boolean", "Volume: q_value at most .05 and shrunk_low above 1."),
            _C("score", "double", "Mean sentiment of what is said of the topic there, 0 to 1; "
               "empty of too few texts.", nullable=True, minimum=0, maximum=1),
            _C("rest_score", "double", "The same elsewhere.", nullable=True, minimum=0, maximum=1),
            *_with_interval("score_difference", "score less rest_score."),
            _C("score_q_value", "double", "False discovery rate of the difference.", nullable=True,
               minimum=0, maximum=1),
            _C("is_score_worse", "boolean", "Score: score_q_value at most .05 and lower."),
            _C("cost_per_year", "double", "Cost of the contacts about it, a year; of a month, in "
               "it.", minimum=0),
            _C("excess_cost_per_year", "double", "Cost of what is more than elsewhere, a year; of "
               "a month, in it.", minimum=0),
            _C("excess_cost_per_year_low", "double", "Lower end of its 95 % interval.", minimum=0),
            _C("excess_cost_per_year_high", "double", "Upper end of its 95 % interval.",
               minimum=0),
            _C("excess_events", "double", "Problems more than elsewhere.", minimum=0),
            _C("is_candidate", "boolean", "An issue to decide on: stands out by volume or score, "
               "and says more than its topic or subtopic in the same place."),
            _C("issue_rank", "integer", "Rank of candidates by excess_cost_per_year, then "
               "excess_events, months last; empty for others.", nullable=True, minimum=1),
            _C("observed_days", "integer", "Days in which was counted.", minimum=1),
            *_named("evidence", "What speaks for it, as a sentence"),
            MODEL_NAME,
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "training_needs",
        "One row per team of enough employees, topic (`all` for all) and measure: the team beside "
        "the others with the same topics.",
        ("team", "topic", "measure"),
        (
            _C("team", "string", "The team; never fewer employees than employee_cell_minimum."),
            _C("topic", "string", "What the cases are about; `all` for the team's mix."),
            _C("measure", "string", "score (0 to 1), reopened_share or recontact_share.",
               values=TRAINING_MEASURES),
            _C("cases_count", "integer", "The team's cases of which it is known.", minimum=10),
            _C("value", "double", "Mean of the team.", minimum=0, maximum=1),
            _C("others_value", "double", "Mean of the others with the team's mix of topics.",
               minimum=0, maximum=1),
            _C("difference", "double", "value less others_value."),
            _C("difference_low", "double", "Lower end of its 95 % interval."),
            _C("difference_high", "double", "Upper end of its 95 % interval."),
            _C("p_value", "double", "Two-sided test of the difference.", minimum=0, maximum=1),
            _C("q_value", "double", "False discovery rate of all comparisons.", minimum=0,
               maximum=1),
            _C("is_needed", "boolean", "The team is worse, at a q_value of at most .05."),
            *_named("evidence", "What speaks for it, as a sentence"),
            MODEL_NAME,
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "improvement_decisions",
        "One row per improvement that decisions/improvements.csv decides on.",
        ("kind", "issue"),
        (
            _C("kind", "string", "What it is about.", values=KINDS),
            _C("issue", "string", "Key of the issue: topic/dimension/value, reason, or "
               "team/topic."),
            _C("decision", "string", "What was decided."),
            _C("owner", "string", "Who is in charge; empty for the proposed one.", nullable=True),
            _C("effective_from", "date", "First day on which it holds; empty when unknown.",
               nullable=True),
            _C("state", "string", "How far it is.", values=STATES),
            _C("decided_on", "date", "When it was decided."),
            _C("decision_row", "integer", "Row of the file; the header is row 1.", minimum=2),
            _C("is_known", "boolean", "There is such a place or team in the data."),
        ),
    ),
    MlTable(
        "improvement_effects",
        "One row per decided improvement and measure: before and after, against a comparison.",
        ("kind", "issue", "measure"),
        (
            _C("kind", "string", "What it is about.", values=KINDS),
            _C("issue", "string", "Key of the issue."),
            _C("measure", "string", "volume (problems or contacts a month), score (0 to 1), money "
               "(a year).", values=EFFECT_MEASURES),
            _C("comparison", "string", "What it is compared with.",
               values=("other_values", "other_topics", "other_reasons", "other_teams")),
            _C("months_before_count", "integer", "Whole months before, at most twelve.",
               minimum=0),
            _C("months_after_count", "integer", "Whole months after, at most twelve.", minimum=0),
            _C("before_value", "double", "The measure before.", nullable=True),
            _C("after_value", "double", "The measure after.", nullable=True),
            _C("comparison_before_value", "double", "The comparison's before.", nullable=True),
            _C("comparison_after_value", "double", "The comparison's after.", nullable=True),
            *_with_interval("change", "volume: ratio to what the comparison let expect; score: "
                            "difference to it; money: spent more a year, less than 0 is saved."),
            _C("verdict", "string", "What can be said, or why nothing can.", values=VERDICTS),
            MODEL_NAME,
            MODEL_VERSION,
        ),
    ),
)
"""In the order in which a run writes them."""
