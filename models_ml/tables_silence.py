"""The ML table of the correction for silence."""

from __future__ import annotations

from models_ml.table_types import MODEL_NAME, MODEL_VERSION, MlColumn, MlTable

_C = MlColumn

SILENCE_MEASURES: dict[str, tuple[float, float]] = {
    "nps": (-100.0, 100.0), "csat_score": (0.0, 100.0), "ces": (0.0, 100.0),
    "overall_rating": (0.0, 100.0),
}
"""Measures of satisfaction with the ends of their scales."""

SILENCE_VERDICTS = ("lower", "higher", "no_difference_shown", "beyond_facts", "too_few")
"""What the facts say of all who were invited, beside those who answered; words are code labels."""


def _estimate(name: str, description: str) -> tuple[MlColumn, ...]:
    return (_C(name, "double", f"{description}; empty where nothing is said.", nullable=True),
            _C(f"{name}_low", "double", f"Lower end of the 95 % interval of {name}.",
               nullable=True),
            _C(f"{name}_high", "double", f"Upper end of the 95 % interval of {name}.",
               nullable=True))


SILENCE_TABLES = (
    MlTable(
        "nonresponse_corrections",
        "One row per measure of satisfaction, survey and period of invitations: what those who "
        "answered say, and what all who were invited would say by the operational facts.",
        ("measure", "survey", "grain", "period_start"),
        (
            _C("measure", "string", "Measure of satisfaction.", values=tuple(SILENCE_MEASURES)),
            _C("survey", "string", "Survey that people were invited to."),
            _C("grain", "string", "all, year or quarter of the invitation.",
               values=("all", "year", "quarter")),
            _C("period_start", "date", "First day of the period; of grain all, the first day with "
               "an invitation."),
            _C("invited_count", "integer", "Invitations that could have been answered.",
               minimum=1),
            _C("answered_count", "integer", "Of these, with a score of the measure.", minimum=0),
            _C("persons_count", "integer", "People who gave these scores; somebody unknown is one "
               "per invitation.", minimum=0),
            _C("silent_count", "integer", "Of these, without one.", minimum=0),
            _C("response_rate", "double", "answered_count by invited_count.", minimum=0, maximum=1),
            *_estimate("raw_score", "Mean of those who answered, each invitation once and without "
                       "weights"),
            *_estimate("silent_score", "What the silent would say by the facts"),
            *_estimate("corrected_score", "What all who were invited would say"),
            *_estimate("difference", "corrected_score less raw_score"),
            _C("verdict", "string", "lower, higher: all who were invited are less, more satisfied "
               "than those who answered; no_difference_shown; beyond_facts: the silent are unlike "
               "those who answered; too_few.", values=SILENCE_VERDICTS),
            _C("answering_p_value", "double", "Probability of facts this telling about who "
               "answers, if they told nothing; of the survey's whole history. Empty without a "
               "model.", nullable=True, minimum=0, maximum=1),
            _C("explained_share", "double", "Share of the scores' variance that the facts "
               "explain: the less, the less a correction can do. Empty without a model.",
               nullable=True, minimum=0, maximum=1),
            MODEL_NAME,
            MODEL_VERSION,
        ),
    ),
)
