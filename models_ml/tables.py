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

MATCH_RULES = ("decision", "crm_merge", "customer_number", "loyalty_id", "email", "phone",
               "probabilistic")
"""What may tie two identity records, strongest first."""

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
                   "single, decision, crm_merge, customer_number, loyalty_id, email, phone, "
                   "probabilistic.",
                   values=("single", *MATCH_RULES)),
                _C("match_score", "double", "Probability of the membership.", minimum=0, maximum=1),
                _C("household_key", "string", "Household: md5 of last name and address; empty "
                   "where either is unknown or the record is a company.", nullable=True),
            ),
        ),
        MlTable(
            "identity_edges",
            "One row per pair of identity records and the rule that speaks for one person.",
            ("left_record_key", "right_record_key", "match_rule"),
            (
                _C("left_record_key", "string", "One record; the smaller key."),
                _C("right_record_key", "string", "The other record."),
                _C("match_rule", "string", "Which rule.", values=MATCH_RULES),
                _C("match_score", "double", "Probability of a match.", minimum=0, maximum=1),
                _C("match_weight", "double", "Evidence in bits: log2 of the odds the attributes "
                   "give; empty for a rule that does not weigh attributes.", nullable=True),
                _C("edge_status", "string", "Whether the edge holds the cluster together, or why "
                   "it was cut.",
                   values=("used", "cut_decision", "cut_bridge", "cut_size", "cut_conflict")),
            ),
        ),
        MlTable(
            "identity_review",
            "One row per pair of identity records that a person should look at.",
            ("left_record_key", "right_record_key"),
            (
                _C("left_record_key", "string", "One record; the smaller key."),
                _C("right_record_key", "string", "The other record."),
                _C("review_reason", "string", "Why: likely but below the threshold, or tied and "
                   "cut as a bridge, by the size limit, or because names or birth dates conflict.",
                   values=("unsure", "cut_bridge", "cut_size", "cut_conflict")),
                _C("match_score", "double", "Probability of a match.", minimum=0, maximum=1),
                _C("match_weight", "double", "Evidence in bits.", nullable=True),
            ),
        ),
        MlTable(
            "customer_aliases",
            "One row per customer id that is no longer in use, or never was, of a merged record.",
            ("alias_customer_id",),
            (
                _C("alias_customer_id", "string", "Id of a record that now belongs to a more "
                   "senior one."),
                _C("customer_id", "string", "The customer it means today."),
            ),
        ),
        MlTable(
            "identity_changes",
            "One row per change of the partition that a run found: a merge, a split or a new "
            "senior record.",
            ("change_sequence", "from_customer_id", "to_customer_id"),
            (
                _C("change_sequence", "integer", "Number of the run that changed something, from "
                   "1.", minimum=1),
                _C("as_of_date", "date", "As-of date of that run."),
                _C("change_type", "string", "merged: the customer was joined to an older one; "
                   "split: records left the customer; renamed: its senior record is gone.",
                   values=("merged", "split", "renamed")),
                _C("from_customer_id", "string", "Customer before."),
                _C("to_customer_id", "string", "Customer after."),
                _C("records_count", "integer", "Records that went from one to the other.",
                   minimum=1),
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
        MlTable(
            "public_holidays",
            "One row per region and public holiday: German states and regions of service_hours.",
            ("region", "holiday_date"),
            (
                _C("region", "string", "ISO 3166-2 code such as DE-BY."),
                _C("holiday_date", "date", "The day."),
                _C("name_de", "string", "German name; else in the language of the country."),
                _C("name_en", "string", "English name; else in the language of the country."),
            ),
        ),
    )
}
