"""The ML tables of impact in money: initiatives, worth of a score, cost of bad experiences."""

from __future__ import annotations

from models_ml.table_types import MODEL_VERSION, MlColumn, MlTable

OUTCOMES = ("value", "purchases", "retention", "contacts", "referrals", "score")
"""What customers do or say in a window of days; value is money."""

WORTH_OUTCOMES = OUTCOMES[:-1]
VERDICTS = ("gain_shown", "loss_shown", "no_effect_shown", "cannot_be_said")
REASONS = ("not_begun", "too_short", "unknown_value", "nobody_treated", "no_comparison", "too_few",
           "history_too_short", "moved_apart_before")
"""Why nothing can be said of an initiative; words are a seed."""
PRE_TRENDS = ("alike", "apart", "not_checked", "drawn_by_lot")
WORTH_VERDICTS = ("effect_shown", "no_effect_shown", "cannot_be_said")
WORTH_REASONS = ("history_too_short", "too_few", "shuffled_scores_matter", "sides_differ")
SCORE_MEASURES = ("nps", "csat", "ces", "rating")

_C = MlColumn
_OUTCOME = _C("outcome", "string", "value: margin, or revenue where no cost of goods is known, per "
              "customer; purchases: days with one; retention: share who bought; contacts: service "
              "cases; referrals: customers brought; score: mean score in points of 0 to 10.",
              values=OUTCOMES)
_BASIS = _C("value_basis", "string", "What value sums up.", values=("margin", "revenue"))


def _interval(name: str, what: str) -> tuple[MlColumn, ...]:
    return (
        _C(name, "double", f"{what}; empty where it cannot be said.", nullable=True),
        _C(f"{name}_low", "double", f"Lower end of the 95 % interval of {name}.", nullable=True),
        _C(f"{name}_high", "double", "Upper end of it.", nullable=True),
    )


_COMPARED = (
    *_interval("effect", "Treated less comparison, per customer and window"),
    _C("standard_error", "double", "Standard error of the effect.", nullable=True, minimum=0),
    _C("treated_count", "integer", "Treated customers that were compared.", minimum=0),
    _C("comparison_count", "integer", "Customers that they were compared with.", minimum=0),
    _C("matched_share", "double", "Share of the treated with somebody alike in the comparison.",
       nullable=True, minimum=0, maximum=1),
)

