"""The ML tables of drivers: what moves satisfaction, per measure and slice."""

from __future__ import annotations

from models_ml.drivers import FACTOR_NOTES, LEFT_OUT, MODEL_NOTES, QUADRANTS
from models_ml.table_types import MODEL_VERSION, MlColumn, MlTable

FACTOR_KINDS = ("rating", "operation", "topic")
"""Ratings of the same survey, facts of operations, topics of what was written."""
FACTOR_SETS = ("all", "rating", "operation")
"""What is looked at together; topics alone would say what comments are about, not what matters."""
OUTCOMES = ("overall", "nps", "csat", "repurchase")
DIMENSIONS = ("all", "segment", "channel", "touchpoint")
GRAINS = ("all", "year", "quarter")

_C = MlColumn
_SLICE = (
    _C("outcome", "string", "Measure of satisfaction; words are the seed driver_outcomes.",
       values=OUTCOMES),
    _C("factor_set", "string", "Factors that were looked at together: all, or those of a kind. "
       "Beside the ratings, what a fact of operations does through them is not its own.",
       values=FACTOR_SETS),
    _C("dimension", "string", "What the answers are divided by.", values=DIMENSIONS),
    _C("dimension_value", "string", "The part; `all` for the dimension all."),
    _C("grain", "string", "Length of the period.", values=GRAINS),
    _C("period", "string", "Name of the period: `2026-Q1`, `2026`, or `all`."),
    _C("period_start", "date", "First day of the period; empty for all.", nullable=True),
)
SLICE_KEY = ("outcome", "factor_set", "dimension", "dimension_value", "grain", "period")

DRIVER_TABLES = (
    MlTable(
        "driver_models",
        "One row per measure of satisfaction, set of factors and slice: how well the factors "
        "explain it, and what cannot be said.",
        SLICE_KEY,
        (
            *_SLICE,
            _C("answers_count", "integer", "Answers in the slice.", minimum=1),
            _C("respondents_count", "integer", "People who gave them.", minimum=1),
            _C("outcome_mean", "double", "Weighted mean of the measure on 0 to 100.",
               minimum=0, maximum=100),
            _C("factors_count", "integer", "Factors in the model.", minimum=0),
            _C("complete_share", "double", "Share of the answers that have every factor: what "
               "leaving out incomplete ones would keep.", minimum=0, maximum=1),
            _C("used_share", "double", "Share of the given values of factors that were used; "
               "less than 1 where rare patterns of missing answers had to be coarsened.",
               minimum=0, maximum=1),
            _C("r_squared", "double", "Share of the measure's variance that the factors explain; "
               "empty without a model.", nullable=True, minimum=0, maximum=1),
            _C("r_squared_low", "double", "Lower end of its 95 % interval.", nullable=True,
               minimum=0, maximum=1),
            _C("r_squared_high", "double", "Upper end of its 95 % interval.", nullable=True,
               minimum=0, maximum=1),
            _C("importance_method", "string", "lmg: exact; relative_weights: Johnson's, above 20 "
               "factors. Empty without a model.", nullable=True,
               values=("lmg", "relative_weights")),
            _C("order_changes_count", "integer", "Ordinal check: pairs of factors that are not "
               "tied and change places when the measure counts by its ranks; empty where it has "
               "two values only, or without a model.", nullable=True, minimum=0),
            _C("note", "string", "What cannot be said; empty where all is well.", nullable=True,
               values=MODEL_NOTES),
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "satisfaction_drivers",
        "One row per measure of satisfaction, set of factors, slice and factor: how much it "
        "matters and how well it does.",
        (*SLICE_KEY, "factor"),
        (
            *_SLICE,
            _C("factor", "string", "The factor; words are the seed driver_factors, the survey's "
               "dimension or the topic."),
            _C("factor_kind", "string", "Where it comes from.", values=FACTOR_KINDS),
            _C("answers_count", "integer", "Answers with a value of the factor.", minimum=0),
            _C("importance_rank", "integer", "1 matters most; empty where nothing is significant "
               "or the factor is not in the model.", nullable=True, minimum=1),
            _C("tie_group", "integer", "Factors of one number cannot be told apart from the first "
               "of them.", nullable=True, minimum=1),
            _C("importance", "double", "Part of R² that it explains.", nullable=True, minimum=0,
               maximum=1),
            _C("importance_share", "double", "The same as a share of R².", nullable=True,
               minimum=0, maximum=1),
            _C("share_low", "double", "Lower end of its 95 % interval.", nullable=True,
               minimum=0, maximum=1),
            _C("share_high", "double", "Upper end of its 95 % interval.", nullable=True,
               minimum=0, maximum=1),
            _C("coefficient", "double", "Standardised coefficient: standard deviations of the "
               "measure per standard deviation of the factor, the others held still.",
               nullable=True),
            _C("coefficient_low", "double", "Lower end of its 95 % interval.", nullable=True),
            _C("coefficient_high", "double", "Upper end of its 95 % interval.", nullable=True),
            _C("p_value", "double", "Of a coefficient of zero, corrected by Holm for the number "
               "of factors.", nullable=True, minimum=0, maximum=1),
            _C("is_significant", "boolean", "Whether the factor is shown to matter by itself."),
            _C("correlation", "double", "With the measure, the others not held still.",
               nullable=True, minimum=-1, maximum=1),
            _C("variance_inflation", "double", "Variance inflation factor: how much being like "
               "the other factors widens the interval's square.", nullable=True),
            _C("is_sign_unexpected", "boolean", "Whether the coefficient has a sign that the "
               "factor cannot have by itself."),
            _C("performance", "double", "Mean of the factor between its worst (0) and its best "
               "value (100); empty where there is no good or bad.", nullable=True, minimum=0,
               maximum=100),
            _C("performance_low", "double", "Lower end of its 95 % interval.", nullable=True,
               minimum=0, maximum=100),
            _C("performance_high", "double", "Upper end of its 95 % interval.", nullable=True,
               minimum=0, maximum=100),
            _C("quadrant", "string", "act: important and below the mean performance; keep: "
               "important and above; monitor: neither; possible_overkill: good and unimportant.",
               nullable=True, values=QUADRANTS),
            _C("is_quadrant_sure", "boolean", "Whether both intervals lie on its side."),
            _C("note", "string", "collinearity: a significant sign that the factor cannot have; "
               "not_significant; or why it is not in the model.", nullable=True,
               values=(*FACTOR_NOTES, *LEFT_OUT)),
            MODEL_VERSION,
        ),
    ),
)
"""In the order in which a run writes them."""
