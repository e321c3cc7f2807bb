"""The tables that Python writes for dbt to read, as data: columns, types, keys.

One entry per ML table. The writer casts to these types, `expectations/` builds a blocking suite
from them, and dbt declares them as sources in schema `ml`. No logic belongs here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MlType = Literal["string", "integer", "double", "boolean", "timestamp", "date"]


@dataclass(frozen=True)
class MlColumn:
    """One column; `minimum`/`maximum` bound it, `values` lists all it may hold."""

    name: str
    type: MlType
    description: str
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class MlTable:
    """One ML table; `key` is unique, `description` begins with the grain."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[MlColumn, ...]


_C = MlColumn

TABLES: dict[str, MlTable] = {
    table.name: table
    for table in (
        MlTable(
            "customer_records",
            "One row per identity record: the customer it belongs to and why.",
            ("record_key",),
            (
                _C("record_key", "string", "Identity record."),
                _C("customer_id", "string", "Opaque id, derived from the most senior record."),
                _C("is_senior", "boolean", "The record the id derives from."),
                _C("match_rule", "string", "Strongest rule that ties the record to its cluster: "
                   "single, customer_number, loyalty_id, email, phone, crm_merge."),
                _C("match_score", "double", "Probability of the membership.", minimum=0, maximum=1),
            ),
        ),
        MlTable(
            "identity_edges",
            "One row per pair of identity records held together by a rule.",
            ("left_record_key", "right_record_key", "match_rule"),
            (
                _C("left_record_key", "string", "One record; the smaller key."),
                _C("right_record_key", "string", "The other record."),
                _C("match_rule", "string", "Which rule.",
                   values=("customer_number", "loyalty_id", "email", "phone", "crm_merge")),
                _C("match_score", "double", "Probability of a match.", minimum=0, maximum=1),
            ),
        ),
        MlTable(
            "feedback_sentiment",
            "One row per distinct feedback text and model version.",
            ("text_key",),
            (
                _C("text_key", "string", "md5 of the text."),
                _C("language", "string", "ISO 639-1 code, or `unknown`."),
                _C("language_probability", "double", "Probability of the language.",
                   minimum=0, maximum=1),
                _C("polarity", "double", "Sentiment from -1 (negative) to 1; empty where the "
                   "language has no model.", nullable=True, minimum=-1, maximum=1),
                _C("sentiment_label", "string", "Sentiment as a label.",
                   values=("negative", "neutral", "positive", "unknown")),
                _C("model_name", "string", "Model that concluded it."),
                _C("model_version", "string", "Version of that model."),
            ),
        ),
    )
}