IMPACT_TABLES = (
    MlTable(
        "initiatives",
        "One row per initiative that people declared: what it brought, by its effect on value.",
        ("initiative_id",),
        (
            _C("initiative_id", "string", "What the file calls it."),
            _C("name_en", "string", "English name."),
            _C("name_de", "string", "German name."),
            _C("scope", "string", "What its customers have in common.",
               values=("campaign", "region", "acquisition_channel", "store", "channel", "all")),
            _C("scope_value", "string", "Value or values of it, as the file has them; empty for "
               "all.", nullable=True),
            _C("started_date", "date", "First day."),
            _C("ended_date", "date", "Last day; empty where it goes on.", nullable=True),
            _C("decided_date", "date", "Day of the decision."),
            _C("measured_until_date", "date", "Last day of what was measured; empty where nothing "
               "was.", nullable=True),
            _C("window_days", "integer", "Days measured, before and after the start alike; empty "
               "where nothing was.", nullable=True, minimum=1),
            _C("method", "string", "random_holdout: against customers held back by lot; "
               "difference_in_differences: change against the change of others; empty where there "
               "is no comparison.", nullable=True,
               values=("random_holdout", "difference_in_differences")),
            _BASIS,
            _C("customers_count", "integer", "Customers that it reached: who had bought before it "
               "started, or was drawn for it by lot.", minimum=0),
            *_COMPARED,
            _C("comparison_groups_count", "integer", "Regions, stores or channels in the "
               "comparison; with one, a good year of its own is not told apart; empty where the "
               "comparison has no groups.", nullable=True, minimum=0),
            _C("pre_trend", "string", "How both sides moved at dates before: alike, apart, "
               "not_checked for want of history, drawn_by_lot where they need not.",
               values=PRE_TRENDS),
            _C("placebo_dates_count", "integer", "Dates before at which the same was measured.",
               minimum=0),
            _C("placebo_dates_shown", "integer", "Of these, at how many the interval left zero "
               "out; chance does it at one of twenty.", minimum=0),
            _C("verdict", "string", "Whether an effect on value is shown.", values=VERDICTS),
            _C("verdict_reason", "string", "Why it cannot be said; empty elsewhere.",
               nullable=True, values=REASONS),
            _C("cost", "double", "What it cost; empty where nobody said.", nullable=True,
               minimum=0),
            *_interval("gain", "Effect on value times customers_count"),
            *_interval("roi", "(gain - cost) / cost"),
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "initiative_effects",
        "One row per initiative, outcome and date at which sides were compared: the start, and "
        "placebo dates before it.",
        ("initiative_id", "outcome", "compared_date"),
        (
            _C("initiative_id", "string", "The initiative."),
            _OUTCOME,
            _C("compared_date", "date", "Day from which on the outcome counts."),
            _C("is_placebo", "boolean", "The day lies before the initiative and so does the "
               "window: there is nothing to find."),
            *_COMPARED,
            _C("treated_mean", "double", "Mean of the treated: of the outcome after a random "
               "draw, else of the change.", nullable=True),
            _C("comparison_mean", "double", "The same of the comparison, weighed as the treated.",
               nullable=True),
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "score_worth",
        "One row per measure of satisfaction and outcome: what customers who rated a point (a "
        "tenth of the scale) higher did later, among those alike before.",
        ("measure", "outcome"),
        (
            _C("measure", "string", "Question type of the score.", values=SCORE_MEASURES),
            _C("outcome", "string", "What they did in the window; see initiative_effects.",
               values=WORTH_OUTCOMES),
            _C("window_days", "integer", "Days after the answer.", minimum=1),
            _BASIS,
            *_interval("worth", "Change of the outcome per point"),
            _C("standard_error", "double", "Standard error of it.", nullable=True, minimum=0),
            _C("outcome_mean", "double", "Mean of the outcome.", nullable=True),
            _C("customers_count", "integer", "Customers with an answer, by the first of each.",
               minimum=0),
            _C("compared_count", "integer", "Of these, how many have somebody alike with another "
               "score.", minimum=0),
            _C("shuffled_worth", "double", "The same after scores were dealt anew among alike "
               "customers, mean of all deals: nothing but chance.", nullable=True),
            _C("shuffled_worth_low", "double", "Least of the deals.", nullable=True),
            _C("shuffled_worth_high", "double", "Greatest of them.", nullable=True),
            _C("shuffles_count", "integer", "How often they were dealt.", minimum=0),
            _C("shuffles_shown", "integer", "Deals whose interval left zero out; chance does it "
               "in one of twenty.", minimum=0),
            _C("verdict", "string", "Whether an effect is shown.", values=WORTH_VERDICTS),
            _C("verdict_reason", "string", "Why it cannot be said; empty elsewhere.",
               nullable=True, values=WORTH_REASONS),
            MODEL_VERSION,
        ),
    ),
    MlTable(
        "bad_experience_costs",
        "One row per kind of bad experience and outcome: what customers did after their first one, "
        "against matched customers whose experience of the same sort was not bad.",
        ("kind", "outcome"),
        (
            _C("kind", "string", "Kind of the seed bad_experience_kinds."),
            _C("outcome", "string", "What they did in the window; see initiative_effects. The "
               "share who left is one less retention.", values=WORTH_OUTCOMES),
            _C("window_days", "integer", "Days after the experience, from when it is known "
               "whether it was bad.", minimum=1),
            _BASIS,
            _C("bad_count", "integer", "Customers whose first experience was bad.", minimum=0),
            *_COMPARED,
            _C("treated_mean", "double", "Mean after a bad one.", nullable=True),
            _C("comparison_mean", "double", "Mean of the matched.", nullable=True),
            _C("match_level", "integer", "1: alike in all classes, in the month and the channel; "
               "2: in wider classes and the quarter; 3: in how often and how recently they bought "
               "and the half-year; empty where nobody was compared.", nullable=True, minimum=1,
               maximum=3),
            _C("balance", "double", "What matched sides still differ by in earlier value, in "
               "standard deviations; above 0.25 nothing is said.", nullable=True),
            _C("yearly_count", "integer", "Bad experiences of that kind in the last 365 days, of "
               "customers without one in the window before: those are part of the effect.",
               minimum=0),
            _C("verdict", "string", "Whether an effect is shown.", values=WORTH_VERDICTS),
            _C("verdict_reason", "string", "Why it cannot be said; empty elsewhere.",
               nullable=True, values=WORTH_REASONS),
            MODEL_VERSION,
        ),
    ),
)
"""In the order in which a run writes them."""
